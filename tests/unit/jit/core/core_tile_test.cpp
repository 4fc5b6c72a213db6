#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

/// How a product of matrices goes through memory: 128 threads bring 8 rows of 16 halves, each lane
/// one half, and write them to shared memory turned over; then every thread adds what is in column
/// 1 of row tid.y / 2, and in column 2 * tid.x of row 3, to three times its sum. Rows past the last
/// one count as zero.
constexpr const char* kTile = R"(
.visible .entry k(.param .u64 out, .param .u64 in, .param .u32 pitch, .param .u32 rows, .param .u32 steps)
{
  .reg .b16 %h; .reg .b32 %x, %y, %n, %k, %r, %p, %m, %c, %s, %a, %v, %w, %t; .reg .b64 %o, %i, %d, %e;
  .reg .pred %q;
  .shared .align 2 .b8 tile[1184];
  ld.param.u64 %o, [out];
  ld.param.u64 %i, [in];
  ld.param.u32 %p, [pitch];
  ld.param.u32 %m, [rows];
  ld.param.u32 %c, [steps];
  mov.u32 %x, %tid.x;
  mov.u32 %y, %tid.y;
  mov.u32 %n, %ntid.x;
  mad.lo.u32 %t, %y, %n, %x;
  and.b32 %k, %t, 15;
  shr.u32 %r, %t, 4;
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  mul.wide.s32 %d, %p, %r;
  cvt.u64.u32 %e, %k;
  add.u64 %d, %d, %e;
  mad.lo.u32 %w, %k, 37, %r;
  shl.b32 %w, %w, 1;
  mov.u32 %v, tile;
  add.u32 %w, %w, %v;
  mov.u32 %s, 0;
AGAIN:
  setp.ge.u32 %q, %r, %m;
  mov.u16 %h, 0;
  @%q bra STORE;
  shl.b64 %e, %d, 1;
  add.u64 %e, %i, %e;
  ld.global.nc.u16 %h, [%e];
STORE:
  add.u64 %d, %d, 16;
  bar.sync 0;
  st.shared.u16 [%w], %h;
  bar.sync 0;
  shr.u32 %a, %y, 1;
  shl.b32 %a, %a, 1;
  mov.u32 %v, tile;
  add.u32 %a, %a, %v;
  ld.shared.u16 %h, [%a+74];
  cvt.u32.u16 %t, %h;
  mad.lo.u32 %s, %s, 3, %t;
  mul.lo.u32 %a, %x, 148;
  add.u32 %a, %a, %v;
  ld.shared.u16 %h, [%a+6];
  cvt.u32.u16 %t, %h;
  add.u32 %s, %s, %t;
  sub.u32 %c, %c, 1;
  setp.ne.u32 %q, %c, 0;
  @%q bra AGAIN;
  st.global.u32 [%o], %s;
  ret;
}
)";

TEST_CASE("tile: rows of halves come in and are turned over, with and without all rows") {
  Device device(kTile);
  constexpr std::uint32_t kSteps = 3;
  for (const std::uint32_t pitch : {48u, 49u, 1000u})
    for (const std::uint32_t rows : {8u, 7u, 3u, 1u})
      for (const std::uint32_t shift : {0u, 1u}) {
        // The last half is the last one of the memory.
        Memory<std::uint16_t> in((rows - 1) * pitch + 16 * kSteps + shift);
        for (std::size_t n = 0; n < in.size(); ++n) in[n] = static_cast<std::uint16_t>(n * 31 + 7);
        Memory<std::uint32_t> out(128, 99);
        REQUIRE(device
                    .run("k", {1}, {8, 16},
                         Params()
                             .add(out.data())
                             .add(in.data() + shift)
                             .add(pitch)
                             .add(rows)
                             .add(kSteps))
                    .message == "");
        const auto tile = [&](std::uint32_t step, std::uint32_t k, std::uint32_t row) {
          return row < rows ? std::uint32_t{in[shift + row * pitch + step * 16 + k]} : 0u;
        };
        for (std::uint32_t lane = 0; lane < 128; ++lane) {
          const std::uint32_t x = lane % 8, y = lane / 8;
          std::uint32_t sum = 0;
          for (std::uint32_t step = 0; step < kSteps; ++step)
            sum = sum * 3 + tile(step, 1, y / 2) + tile(step, 2 * x, 3);
          CHECK(out[lane] == sum);
        }
      }
}

