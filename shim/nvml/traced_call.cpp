#include "shim/nvml/traced_call.h"

#include <algorithm>
#include <atomic>
#include <iterator>

#include "shim/nvml/session.h"

namespace vgpu {
namespace {

struct ErrorName {
  nvmlReturn_t code;
  const char* name;
};
constexpr ErrorName kErrors[] = {
#define VGPU_NVML_ERROR(value, name, text) {name, #name},
#include "shim/abi/nvml_errors.def"
#undef VGPU_NVML_ERROR
};
static_assert(std::ranges::is_sorted(kErrors, {}, &ErrorName::code));

}  // namespace

void show(trace::Text& text, const nvmlReturn_t& result) noexcept {
  const auto* const found = std::ranges::lower_bound(kErrors, result, {}, &ErrorName::code);
  if (found != std::end(kErrors) && found->code == result)
    text.add(found->name);
  else
    text.number(static_cast<int>(result));
}

void show(trace::Text& text, const nvmlMemory_t& memory) noexcept {
  text.add("total=").number(memory.total).add(", free=").number(memory.free);
  text.add(", used=").number(memory.used);
}

void show(trace::Text& text, const nvmlMemory_v2_t& memory) noexcept {
  text.add("total=").number(memory.total).add(", reserved=").number(memory.reserved);
  text.add(", free=").number(memory.free).add(", used=").number(memory.used);
}

void show(trace::Text& text, const nvmlUtilization_t& utilization) noexcept {
  text.add("gpu=").number(utilization.gpu).add(", memory=").number(utilization.memory);
}

namespace nvml {

// NVML numbers devices as the machine does.
int device_of(nvmlDevice_t device) noexcept {
  const auto number = reinterpret_cast<std::uintptr_t>(device);
  return number == 0 || number > config().gpus.size() ? -1 : static_cast<int>(number - 1);
}

void tell(trace::Call& call, const char* name, std::span<const trace::Shown> arguments,
          nvmlReturn_t result, const trace::Call::Where& where,
          std::atomic<std::uint64_t>& unsupported) noexcept {
  trace::Text answer;
  show(answer, result);
  const bool read_texts = result == NVML_SUCCESS || result == NVML_ERROR_NOT_FOUND;
  call.send(arguments, {result == NVML_SUCCESS, read_texts}, answer.get(), where);
  if (result == NVML_ERROR_NOT_SUPPORTED)
    trace::send_unsupported("nvml", name, unsupported.fetch_add(1) + 1);
}

}  // namespace nvml
}  // namespace vgpu
