#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

/// Sums in[row * 3 * count + 3 * (i / 2) + i % 2] over i = tid, tid + 64, ... below 2 * count:
/// blocks of three words, of which pairs of lanes read two, row by row of the grid.
constexpr const char* kBlocks = R"(
.visible .entry k(.param .u64 out, .param .u64 in, .param .u32 count)
{
  .reg .b32 %t, %n, %b, %q, %w, %s, %r; .reg .b64 %o, %i, %d; .reg .pred %p;
  ld.param.u64 %o, [out];
  ld.param.u64 %i, [in];
  ld.param.u32 %n, [count];
  mov.u32 %t, %tid.x;
  mov.u32 %r, %ctaid.x;
  mad.lo.u32 %b, %r, 64, %t;
  mul.wide.u32 %d, %b, 4;
  add.u64 %o, %o, %d;
  mov.u32 %s, 0;
  mul.lo.s32 %r, %r, %n;
  and.b32 %q, %t, 1;
  shr.s32 %b, %t, 1;
  setp.ge.s32 %p, %b, %n;
  @%p bra DONE;
AGAIN:
  add.s32 %w, %b, %r;
  mul.wide.s32 %d, %w, 12;
  add.s64 %d, %i, %d;
  mad.wide.u32 %d, %q, 4, %d;
  ld.global.u32 %w, [%d];
  add.u32 %s, %s, %w;
  add.s32 %b, %b, 32;
  setp.lt.s32 %p, %b, %n;
  @%p bra AGAIN;
DONE:
  st.global.u32 [%o], %s;
  ret;
}
)";

TEST_CASE("sums: loops over blocks read each lane's words, whatever number of blocks is left") {
  Device device(kBlocks);
  constexpr std::uint32_t kRows = 3;
  for (const std::uint32_t count : {0u, 1u, 15u, 16u, 32u, 33u, 64u, 100u}) {
    Memory<std::uint32_t> in(kRows * 3 * count + 1), out(kRows * 64, 99);
    std::iota(in.begin(), in.end(), 7u);
    const auto status =
        device.run("k", {kRows}, {64}, Params().add(out.data()).add(in.data()).add(count));
    REQUIRE(status.message == "");
    for (std::uint32_t row = 0; row < kRows; ++row)
      for (std::uint32_t lane = 0; lane < 64; ++lane) {
        std::uint32_t sum = 0;
        for (std::uint32_t block = lane / 2; block < count; block += 32)
          sum += in[3 * (row * count + block) + lane % 2];
        CHECK(out[row * 64 + lane] == sum);
      }
  }
}

TEST_CASE("sums: an address that is not a kernel's, or not aligned, is found by its first lane") {
  Device device(kBlocks);
  Memory<std::uint32_t> out(64);
  std::vector<std::uint32_t> hosts(300);
  CHECK(device.run("k", {1}, {64}, Params().add(out.data()).add(hosts.data()).add(64u)).kind ==
        LaunchStatus::Kind::illegal_address);
  Memory<std::uint32_t> in(300);
  const auto* const odd = reinterpret_cast<const std::uint8_t*>(in.data()) + 2;
  CHECK(device.run("k", {1}, {64}, Params().add(out.data()).add(odd).add(64u)).kind ==
        LaunchStatus::Kind::misaligned_address);
}

TEST_CASE("dp4a: factors whose signs are masked away count like any others") {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in)
{
  .reg .b32 %t, %a, %b, %n, %s; .reg .b64 %o, %i, %d;
  ld.param.u64 %o, [out];
  ld.param.u64 %i, [in];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  add.u64 %i, %i, %d;
  ld.global.u32 %a, [%i];
  ld.global.u32 %b, [%i+128];
  mov.u32 %s, 5;
  and.b32 %n, %a, 0x0F0F0F0F;
  dp4a.s32.s32 %s, %n, %b, %s;
  shr.u32 %n, %a, 4;
  and.b32 %n, %n, 0x0F0F0F0F;
  dp4a.s32.s32 %s, %b, %n, %s;
  dp4a.s32.s32 %s, %a, %b, %s;
  st.global.u32 [%o], %s;
  ret;
}
)");
  Memory<std::uint32_t> in(64), out(32);
  for (std::uint32_t n = 0; n < 64; ++n) in[n] = 0x9e3779b9u * (n + 1) ^ (n << 28);
  in[0] = in[32] = 0x80808080u;
  REQUIRE(device.run("k", {1}, {32}, Params().add(out.data()).add(in.data())).message == "");
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    std::int32_t sum = 5;
    for (unsigned byte = 0; byte < 4; ++byte) {
      const auto part = [&](std::uint32_t word) { return (word >> (8 * byte)) & 0xff; };
      const auto a = static_cast<std::int8_t>(part(in[lane]));
      const auto b = static_cast<std::int8_t>(part(in[lane + 32]));
      const auto low = static_cast<std::int32_t>(part(in[lane]) & 15);
      const auto high = static_cast<std::int32_t>(part(in[lane]) >> 4);
      sum += (low + high + a) * b;
    }
    CHECK(static_cast<std::int32_t>(out[lane]) == sum);
  }
}

TEST_CASE("tanh: subnormals stay what they are where all else flushes them") {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in)
{
  .reg .b32 %t; .reg .f32 %f, %g; .reg .b64 %o, %i, %d;
  ld.param.u64 %o, [out];
  ld.param.u64 %i, [in];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %d, %t, 4;
  add.u64 %i, %i, %d;
  mad.wide.u32 %o, %t, 8, %o;
  ld.global.f32 %f, [%i];
  tanh.approx.f32 %g, %f;
  st.global.f32 [%o], %g;
  add.ftz.f32 %g, %f, 0f00000000;
  st.global.f32 [%o+4], %g;
  ret;
}
)");
  Memory<float> in(32), out(64);
  const float least = std::numeric_limits<float>::denorm_min();
  for (int lane = 0; lane < 32; ++lane)
    in[static_cast<std::size_t>(lane)] = least * static_cast<float>(lane - 16);
  REQUIRE(device.run("k", {1}, {32}, Params().add(out.data()).add(in.data())).message == "");
  for (std::size_t lane = 0; lane < 32; ++lane) {
    CHECK(out[2 * lane] == in[lane]);
    CHECK(out[2 * lane + 1] == 0.0F);
  }
}

}  // namespace
}  // namespace vgpu::jit::test
