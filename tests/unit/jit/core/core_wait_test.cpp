// Warps and blocks that wait for each other without a barrier of the hardware.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {

namespace {

/// A kernel `k(out)` with some registers; %t is the thread's index in the block, %b the block's.
std::string kernel(const std::string& body) {
  return R"(
.visible .global .align 4 .u32 word = 0;
.visible .entry k(.param .u64 out)
{
  .shared .align 4 .b8 flag[4];
  .reg .b32 %t, %b, %w, %v<9>;
  .reg .b64 %o, %d;
  .reg .pred %p<5>;
  mov.u32 %t, %tid.x;
  mov.u32 %b, %ctaid.x;
  shr.u32 %w, %t, 5;
  ld.param.u64 %o, [out];
)" + body +
         R"(
  ret;
}
)";
}

LaunchStatus launch(const std::string& body, Memory<std::uint32_t>& out, Dim3 grid, Dim3 block,
                    bool cooperative = false) {
  Device device(kernel(body));
  return device.run("k", grid, block, Params().add(out.data()), 0, cooperative);
}

}  // namespace

TEST_CASE("wait: the first warp sees what the last one writes") {
  for (const char* load : {"ld.volatile.shared.u32", "ld.acquire.cta.shared.u32",
                           "ld.relaxed.cta.shared.u32", "atom.shared.add.u32"}) {
    CAPTURE(load);
    const bool atomic = std::string(load).substr(0, 4) == "atom";
    Memory<std::uint32_t> out(128);
    const std::string body = R"(
  mov.u32 %v0, 0;
  setp.ne.u32 %p0, %t, 0;
  @!%p0 st.volatile.shared.u32 [flag], %v0;
  bar.sync 0;
  setp.ne.u32 %p1, %w, 3;
  @%p1 bra WAIT;
  mov.u32 %v1, 42;
  st.volatile.shared.u32 [flag], %v1;
WAIT:
  )" + std::string(load) + " %v2, [flag]" +
                             (atomic ? ", 0" : "") + R"(;
  setp.eq.u32 %p2, %v2, 0;
  @%p2 bra WAIT;
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v2;
)";
    REQUIRE(launch(body, out, {1}, {128}).message == "");
    CHECK(out == Memory<std::uint32_t>(128, 42));
  }
}

TEST_CASE("wait: a block sees what one that begins later writes") {
  Memory<std::uint32_t> out(100);
  REQUIRE(launch(R"(
  setp.ne.u32 %p0, %b, 99;
  @%p0 bra WAIT;
  mov.u32 %v1, 7;
  st.release.gpu.global.u32 [word], %v1;
WAIT:
  ld.acquire.gpu.global.u32 %v2, [word];
  setp.eq.u32 %p1, %v2, 0;
  @%p1 bra WAIT;
  mul.wide.u32 %d, %b, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v2;
)",
                 out, {100}, {32})
              .message == "");
  CHECK(out == Memory<std::uint32_t>(100, 7));
}

TEST_CASE("wait: a lock lets one warp of all blocks in at a time") {
  Memory<std::uint32_t> out(1);
  REQUIRE(launch(R"(
  and.b32 %v0, %t, 31;
  setp.ne.u32 %p0, %v0, 0;
  @%p0 bra DONE;
LOCK:
  atom.global.cas.b32 %v1, [word], 0, 1;
  setp.ne.u32 %p1, %v1, 0;
  @%p1 bra LOCK;
  ld.volatile.global.u32 %v2, [%o];
  add.u32 %v2, %v2, 1;
  st.volatile.global.u32 [%o], %v2;
  membar.gl;
  atom.global.exch.b32 %v1, [word], 0;
DONE:
)",
                 out, {40}, {256})
              .message == "");
  CHECK(out[0] == 40 * 8);
}

TEST_CASE("wait: the blocks of a cooperative grid are all there, and have a place to meet") {
  constexpr std::uint32_t kBlocks = 700;
  Memory<std::uint32_t> out(kBlocks);
  REQUIRE(launch(R"(
  mov.u32 %v0, %envreg2;
  mov.u32 %v1, %envreg1;
  mov.b64 %d, {%v0, %v1};
  ld.u32 %v3, [%d];
  setp.lt.u32 %p0, %v3, 8;
  @%p0 trap;
  bar.sync 0;
  setp.ne.u32 %p0, %t, 0;
  @%p0 bra MET;
  atom.add.release.gpu.u32 %v2, [%d+4], 1;
WAIT:
  ld.acquire.gpu.u32 %v2, [%d+4];
  setp.lt.u32 %p1, %v2, 700;
  @%p1 bra WAIT;
MET:
  bar.sync 0;
  setp.ne.u32 %p2, %t, 33;
  @%p2 bra DONE;
  ld.volatile.u32 %v2, [%d+4];
  mul.wide.u32 %d, %b, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v2;
DONE:
)",
                 out, {kBlocks}, {64}, true)
              .message == "");
  CHECK(out == Memory<std::uint32_t>(kBlocks, kBlocks));
}

TEST_CASE("wait: a grid ends when one of its blocks fails and the others wait for it") {
  Memory<std::uint32_t> out(1);
  CHECK(launch(R"(
  setp.ne.u32 %p0, %b, 9;
  @%p0 bra WAIT;
  mov.u64 %d, 16;
  st.global.u32 [%d], %t;
WAIT:
  ld.volatile.global.u32 %v2, [word];
  setp.eq.u32 %p1, %v2, 0;
  @%p1 bra WAIT;
)",
               out, {10}, {32})
            .kind == LaunchStatus::Kind::illegal_address);
}

TEST_CASE("wait: a loop that tries an exchange again until nothing came between adds up") {
  Memory<std::uint32_t> out(1);
  REQUIRE(launch(R"(
  ld.global.u32 %v0, [%o];
AGAIN:
  mov.u32 %v1, %v0;
  add.u32 %v2, %v1, 3;
  atom.global.cas.b32 %v0, [%o], %v1, %v2;
  setp.ne.u32 %p1, %v0, %v1;
  @%p1 bra AGAIN;
)",
                 out, {50}, {100})
              .message == "");
  CHECK(out[0] == 3 * 50 * 100);
}

}  // namespace vgpu::jit::test
