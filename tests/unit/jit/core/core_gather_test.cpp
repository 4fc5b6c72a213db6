#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

/// How far blocks are apart: as an element's alignment allows.
unsigned stride_for(unsigned size) { return size <= 2 ? 18 : 16 + size; }

/// Reads an element at in + stride * (i / 4) + 8 * (i % 4) + `more`, as blocks of quantised numbers
/// are read, and gives its low 32 bits.
std::string reading(const std::string& type, const std::string& reg, unsigned size, unsigned more) {
  return R"(
.visible .entry k(.param .u64 out, .param .u64 in, .param .u32 skip)
{
  .reg .b16 %h; .reg .b32 %t, %b, %q, %s, %w; .reg .b64 %o, %i, %d, %l; .reg .pred %p;
  ld.param.u64 %o, [out];
  ld.param.u64 %i, [in];
  ld.param.u32 %s, [skip];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  setp.eq.u32 %p, %t, %s;
  @%p bra DONE;
  shr.u32 %b, %t, 2;
  and.b32 %q, %t, 3;
  mul.wide.s32 %d, %b, )" +
         std::to_string(stride_for(size)) + R"(;
  add.s64 %i, %i, %d;
  mul.wide.s32 %d, %q, 8;
  add.s64 %i, %i, %d;
  ld.global.)" +
         type + " " + reg + ", [%i+" + std::to_string(more) + R"(];
  cvt.u32.)" +
         (type == "b64"   ? "u64"
          : type == "b32" ? "u32"
                          : "u16") +
         " %w, " + reg + R"(;
  st.global.u32 [%o], %w;
DONE:
  ret;
}
)";
}

std::uint32_t at(const std::uint8_t* from, unsigned lane, unsigned size, unsigned more) {
  std::uint64_t value = 0;
  std::memcpy(&value, from + stride_for(size) * (lane / 4) + 8 * (lane % 4) + more, size);
  return static_cast<std::uint32_t>(value);
}

struct Element {
  const char* type;
  const char* reg;
  unsigned size;
};
constexpr Element kElements[] = {
    {"u8", "%h", 1}, {"b16", "%h", 2}, {"b32", "%w", 4}, {"b64", "%l", 8}};

/// Memory of whole pages with nothing before and behind.
class Island {
 public:
  static constexpr std::size_t kSize = 4096;
  Island() {
    whole_ = exec::address_space().reserve(3 * kSize, kSize);
    REQUIRE(whole_ != nullptr);
    REQUIRE(::mprotect(begin(), kSize, PROT_READ | PROT_WRITE) == 0);
    std::iota(begin(), begin() + kSize, std::uint8_t{1});
  }
  ~Island() { exec::address_space().release(whole_, 3 * kSize); }
  Island(const Island&) = delete;
  Island& operator=(const Island&) = delete;
  std::uint8_t* begin() const { return static_cast<std::uint8_t*>(whole_) + kSize; }

 private:
  void* whole_;
};

TEST_CASE("gather: lanes in a pattern read what is theirs, wherever the pattern begins") {
  const Island island;
  for (const Element& each : kElements) {
    for (const unsigned more : {0u, 2u, 6u, 24u}) {
      if (more % each.size != 0) continue;
      Device device(reading(each.type, each.reg, each.size, more));
      for (const unsigned base : {0u, 1u, 2u, 7u, 8u, 12u, 64u}) {
        if (base % each.size != 0) continue;
        Memory<std::uint32_t> out(64, 99);
        const auto status = device.run(
            "k", {1}, {64}, Params().add(out.data()).add(island.begin() + base).add(1000u));
        REQUIRE(status.message == "");
        for (unsigned lane = 0; lane < 64; ++lane)
          CHECK(out[lane] == at(island.begin() + base, lane, each.size, more));
      }
    }
  }
}

TEST_CASE("gather: nothing outside the pattern's first and last byte is touched") {
  const Island island;
  for (const Element& each : kElements) {
    Device device(reading(each.type, each.reg, each.size, 0));
    const std::size_t extent = stride_for(each.size) * 7 + 8 * 3 + each.size;
    for (const std::size_t base : {std::size_t{0}, Island::kSize - extent}) {
      Memory<std::uint32_t> out(32, 99);
      const auto status = device.run(
          "k", {1}, {32}, Params().add(out.data()).add(island.begin() + base).add(1000u));
      REQUIRE(status.message == "");
      for (unsigned lane = 0; lane < 32; ++lane)
        CHECK(out[lane] == at(island.begin() + base, lane, each.size, 0));
    }
  }
}

TEST_CASE("gather: lanes that are not there, or left out, do not read") {
  const Island island;
  for (const Element& each : kElements) {
    Device device(reading(each.type, each.reg, each.size, 0));
    for (const std::uint32_t threads : {1u, 31u, 33u}) {
      Memory<std::uint32_t> out(threads, 99);
      std::size_t extent = 0;
      for (std::size_t lane = 0; lane < threads; ++lane)
        extent = std::max(extent, stride_for(each.size) * (lane / 4) + 8 * (lane % 4) + each.size);
      const std::uint8_t* const begin = island.begin() + Island::kSize - (extent + 7) / 8 * 8;
      const auto status =
          device.run("k", {1}, {threads}, Params().add(out.data()).add(begin).add(0u));
      REQUIRE(status.message == "");
      CHECK(out[0] == 99);
      for (unsigned lane = 1; lane < threads; ++lane)
        CHECK(out[lane] == at(begin, lane, each.size, 0));
    }
  }
}

TEST_CASE("gather: a pattern that is broken by wrapping around is followed, not guessed") {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in, .param .u32 from)
{
  .reg .b32 %t, %f, %w; .reg .b64 %o, %i, %d;
  ld.param.u64 %o, [out];
  ld.param.u64 %i, [in];
  ld.param.u32 %f, [from];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  add.u32 %t, %t, %f;
  shr.u32 %t, %t, 1;
  and.b32 %t, %t, 31;
  mul.wide.s32 %d, %t, 12;
  add.s64 %i, %i, %d;
  ld.global.u32 %w, [%i];
  st.global.u32 [%o], %w;
  ret;
}
)");
  Memory<std::uint32_t> in(128), out(32);
  std::iota(in.begin(), in.end(), 5u);
  for (const std::uint32_t from : {0u, 1u, 17u, 50u, 0xfffffff0u}) {
    REQUIRE(device.run("k", {1}, {32}, Params().add(out.data()).add(in.data()).add(from)).message ==
            "");
    for (std::uint32_t lane = 0; lane < 32; ++lane)
      CHECK(out[lane] == in[3 * (((lane + from) >> 1) & 31)]);
  }
}

}  // namespace
}  // namespace vgpu::jit::test
