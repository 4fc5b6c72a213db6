#include <doctest/doctest.h>

#include <numeric>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

/// Registers that every kernel here has, its thread's index in %t and &out[%t] in %o.
constexpr const char* kHead = R"(
  .reg .b32 %t, %n, %s, %a, %b, %c;
  .reg .b64 %o, %d;
  .reg .pred %p, %q;
  mov.u32 %t, %tid.x;
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
)";

std::string kernel(const std::string& body) {
  return ".visible .entry k(.param .u64 out)\n{\n" + std::string(kHead) + body + "\n}\n";
}

constexpr const char* kSum = R"(
  .shared .u32 cell[256];
  .reg .b32 %at, %other;
  shl.b32 %a, %t, 2;
  mov.u32 %at, cell;
  add.u32 %at, %at, %a;
  ld.global.u32 %b, [%o];
  st.shared.u32 [%at], %b;
  bar.sync 0;
  mov.u32 %n, %ntid.x;
  shr.u32 %s, %n, 1;
LOOP:
  setp.ge.u32 %p, %t, %s;
  @%p bra SKIP;
  shl.b32 %a, %s, 2;
  add.u32 %other, %at, %a;
  ld.shared.u32 %b, [%other];
  ld.shared.u32 %c, [%at];
  add.u32 %b, %b, %c;
  st.shared.u32 [%at], %b;
SKIP:
  bar.sync 0;
  shr.u32 %s, %s, 1;
  setp.ne.u32 %q, %s, 0;
  @%q bra LOOP;
  ld.shared.u32 %b, [cell];
  st.global.u32 [%o], %b;
  ret;
)";

TEST_CASE("barrier: a tree sum in shared memory sees every thread's value") {
  Device device(kernel(kSum));
  for (const std::uint32_t threads : {32u, 64u, 256u}) {
    Memory<std::uint32_t> out(threads);
    std::iota(out.begin(), out.end(), 3u);
    const auto sum = std::accumulate(out.begin(), out.end(), 0u);
    REQUIRE(device.run("k", {1}, {threads}, Params().add(out.data())).message == "");
    CHECK(std::count(out.begin(), out.end(), sum) == threads);
  }
}

