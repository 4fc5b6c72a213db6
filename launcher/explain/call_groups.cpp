#include "launcher/explain/call_groups.h"

#include <algorithm>
#include <charconv>

namespace vgpu::explain {
namespace {

struct GroupRow {
  std::string_view prefix;
  CallGroup group;
};

/// First match wins.
constexpr GroupRow kGroups[] = {
    {"cuInit", CallGroup::init},
    {"cuDriverGetVersion", CallGroup::version},
    {"cuDeviceGetCount", CallGroup::count},
    {"cuDevicePrimaryCtxRetain", CallGroup::context},
    {"cuDevicePrimaryCtx", CallGroup::other},
    {"cuDevice", CallGroup::device},
    {"cuCtxCreate", CallGroup::context},
    {"cuModuleLoad", CallGroup::load},
    {"cuLibraryLoad", CallGroup::load},
    {"cuLinkCreate", CallGroup::other},
    {"cuLink", CallGroup::load},
    {"cuMemAlloc", CallGroup::memory},
    {"cuMemCreate", CallGroup::memory},
    {"cuMemHostAlloc", CallGroup::other},
    {"cuArrayCreate", CallGroup::memory},
    {"cuArray3DCreate", CallGroup::memory},
    {"cuLaunch", CallGroup::launch},
    {"cuGraphLaunch", CallGroup::launch},
    {"nvmlInit", CallGroup::nvml_init},
    {"nvml", CallGroup::nvml},
};

/// Errors that a program asks for: they say how things are, and nothing has failed.
constexpr std::string_view kExpected[] = {
    "CUDA_ERROR_NOT_READY",
    "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED",
    "CUDA_ERROR_ALREADY_ACQUIRED",
    "CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE",
    "NVML_ERROR_NOT_SUPPORTED",
    "NVML_ERROR_INSUFFICIENT_SIZE",
    "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED",
};

struct Meaning {
  std::string_view answer;
  std::string_view text;
};

constexpr Meaning kMeanings[] = {
    {"CUDA_ERROR_NO_DEVICE",
     "the driver works and has no GPU to show: none is there, or CUDA_VISIBLE_DEVICES hides all"},
    {"CUDA_ERROR_INVALID_DEVICE", "the program asked for a GPU by a number that there is not"},
    {"CUDA_ERROR_STUB_LIBRARY",
     "this libcuda.so is the toolkit's stub, which is only there to link programs against"},
    {"CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER", "the driver is older than the function"},
    {"CUDA_ERROR_DEVICE_UNAVAILABLE",
     "the GPU is in exclusive or prohibited compute mode and another process has it"},
    {"CUDA_ERROR_DEVICE_NOT_LICENSED", "a vGPU without its licence"},
    {"CUDA_ERROR_OUT_OF_MEMORY", "there is not as much device memory free as was asked for"},
    {"CUDA_ERROR_SYSTEM_NOT_READY",
     "the machine needs a service first, mostly nvidia-fabricmanager or nvidia-persistenced"},
    {"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
     "libcuda.so and the kernel module are of different versions"},
    {"CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
     "a compatibility library (cuda-compat) is used with a GPU that does not allow it"},
    {"CUDA_ERROR_UNKNOWN",
     "mostly: the kernel module nvidia_uvm is not loaded, or /dev/nvidia* cannot be opened"},
    {"CUDA_ERROR_OPERATING_SYSTEM",
     "a system call of the driver failed: see the last files that failed before it"},
    {"CUDA_ERROR_NOT_SUPPORTED", "the driver or this GPU cannot do that"},
    {"CUDA_ERROR_NOT_FOUND", "the driver does not have a function or kernel of that name"},
    {"CUDA_ERROR_NO_BINARY_FOR_GPU",
     "the program was built for other GPUs: no image of its kernels fits this one"},
    {"CUDA_ERROR_INVALID_PTX", "the driver's compiler does not take the program's PTX"},
    {"CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the program's PTX was made by a newer toolkit than the driver knows"},
    {"CUDA_ERROR_INVALID_IMAGE", "what was given as an image is none"},
    {"CUDA_ERROR_ILLEGAL_ADDRESS", "a kernel used memory that is not its own"},
    {"CUDA_ERROR_LAUNCH_FAILED", "a kernel trapped"},
    {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
     "a kernel needs more registers or memory than there are"},
    {"CUDA_ERROR_NOT_INITIALIZED",
     "cuInit was not called, or it failed, or the process has forked"},
    {"NVML_ERROR_DRIVER_NOT_LOADED", "the kernel module nvidia is not loaded"},
    {"NVML_ERROR_LIB_RM_VERSION_MISMATCH",
     "libnvidia-ml.so and the kernel module are of different versions"},
    {"NVML_ERROR_NO_PERMISSION", "this user may not open /dev/nvidiactl"},
    {"NVML_ERROR_LIBRARY_NOT_FOUND", "a library of the driver's is missing"},
    {"NVML_ERROR_GPU_IS_LOST", "the GPU has fallen off the bus"},
    {"NVML_ERROR_UNINITIALIZED", "nvmlInit was not called, or it failed"},
};

}  // namespace

CallGroup group_of(std::string_view call) noexcept {
  const auto* row = std::ranges::find_if(
      kGroups, [&](const GroupRow& each) { return call.starts_with(each.prefix); });
  return row == std::end(kGroups) ? CallGroup::other : row->group;
}

Outcome outcome_of(std::string_view call, std::string_view answer) noexcept {
  if (answer.ends_with("SUCCESS") || answer.empty()) return Outcome::good;
  if (std::ranges::find(kExpected, answer) != std::end(kExpected)) return Outcome::neither;
  // Runtimes ask for functions of newer drivers too, to learn which there are.
  // And whether there is a context.
  if (call.starts_with("cuCtxGet")) return Outcome::neither;
  if (call.starts_with("cuGetProcAddress") || call.starts_with("cuGetExportTable"))
    return Outcome::neither;
  return Outcome::bad;
}

std::string_view meaning_of(std::string_view answer) noexcept {
  const auto* row = std::ranges::find(kMeanings, answer, &Meaning::answer);
  return row == std::end(kMeanings) ? std::string_view() : row->text;
}

std::optional<std::int64_t> number_in(std::string_view args, std::string_view key) noexcept {
  const auto at = args.find(key);
  if (at == args.npos) return std::nullopt;
  args.remove_prefix(at + key.size());
  const auto digit = args.find_first_of("0123456789");
  // Another argument's number is not this one's.
  if (digit == args.npos || args.substr(0, digit).find(',') != args.npos) return std::nullopt;
  std::int64_t value = 0;
  const auto result = std::from_chars(args.data() + digit, args.data() + args.size(), value);
  return result.ec == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace vgpu::explain
