// Which addresses a kernel may access, and how.
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {

namespace {

using Kind = LaunchStatus::Kind;

/// A kernel `k(at, stride, n)` that does `access` at %at, which is at + stride * thread, if its
/// thread is below n.
std::string kernel_of_access(const std::string& access) {
  return R"(
.visible .entry k(.param .u64 at, .param .u64 stride, .param .u32 n)
{
  .reg .b32 %t, %n, %v<4>;
  .reg .b64 %at, %stride, %w;
  .reg .pred %p;
  ld.param.u64 %at, [at];
  ld.param.u64 %stride, [stride];
  ld.param.u32 %n, [n];
  mov.u32 %t, %tid.x;
  setp.ge.u32 %p, %t, %n;
  @%p ret;
  cvt.u64.u32 %w, %t;
  mad.lo.u64 %at, %w, %stride, %at;
  )" + access +
         R"(
  ret;
}
)";
}

/// Every way to an address: linear in the lane, the same for all, and one for each lane.
constexpr const char* kAccesses[] = {
    "ld.global.u32 %v0, [%at]; add.u32 %v0, %v0, 1; st.global.u32 [%at], %v0;",
    "st.u32 [%at], %t;",
    "atom.global.add.u32 %v0, [%at], 1;",
    "red.global.add.u32 [%at], 1;",
};

LaunchStatus access(Device& device, const void* at, std::uint64_t stride, std::uint32_t n = 32) {
  return device.run("k", {1}, {32},
                    Params().add(reinterpret_cast<std::uint64_t>(at)).add(stride).add(n));
}

}  // namespace

TEST_CASE("guard: memory of the program is an illegal address and stays as it is") {
  const std::vector<std::uint32_t> heap(32, 7);
  static std::uint32_t data[32];
  const std::uint32_t stack[32] = {};
  for (const char* each : kAccesses) {
    CAPTURE(each);
    Device device(kernel_of_access(each));
    for (const std::uint64_t stride : {4, 0})
      for (const std::uint32_t* at :
           {heap.data(), static_cast<const std::uint32_t*>(data), stack}) {
        const LaunchStatus status = access(device, at, stride);
        CHECK(status.kind == Kind::illegal_address);
        CHECK(status.address == reinterpret_cast<std::uint64_t>(at));
      }
  }
  CHECK(heap == std::vector<std::uint32_t>(32, 7));
  CHECK(data[0] == 0);
}

TEST_CASE("guard: memory that the program admits is a kernel's until it is withdrawn") {
  std::vector<std::uint32_t> heap(32, 7);
  Device device(kernel_of_access(kAccesses[0]));
  const auto at = reinterpret_cast<std::uint64_t>(heap.data());
  exec::address_space().admit(at, 128);
  CHECK(access(device, heap.data(), 4).message == "");
  CHECK(heap == std::vector<std::uint32_t>(32, 8));
  exec::address_space().withdraw(at, 128);
  CHECK(access(device, heap.data(), 4).kind == Kind::illegal_address);
}

TEST_CASE("guard: what a kernel has in registers survives a look at an address") {
  std::vector<std::uint32_t> heap(256);
  for (std::uint32_t n = 0; n < 256; ++n) heap[n] = n;
  Memory<std::uint32_t> out(64);
  Device device(R"(
.visible .entry k(.param .u64 in, .param .u64 out)
{
  .reg .b32 %t, %s, %v<9>;
  .reg .b64 %in, %out, %w;
  ld.param.u64 %in, [in];
  ld.param.u64 %out, [out];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %w, %t, 4;
  add.u64 %in, %in, %w;
  add.u64 %out, %out, %w;
  xor.b32 %s, %t, 5;
  ld.global.u32 %v0, [%in];
  ld.global.u32 %v1, [%in+256];
  ld.global.u32 %v2, [%in+512];
  ld.global.u32 %v3, [%in+768];
  mul.lo.u32 %v0, %v0, %s;
  mad.lo.u32 %v0, %v1, %t, %v0;
  add.u32 %v0, %v0, %v2;
  sub.u32 %v0, %v0, %v3;
  st.global.u32 [%out], %v0;
  ret;
}
)");
  const auto at = reinterpret_cast<std::uint64_t>(heap.data());
  exec::address_space().admit(at, 1024);
  CHECK(device.run("k", {1}, {64}, Params().add(at).add(out.data())).message == "");
  exec::address_space().withdraw(at, 1024);
  for (std::uint32_t t = 0; t < 64; ++t)
    CHECK(out[t] == t * (t ^ 5) + (t + 64) * t + (t + 128) - (t + 192));
}

