#include "tests/unit/jit/core/device.h"

#include <cstdint>
#include <stdexcept>

namespace vgpu::jit::test {

Device::Device(std::string_view text) {
  std::vector<ptx::Module> modules;
  modules.push_back(
      ptx::parse_module(".version 7.5\n.target sm_75\n.address_size 64\n" + std::string(text)));
  VariableMemory memory;
  memory.allocate = [this](std::size_t bytes, std::size_t align, bool) -> void* {
    variables_.emplace_back(bytes + align);
    const auto at = reinterpret_cast<std::uintptr_t>(variables_.back().data());
    return reinterpret_cast<void*>((at + align - 1) / align * align);  // NOLINT: an address
  };
  memory.release = [](void*) {};
  program_ = Program::link(std::move(modules), memory);
}

LaunchStatus Device::run(std::string_view kernel, Dim3 grid, Dim3 block, const Params& params,
                         std::uint32_t dynamic_shared, bool cooperative) {
  Kernel* const found = program_->find_kernel(kernel);
  if (found == nullptr) throw std::invalid_argument("no kernel " + std::string(kernel));
  Launch launch;
  launch.grid = grid;
  launch.block = block;
  launch.dynamic_shared = dynamic_shared;
  launch.params = params.bytes();
  launch.cooperative = cooperative;
  return jit::run(*found, launch);
}

std::string kernel_of_index(std::string_view body, std::string_view declarations) {
  return std::string(declarations) + R"(
.visible .entry k(.param .u64 out, .param .u32 n)
{
  .reg .b32 %i, %n, %t, %r0, %a<10>;
  .reg .b64 %o, %d;
  .reg .pred %p<10>, %q;
  mov.u32 %i, %tid.z;
  mov.u32 %t, %ntid.y;
  mul.lo.u32 %i, %i, %t;
  mov.u32 %t, %tid.y;
  add.u32 %i, %i, %t;
  mov.u32 %t, %ntid.x;
  mul.lo.u32 %i, %i, %t;
  mov.u32 %t, %tid.x;
  add.u32 %i, %i, %t;
  mov.u32 %n, %ntid.x;
  mov.u32 %t, %ntid.y;
  mul.lo.u32 %n, %n, %t;
  mov.u32 %t, %ntid.z;
  mul.lo.u32 %n, %n, %t;
  mov.u32 %t, %ctaid.x;
  mad.lo.u32 %i, %t, %n, %i;
  ld.param.u32 %n, [n];
  setp.ge.u32 %q, %i, %n;
  @%q ret;
  mov.u32 %r0, 0;
)" + std::string(body) +
         R"(
  ld.param.u64 %o, [out];
  mul.wide.u32 %d, %i, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %r0;
  ret;
}
)";
}

}  // namespace vgpu::jit::test
