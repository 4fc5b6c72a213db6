#include <doctest/doctest.h>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

constexpr const char* kFunctions = R"(
.func (.param .b32 r) fib(.param .b32 n);
.func (.param .b32 r) triple(.param .b32 n)
{
  .reg .b32 %a;
  ld.param.b32 %a, [n];
  mul.lo.u32 %a, %a, 3;
  st.param.b32 [r], %a;
  ret;
}
.func (.param .b32 r) plus7(.param .b32 n)
{
  .reg .b32 %a;
  ld.param.b32 %a, [n];
  add.u32 %a, %a, 7;
  st.param.b32 [r], %a;
  ret;
}
.func (.param .b32 r) fib(.param .b32 n)
{
  .reg .b32 %a, %b, %c;
  .reg .pred %p;
  .param .b32 arg, res;
  ld.param.b32 %a, [n];
  setp.lt.u32 %p, %a, 2;
  @%p bra DONE;
  sub.u32 %b, %a, 1;
  st.param.b32 [arg], %b;
  call (res), fib, (arg);
  ld.param.b32 %c, [res];
  sub.u32 %b, %a, 2;
  st.param.b32 [arg], %b;
  call (res), fib, (arg);
  ld.param.b32 %a, [res];
  add.u32 %a, %a, %c;
DONE:
  st.param.b32 [r], %a;
  ret;
}
.global .u64 table[2] = {triple, plus7};
)";

std::string kernel(const std::string& call) {
  return std::string(kFunctions) + R"(
.visible .entry k(.param .u64 out)
{
  .reg .b32 %t, %v;
  .reg .b64 %o, %d, %f;
  .param .b32 arg, res;
  mov.u32 %t, %tid.x;
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.param.b32 [arg], %t;
)" + call +
         R"(
  ld.param.b32 %v, [res];
  st.global.u32 [%o], %v;
  ret;
}
)";
}

Memory<std::uint32_t> run(const std::string& text, std::uint32_t threads) {
  Device device(text);
  Memory<std::uint32_t> out(threads);
  REQUIRE(device.run("k", {1}, {threads}, Params().add(out.data())).message == "");
  return out;
}

TEST_CASE("call: a function called directly is as if it stood there") {
  const auto out = run(kernel("call (res), triple, (arg);"), 40);
  for (std::uint32_t n = 0; n < out.size(); ++n) CHECK(out[n] == 3 * n);
}

TEST_CASE("call: recursion goes as deep as each lane needs") {
  const auto out =
      run(kernel("rem.u32 %v, %t, 12; st.param.b32 [arg], %v; call (res), fib, (arg);"), 40);
  constexpr std::uint32_t kFib[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
  for (std::uint32_t n = 0; n < out.size(); ++n) CHECK(out[n] == kFib[n % 12]);
}

TEST_CASE("call: lanes may call different functions through one pointer") {
  const auto out = run(kernel(R"(
  and.b32 %v, %t, 1;
  mul.wide.u32 %d, %v, 8;
  mov.u64 %f, table;
  add.u64 %f, %f, %d;
  ld.global.u64 %f, [%f];
proto: .callprototype (.param .b32 _) _ (.param .b32 _);
  call (res), %f, (arg), proto;
)"),
                       70);
  for (std::uint32_t n = 0; n < out.size(); ++n) CHECK(out[n] == (n % 2 == 0 ? 3 * n : n + 7));
}

TEST_CASE("call: a pointer that is no function's is an illegal address") {
  Device device(kernel(R"(
  mov.u64 %f, 4096;
proto: .callprototype (.param .b32 _) _ (.param .b32 _);
  call (res), %f, (arg), proto;
)"));
  Memory<std::uint32_t> out(32);
  const LaunchStatus status = device.run("k", {1}, {32}, Params().add(out.data()));
  CHECK(status.kind == LaunchStatus::Kind::illegal_address);
  CHECK(status.address == 4096);
}

TEST_CASE("call: a barrier inside a recursive function holds all warps") {
  Device device(R"(
.shared .u32 cell[128];
.func (.param .b32 r) down(.param .b32 depth)
{
  .reg .b32 %t, %d, %a, %b, %s;
  .reg .pred %p;
  .param .b32 arg, res;
  ld.param.b32 %d, [depth];
  mov.u32 %t, %tid.x;
  shl.b32 %a, %t, 2;
  mov.u32 %s, cell;
  add.u32 %a, %a, %s;
  ld.shared.u32 %b, [%a];
  add.u32 %b, %b, 1;
  bar.sync 0;
  st.shared.u32 [%a], %b;
  bar.sync 0;
  xor.b32 %b, %t, 127;
  shl.b32 %b, %b, 2;
  add.u32 %b, %b, %s;
  ld.shared.u32 %b, [%b];
  setp.eq.u32 %p, %d, 0;
  @%p bra DONE;
  sub.u32 %d, %d, 1;
  st.param.b32 [arg], %d;
  call (res), down, (arg);
  ld.param.b32 %a, [res];
  add.u32 %b, %b, %a;
DONE:
  st.param.b32 [r], %b;
  ret;
}
.visible .entry k(.param .u64 out)
{
  .reg .b32 %t, %v, %s;
  .reg .b64 %o, %d;
  .param .b32 arg, res;
  mov.u32 %t, %tid.x;
  shl.b32 %v, %t, 2;
  mov.u32 %s, cell;
  add.u32 %s, %s, %v;
  st.shared.u32 [%s], %t;
  st.param.b32 [arg], 2;
  call (res), down, (arg);
  ld.param.b32 %v, [res];
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v;
  ret;
}
)");
  Memory<std::uint32_t> out(128);
  REQUIRE(device.run("k", {3}, {128}, Params().add(out.data())).message == "");
  for (std::uint32_t n = 0; n < 128; ++n) CHECK(out[n] == 3 * (n ^ 127u) + 6);
}

TEST_CASE("call: trap and failed assertions end the launch by name") {
  Device device(R"(
.visible .entry k(.param .u64 out)
{
  trap;
}
)");
  CHECK(device.run("k", {1}, {32}, Params().add(nullptr)).kind == LaunchStatus::Kind::trap);
}

TEST_CASE("call: device malloc gives each lane its own memory until free") {
  const auto out = run(R"(
.extern .func (.param .b64 r) malloc(.param .b64 n);
.extern .func free(.param .b64 p);
.visible .entry k(.param .u64 out)
{
  .reg .b32 %t, %v;
  .reg .b64 %o, %d, %m;
  .param .b64 arg, res;
  mov.u32 %t, %tid.x;
  st.param.b64 [arg], 16;
  call (res), malloc, (arg);
  ld.param.b64 %m, [res];
  st.u32 [%m+12], %t;
  bar.sync 0;
  ld.u32 %v, [%m+12];
  st.param.b64 [arg], %m;
  call free, (arg);
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v;
  ret;
}
)",
                       70);
  for (std::uint32_t n = 0; n < out.size(); ++n) CHECK(out[n] == n);
}

}  // namespace
}  // namespace vgpu::jit::test