TEST_CASE("guard: only lanes that take part are judged") {
  std::vector<std::uint32_t> heap(64, 7);
  Memory<std::uint32_t> memory(64, 7);
  Device device(kernel_of_access(kAccesses[0]));
  // Lane 0 is at its place, the others are in the program's memory.
  const auto from = reinterpret_cast<std::uint64_t>(memory.data());
  const std::uint64_t stride = reinterpret_cast<std::uint64_t>(heap.data()) - from;
  CHECK(access(device, memory.data(), stride, 1).message == "");
  CHECK(memory[0] == 8);
  CHECK(access(device, memory.data(), stride, 2).kind == Kind::illegal_address);
  CHECK(heap[0] == 7);
}

TEST_CASE("guard: an address that is no multiple of the access's size is misaligned") {
  Memory<std::uint32_t> memory(256);
  auto* const bytes = reinterpret_cast<char*>(memory.data());
  for (const char* each : kAccesses) {
    CAPTURE(each);
    Device device(kernel_of_access(each));
    CHECK(access(device, bytes + 4, 4).kind == Kind::ok);
    CHECK(access(device, bytes + 1, 4).kind == Kind::misaligned_address);
    CHECK(access(device, bytes + 2, 0).kind == Kind::misaligned_address);
    CHECK(access(device, bytes, 6).kind == Kind::misaligned_address);
    CHECK(access(device, bytes, 6, 1).kind == Kind::ok);
  }
  Device pairs(kernel_of_access("ld.global.v2.u32 {%v0, %v1}, [%at+8];"));
  CHECK(access(pairs, bytes, 8).kind == Kind::ok);
  CHECK(access(pairs, bytes + 4, 8).kind == Kind::misaligned_address);
  Device offset(kernel_of_access("ld.global.u32 %v0, [%at+3];"));
  CHECK(access(offset, bytes + 1, 4).kind == Kind::ok);
  CHECK(access(offset, bytes, 4).kind == Kind::misaligned_address);
}

TEST_CASE("guard: generic addresses of shared, local and parameter memory are a kernel's") {
  Memory<std::uint32_t> out(32);
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u32 seven)
{
  .shared .align 4 .b8 area[128];
  .local .align 4 .b8 own[16];
  .reg .b32 %t, %v<4>;
  .reg .b64 %out, %w, %a;
  ld.param.u64 %out, [out];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %w, %t, 4;
  add.u64 %out, %out, %w;
  mov.u64 %a, area;
  cvta.shared.u64 %a, %a;
  add.u64 %a, %a, %w;
  st.u32 [%a], %t;
  ld.u32 %v0, [%a];
  mov.u64 %a, own;
  cvta.local.u64 %a, %a;
  st.u32 [%a+4], %v0;
  ld.u32 %v1, [%a+4];
  mov.b64 %a, seven;
  cvta.param.u64 %a, %a;
  ld.u32 %v2, [%a];
  add.u32 %v1, %v1, %v2;
  st.u32 [%out], %v1;
  ret;
}
)");
  CHECK(device.run("k", {1}, {32}, Params().add(out.data()).add(7u)).message == "");
  for (std::uint32_t t = 0; t < 32; ++t) CHECK(out[t] == t + 7);
}

}  // namespace vgpu::jit::test
