#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

Memory<std::uint32_t> run_index(const std::string& body, const std::string& declarations,
                                Dim3 block, std::uint32_t count) {
  Device device(kernel_of_index(body, declarations));
  const std::uint32_t threads = block.x * block.y * block.z;
  Memory<std::uint32_t> out(count);
  REQUIRE(device
              .run("k", {(count + threads - 1) / threads, 1, 1}, block,
                   Params().add(out.data()).add(count))
              .message == "");
  return out;
}

TEST_CASE("memory: local arrays are each thread's own, by any index") {
  for (const Dim3& block : kShapes) {
    const auto out = run_index(R"(
    .local .align 4 .b8 own[32];
    .reg .b64 %l, %g, %e;
    mov.u64 %l, own;
    mov.u32 %a0, 0;
  FILL:
    mul.wide.u32 %e, %a0, 4;
    add.u64 %e, %e, %l;
    mul.lo.u32 %a1, %a0, %i;
    st.local.u32 [%e], %a1;
    add.u32 %a0, %a0, 1;
    setp.lt.u32 %p0, %a0, 8;
    @%p0 bra FILL;
    cvta.local.u64 %g, %l;
    and.b32 %a2, %i, 7;
    mul.wide.u32 %e, %a2, 4;
    add.u64 %e, %e, %g;
    ld.u32 %r0, [%e];
  )",
                               "", block, 300);
    std::uint32_t wrong = 0;
    for (std::uint32_t n = 0; n < out.size(); ++n) wrong += out[n] != (n & 7) * n ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("memory: alloca gives each thread places of its own until they are given back") {
  const auto out = run_index(R"(
    .reg .b64 %l, %m, %e, %mark;
    mov.u32 %a0, 0;
  AGAIN:
    // A hundred times 4 KiB: only as much is in use at once as a stack has.
    stacksave.u64 %mark;
    and.b32 %a1, %i, 7;
    add.u32 %a1, %a1, 1;
    mul.wide.u32 %e, %a1, 4;
    alloca.u64 %l, %e, 8;
    alloca.u64 %m, 4096;
    st.local.u32 [%l], %i;
    add.u64 %e, %e, %l;
    st.local.u32 [%e+-4], %a1;
    st.local.u32 [%m], %a0;
    ld.local.u32 %r0, [%m];
    ld.local.u32 %a2, [%e+-4];
    mad.lo.u32 %r0, %r0, 1000, %a2;
    stackrestore.u64 %mark;
    add.u32 %a0, %a0, 1;
    setp.lt.u32 %p0, %a0, 100;
    @%p0 bra AGAIN;
  )",
                             "", {64, 1, 1}, 64);
  for (std::uint32_t n = 0; n < out.size(); ++n) CHECK(out[n] == 99000 + (n & 7) + 1);
}

TEST_CASE("memory: an alloca that does not fit traps") {
  Device device(kernel_of_index(R"(
    .reg .b64 %l, %e;
    mov.u64 %e, -8;
    alloca.u64 %l, %e;
    mov.u32 %r0, 0;
  )"));
  std::uint32_t out = 0;
  CHECK(device.run("k", {1, 1, 1}, {1, 1, 1}, Params().add(&out).add(1U)).kind ==
        LaunchStatus::Kind::trap);
}

TEST_CASE("memory: bytes and halves are loaded with their sign and stored alone") {
  const auto out = run_index(R"(
    .reg .b64 %b, %e;
    .reg .b16 %h;
    mov.u64 %b, bytes;
    rem.u32 %a0, %i, 4;
    cvt.u64.u32 %e, %a0;
    add.u64 %b, %b, %e;
    ld.global.s8 %r0, [%b];
  )",
                             ".global .b8 bytes[4] = {1, 255, 128, 127};\n", {64, 1, 1}, 64);
  constexpr std::uint32_t kWanted[] = {1, 0xffffffff, 0xffffff80, 127};
  for (std::uint32_t n = 0; n < out.size(); ++n) CHECK(out[n] == kWanted[n % 4]);
}