TEST_CASE(
    "barrier: what came from lanes' numbers and scalars is what it was, whatever changed since") {
  Device device(kernel(R"(
  .reg .b32 %five, %v, %w, %sum;
  ld.param.u64 %d, [out];
  ld.global.u32 %n, [%d];
  mul.lo.u32 %v, %t, %t;
  add.u32 %w, %v, %n;
  mov.u32 %five, 5;
  mov.u32 %s, 0;
  mov.u32 %sum, 0;
LOOP:
  add.u32 %b, %t, %s;
  xor.b32 %c, %b, %w;
  add.u32 %s, %s, %five;
  bar.sync 0;
  add.u32 %sum, %sum, %c;
  st.global.u32 [%o], %sum;
  bar.sync 0;
  setp.lt.u32 %q, %s, 20;
  @%q bra LOOP;
  ret;
)"));
  for (const std::uint32_t threads : {1u, 32u, 100u}) {
    Memory<std::uint32_t> out(threads);
    out[0] = 1000;
    REQUIRE(device.run("k", {1}, {threads}, Params().add(out.data())).message == "");
    for (std::uint32_t t = 0; t < threads; ++t) {
      std::uint32_t sum = 0;
      for (std::uint32_t s = 0; s < 20; s += 5) sum += (t + s) ^ (t * t + 1000);
      CHECK(out[t] == sum);
    }
  }
}

TEST_CASE("barrier: dynamic shared memory follows the static variables") {
  Device device(".extern .shared .align 4 .b8 more[];\n" + kernel(R"(
  .shared .u32 fixed[8];
  mov.u32 %a, more;
  mov.u32 %b, fixed;
  sub.u32 %c, %a, %b;
  st.global.u32 [%o], %c;
  ret;
)"));
  Memory<std::uint32_t> out(1);
  REQUIRE(device.run("k", {1}, {1}, Params().add(out.data()), 128).message == "");
  CHECK(out[0] >= 32);
}

TEST_CASE("barrier: bar.red counts, ands and ors over the block") {
  Device device(kernel(R"(
  .reg .pred %odd, %small, %large;
  and.b32 %a, %t, 1;
  setp.eq.u32 %odd, %a, 1;
  setp.lt.u32 %small, %t, 1000;
  setp.gt.u32 %large, %t, 98;
  bar.red.popc.u32 %a, 0, %odd;
  bar.red.and.pred %p, 0, %small;
  bar.red.or.pred %q, 0, %large;
  selp.u32 %b, 100, 0, %p;
  selp.u32 %c, 1000, 0, %q;
  add.u32 %a, %a, %b;
  add.u32 %a, %a, %c;
  st.global.u32 [%o], %a;
  ret;
)"));
  Memory<std::uint32_t> out(100);
  REQUIRE(device.run("k", {1}, {100}, Params().add(out.data())).message == "");
  CHECK(std::count(out.begin(), out.end(), 1150u) == 100);
}

TEST_CASE("barrier: producer and consumer warps meet at named barriers") {
  Device device(kernel(R"(
  .shared .u32 cell[64];
  .reg .b32 %at;
  shl.b32 %a, %t, 2;
  mov.u32 %at, cell;
  add.u32 %at, %at, %a;
  setp.lt.u32 %p, %t, 32;
  @%p bra PRODUCER;
  bar.sync 1, 64;
  ld.shared.u32 %b, [%at+-128];
  add.u32 %b, %b, 1;
  st.shared.u32 [%at], %b;
  bar.arrive 2, 64;
  ret;
PRODUCER:
  mul.lo.u32 %b, %t, 3;
  st.shared.u32 [%at], %b;
  bar.arrive 1, 64;
  bar.sync 2, 64;
  ld.shared.u32 %b, [%at+128];
  st.global.u32 [%o], %b;
  ret;
)"));
  Memory<std::uint32_t> out(32);
  REQUIRE(device.run("k", {1}, {64}, Params().add(out.data())).message == "");
  for (std::uint32_t n = 0; n < 32; ++n) CHECK(out[n] == 3 * n + 1);
}

TEST_CASE("barrier: warps that have ended are not waited for") {
  Device device(kernel(R"(
  setp.ge.u32 %p, %t, 40;
  @%p ret;
  bar.sync 0;
  st.global.u32 [%o], %t;
  ret;
)"));
  Memory<std::uint32_t> out(128, 7);
  REQUIRE(device.run("k", {1}, {128}, Params().add(out.data())).message == "");
  for (std::uint32_t n = 0; n < 128; ++n) CHECK(out[n] == (n < 40 ? n : 7));
}

TEST_CASE("barrier: warps that wait for each other for ever end the launch") {
  Device device(kernel(R"(
  setp.lt.u32 %p, %t, 32;
  @%p bra OTHER;
  bar.sync 1, 64;
  ret;
OTHER:
  bar.sync 2, 64;
  ret;
)"));
  Memory<std::uint32_t> out(64);
  CHECK(device.run("k", {1}, {64}, Params().add(out.data())).kind == LaunchStatus::Kind::trap);
}

TEST_CASE("barrier: values of every shape live across it, in loops, for 2-D blocks") {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u32 rounds)
{
  .reg .b32 %x, %y, %w, %i, %k, %r, %u;
  .reg .b64 %o, %d, %e;
  .reg .pred %p;
  .shared .u32 cell[1];
  mov.u32 %x, %tid.x;
  mov.u32 %y, %tid.y;
  mov.u32 %w, %ntid.x;
  mad.lo.u32 %i, %y, %w, %x;
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %i, 4;
  add.u64 %e, %o, %d;
  mov.u32 %k, 0;
  mul.lo.u32 %r, %x, %x;
AGAIN:
  bar.sync 0;
  add.u32 %r, %r, %y;
  add.u32 %k, %k, 1;
  ld.param.u32 %u, [rounds];
  setp.lt.u32 %p, %k, %u;
  @%p bra AGAIN;
  st.global.u32 [%e], %r;
  ret;
}
)");
  for (const Dim3& block : kShapes) {
    if (block.z != 1) continue;
    Memory<std::uint32_t> out(block.x * block.y);
    REQUIRE(device.run("k", {1}, block, Params().add(out.data()).add(5u)).message == "");
    std::uint32_t wrong = 0;
    for (std::uint32_t n = 0; n < out.size(); ++n)
      wrong += out[n] != (n % block.x) * (n % block.x) + 5 * (n / block.x) ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("barrier: distances of shuffles that wait in registers are what they were") {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u32 far)
{
  .reg .b32 %t, %v, %w, %near, %far, %whole, %all; .reg .b64 %o, %d; .reg .pred %p;
  ld.param.u64 %o, [out];
  ld.param.u32 %far, [far];
  mov.u32 %near, 1;
  mov.u32 %whole, 31;
  mov.u32 %all, -1;
  mov.u32 %t, %tid.x;
  mul.lo.s32 %v, %t, %t;
  bar.sync 0;
  shfl.sync.bfly.b32 %w, %v, %near, %whole, %all;
  add.s32 %v, %v, %w;
  setp.eq.u32 %p, %far, 0;
  @%p mov.u32 %near, 2;
  bar.sync 0;
  shfl.sync.bfly.b32 %w, %v, %far, %whole, %all;
  add.s32 %v, %v, %w;
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v;
  ret;
}
)");
  for (const std::uint32_t far : {2u, 16u}) {
    Memory<std::uint32_t> out(64);
    REQUIRE(device.run("k", {1}, {64}, Params().add(out.data()).add(far)).message == "");
    for (std::uint32_t t = 0; t < 64; ++t) {
      std::uint32_t sum = 0;
      for (const std::uint32_t other : {0u, 1u, far, far ^ 1}) sum += (t ^ other) * (t ^ other);
      CHECK(out[t] == sum);
    }
  }
}

}  // namespace
}  // namespace vgpu::jit::test