/// Where a lane writes, in elements: as PTX from %t into %t, and as it is meant.
struct Places {
  const char* code;
  std::function<unsigned(unsigned)> place;
};
const std::array<Places, 8> kPlaces = {{
    {"", [](unsigned lane) { return lane; }},
    {"sub.u32 %t, 31, %t;", [](unsigned lane) { return 31 - lane; }},
    {"shl.b32 %t, %t, 1;", [](unsigned lane) { return 2 * lane; }},
    {"and.b32 %u, %t, 15; shr.u32 %t, %t, 4; mad.lo.u32 %t, %u, 5, %t;",
     [](unsigned lane) { return (lane & 15) * 5 + (lane >> 4); }},
    {"and.b32 %u, %t, 7; shr.u32 %t, %t, 3; mad.lo.u32 %t, %u, 9, %t;",
     [](unsigned lane) { return (lane & 7) * 9 + (lane >> 3); }},
    {"and.b32 %u, %t, 3; shr.u32 %t, %t, 2; mad.lo.u32 %t, %t, 6, %u;",
     [](unsigned lane) { return (lane >> 2) * 6 + (lane & 3); }},
    {"shr.u32 %u, %t, 4; mad.lo.u32 %t, %u, %p, %t;",  // %p is 7, which only the launch knows
     [](unsigned lane) { return (lane >> 4) * 7 + lane; }},
    {"shr.u32 %t, %t, 1;", [](unsigned lane) { return lane >> 1; }},  // the last lane's stays
}};

std::string writing(const char* code, const char* type, unsigned size) {
  return std::string(R"(
.visible .entry k(.param .u64 out, .param .u32 seven, .param .u32 lanes)
{
  .reg .b16 %h; .reg .b32 %t, %u, %p, %m, %w; .reg .b64 %o, %d, %l; .reg .pred %q;
  ld.param.u64 %o, [out];
  ld.param.u32 %p, [seven];
  ld.param.u32 %m, [lanes];
  mov.u32 %t, %tid.x;
  shr.u32 %u, %m, %t;
  and.b32 %u, %u, 1;
  setp.eq.u32 %q, %u, 0;
  @%q bra DONE;
  add.u32 %w, %t, 65;
  cvt.u16.u32 %h, %w;
  cvt.u64.u32 %l, %w;
  )") + code +
         "\n  mul.wide.u32 %d, %t, " + std::to_string(size) +
         ";\n  add.u64 %o, %o, %d;\n  st.global." + type + " [%o], " +
         (size <= 2   ? "%h"
          : size == 4 ? "%w"
                      : "%l") +
         ";\nDONE:\n  ret;\n}\n";
}

template <class T>
void check_writing(const char* type) {
  for (const Places& each : kPlaces) {
    Device device(writing(each.code, type, sizeof(T)));
    for (const std::uint32_t lanes : {0xffffffffu, 0x0000ffffu, 0xfffffffeu, 0x80000001u, 0u}) {
      Memory<T> out(96, T{9});
      REQUIRE(device.run("k", {1}, {32}, Params().add(out.data()).add(7u).add(lanes)).message ==
              "");
      std::array<T, 96> wanted;
      wanted.fill(T{9});
      for (unsigned lane = 0; lane < 32; ++lane)
        if ((lanes >> lane & 1) != 0)
          wanted[each.place(lane)] = static_cast<T>(T{65} + static_cast<T>(lane));
      for (std::size_t n = 0; n < wanted.size(); ++n) CHECK(out[n] == wanted[n]);
    }
  }
}

TEST_CASE("tile: lanes write where they should and nowhere else, whatever goes together") {
  check_writing<std::uint8_t>("u8");
  check_writing<std::uint16_t>("u16");
  check_writing<std::uint32_t>("u32");
  check_writing<std::uint64_t>("u64");
}

}  // namespace
}  // namespace vgpu::jit::test
