#include "shim/cpu/driver/launch.h"

#include <cstdint>
#include <cstring>

#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/occupancy.h"
#include "shim/cpu/driver/ptx_error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/work_note.h"

namespace vgpu::cpu {
namespace {

CUresult result_of(const jit::LaunchStatus& status) {
  using Kind = jit::LaunchStatus::Kind;
  switch (status.kind) {
    case Kind::ok:
      return CUDA_SUCCESS;
    case Kind::illegal_address:
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    case Kind::misaligned_address:
      return CUDA_ERROR_MISALIGNED_ADDRESS;
    case Kind::trap:
      return CUDA_ERROR_LAUNCH_FAILED;
    case Kind::device_assert:
      return CUDA_ERROR_ASSERT;
    case Kind::not_supported:
      return CUDA_ERROR_NOT_SUPPORTED;
  }
  return CUDA_ERROR_UNKNOWN;
}

bool fits(const jit::Dim3& shape, const Device& device, int first_attribute) {
  return shape.x <= static_cast<std::uint32_t>(device.attribute(first_attribute)) &&
         shape.y <= static_cast<std::uint32_t>(device.attribute(first_attribute + 1)) &&
         shape.z <= static_cast<std::uint32_t>(device.attribute(first_attribute + 2));
}

std::uint64_t count(const jit::Dim3& shape) { return std::uint64_t{shape.x} * shape.y * shape.z; }

/// The list that `extra` points to: pairs of a name and a value, ended by kLaunchParamEnd.
std::vector<std::byte> copy_extra(std::size_t needed, void** extra) {
  const void* buffer = nullptr;
  std::size_t size = 0;
  constexpr int kMostPairs = 8;  // a list without an end is a mistake, not a reason to read on
  for (int i = 0; i < kMostPairs; ++i, extra += 2) {
    const auto name = reinterpret_cast<std::uintptr_t>(extra[0]);
    if (name == kLaunchParamEnd) {
      require_value(needed == 0 || (buffer != nullptr && size >= needed),
                    "the buffer is smaller than the parameters");
      std::vector<std::byte> copied(needed);
      if (needed != 0) std::memcpy(copied.data(), buffer, needed);
      return copied;
    }
    require_value(extra[1] != nullptr, "an extra is null");
    if (name == kLaunchParamBufferPointer)
      buffer = extra[1];
    else if (name == kLaunchParamBufferSize)
      size = *static_cast<const std::size_t*>(extra[1]);
    else
      break;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "not a list of extras");
}

}  // namespace

std::vector<std::byte> copy_params(const jit::KernelInfo& info, void** params, void** extra) {
  const std::size_t needed = info.param_bytes;
  require_value(params == nullptr || extra == nullptr, "parameters are given in both ways");
  if (extra != nullptr) return copy_extra(needed, extra);
  require_value(params != nullptr || info.params.empty(), "the kernel's parameters are missing");
  std::vector<std::byte> copied(needed);
  for (std::size_t i = 0; i < info.params.size(); ++i) {
    const ptx::Param& param = info.params[i];
    require_value(params[i] != nullptr, "a parameter is null");
    std::memcpy(copied.data() + param.offset, params[i], param.size);
  }
  return copied;
}

void check_shape(const LaunchRequest& request, CUresult too_large) {
  const auto module = request.function->module.lock();
  require(module != nullptr, CUDA_ERROR_INVALID_HANDLE, "the function's module is unloaded");
  const Device& device = module->context->device();
  const jit::KernelInfo& info = request.function->info();
  const auto most_threads = static_cast<std::uint64_t>(device.attribute(1));
  require(count(request.grid) != 0 && count(request.block) != 0, too_large, "a dimension is 0");
  require(fits(request.block, device, 2) && fits(request.grid, device, 5), too_large,
          "a dimension is larger than the device allows");
  require(count(request.block) <= most_threads && count(request.block) <= info.max_threads,
          too_large, "more threads than a block can have");
  const auto allowed = static_cast<std::uint32_t>(request.function->max_dynamic_shared());
  require_value(request.dynamic_shared <= allowed, "more shared memory than a block can have");
}

void make_ready(LaunchRequest& request) {
  Function& function = *request.function;
  request.module = function.module.lock();
  require(request.module != nullptr, CUDA_ERROR_INVALID_HANDLE,
          "the function's module is unloaded");
  if (request.cooperative)
    require(count(request.grid) <= resident_blocks(function, request.block, request.dynamic_shared),
            CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, "the grid cannot be resident at once");
  const std::uint64_t shape =
      std::uint64_t{request.block.x} << 40 | std::uint64_t{request.block.y} << 20 | request.block.z;
  if (function.prepared_block == shape) return;
  std::string log;
  translate_ptx_errors(log, [&] { jit::prepare(function.kernel, request.block); });
  function.prepared_block = shape;
}

CUresult run_launch(const LaunchRequest& request) noexcept {
  jit::Launch run;
  run.grid = request.grid;
  run.block = request.block;
  run.dynamic_shared = request.dynamic_shared;
  run.params = request.params;
  run.cooperative = request.cooperative;
  const GpuUsage::Work busy(request.module->context->device().usage);
  const std::int64_t begin = begin_note();
  const CUresult result = result_of(jit::run(request.function->kernel, run));
  note_launch(begin, request, result);
  return result;
}

void launch(const std::shared_ptr<Stream>& stream, LaunchRequest request) {
  make_ready(request);
  const auto context = stream->context;
  require(request.module->context == context, CUDA_ERROR_INVALID_HANDLE,
          "the function is of another context than the stream");
  if (captures(*stream)) return capture(stream, std::move(request));
  const Point end =
      context->submit(*stream, [request = std::move(request)] { return run_launch(request); });
  if (driver().options.launch_blocking) context->wait({end});
}

}  // namespace vgpu::cpu