TEST_CASE("memory: vectors are taken apart and put together lane by lane") {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in, .param .u32 step)
{
  .reg .b32 %t, %s, %a, %b, %c, %d;
  .reg .b64 %o, %i, %x;
  mov.u32 %t, %tid.x;
  ld.param.u32 %s, [step];
  mul.lo.u32 %s, %s, %t;
  ld.param.u64 %i, [in];
  mul.wide.u32 %x, %s, 16;
  add.u64 %i, %i, %x;
  ld.global.v4.u32 {%a, %b, %c, %d}, [%i];
  ld.param.u64 %o, [out];
  mul.wide.u32 %x, %t, 16;
  add.u64 %o, %o, %x;
  st.global.v2.u32 [%o], {%d, %c};
  st.global.v2.u32 [%o+8], {%b, %a};
  ret;
}
)");
  for (const std::uint32_t step : {1u, 3u}) {
    Memory<std::uint32_t> in(4 * 300), out(4 * 100);
    for (std::uint32_t n = 0; n < in.size(); ++n) in[n] = n;
    REQUIRE(
        device.run("k", {1}, {100}, Params().add(out.data()).add(in.data()).add(step)).message ==
        "");
    std::uint32_t wrong = 0;
    for (std::uint32_t n = 0; n < out.size(); ++n)
      wrong += out[n] != 4 * step * (n / 4) + 3 - n % 4 ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("memory: atomics of all threads of all blocks add up") {
  Device device(R"(
.visible .entry k(.param .u64 out)
{
  .reg .b32 %t, %o, %v;
  .reg .b64 %a, %x;
  ld.param.u64 %a, [out];
  mov.u32 %t, %tid.x;
  red.global.add.u32 [%a], 1;
  atom.global.max.u32 %o, [%a+4], %t;
  atom.global.inc.u32 %o, [%a+8], 9;
  atom.global.add.u32 %o, [%a+12], 1;
  mul.wide.u32 %x, %o, 4;
  add.u64 %a, %a, %x;
  st.global.u32 [%a+16], 1;
  ret;
}
)");
  Memory<std::uint32_t> out(4 + 1000);
  REQUIRE(device.run("k", {10}, {100}, Params().add(out.data())).message == "");
  CHECK(out[0] == 1000);
  CHECK(out[1] == 99);
  CHECK(out[2] == 0);
  CHECK(out[3] == 1000);
  CHECK(std::count(out.begin() + 4, out.end(), 1u) == 1000);
}

TEST_CASE("memory: initialised variables hold numbers and addresses of others") {
  const auto out = run_index(R"(
    .reg .b64 %b;
    mov.u64 %b, pointer;
    ld.global.u64 %b, [%b];
    ld.global.u32 %r0, [%b];
  )",
                             ".global .u32 numbers[3] = {4, 5, 6};\n"
                             ".global .u64 pointer = numbers+8;\n",
                             {32, 1, 1}, 5);
  CHECK(out == Memory<std::uint32_t>(5, 6));
}

TEST_CASE("memory: an access out of bounds ends the launch, not the process") {
  Device device(kernel_of_index("mov.u32 %r0, 1;"));
  const LaunchStatus status = device.run("k", {100}, {256}, Params().add(nullptr).add(25600u));
  CHECK(status.kind == LaunchStatus::Kind::illegal_address);
  CHECK(status.address < 25600 * 4);
  Memory<std::uint32_t> out(10);
  CHECK(device.run("k", {1}, {32}, Params().add(out.data()).add(10u)).message == "");
  CHECK(out[9] == 1);
}

TEST_CASE("memory: an offset far outside shared memory is an illegal address") {
  Device device(R"(
.visible .entry k(.param .u32 at)
{
  .shared .u32 cell[4];
  .reg .b32 %a;
  ld.param.u32 %a, [at];
  st.shared.u32 [%a], 1;
  ret;
}
)");
  CHECK(device.run("k", {1}, {1}, Params().add(0u)).message == "");
  for (const std::uint32_t at : {0x7ffffff0u, 0x80000000u, 0xfffffff0u})
    CHECK(device.run("k", {1}, {1}, Params().add(at)).kind == LaunchStatus::Kind::illegal_address);
}

TEST_CASE("launch: what is not implemented is named") {
  Device device(R"(
.visible .entry k()
{
  brkpt;
  ret;
}
)");
  const LaunchStatus status = device.run("k", {1}, {1}, Params());
  CHECK(status.kind == LaunchStatus::Kind::not_supported);
  CHECK(status.message.find("brkpt") != std::string::npos);
}

}  // namespace
TEST_CASE("memory: a local variable of the module is each thread's own") {
  Memory<std::uint32_t> out(64);
  Device device(R"(
.local .align 4 .b8 own[8];
.visible .entry k(.param .u64 out)
{
  .reg .b32 %t, %v;
  .reg .b64 %o, %d, %a;
  mov.u32 %t, %tid.x;
  st.local.u32 [own+4], %t;
  mov.u64 %a, own;
  cvta.local.u64 %a, %a;
  bar.sync 0;
  ld.u32 %v, [%a+4];
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v;
  ret;
}
)");
  REQUIRE(device.run("k", {1}, {64}, Params().add(out.data())).message == "");
  for (std::uint32_t t = 0; t < 64; ++t) CHECK(out[t] == t);
}

TEST_CASE("memory: a plain number as an address is judged like any other") {
  static std::uint32_t of_host = 3;
  Device device(".visible .entry k()\n{\n  st.global.u32 [" +
                std::to_string(reinterpret_cast<std::uint64_t>(&of_host)) + "], 1;\n  ret;\n}\n");
  CHECK(device.run("k", {1}, {1}, Params()).kind == LaunchStatus::Kind::illegal_address);
  CHECK(of_host == 3);
}

}  // namespace vgpu::jit::test
