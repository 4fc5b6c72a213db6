#include "shim/frontend/show.h"

#include "shim/api/error_text.h"
#include "shim/trace/enum_name.h"

namespace vgpu {

void show(trace::Text& text, const CUresult& result) noexcept {
  const ErrorText* const known = find_error_text(result);
  if (known != nullptr)
    text.add(known->name);
  else
    text.number(static_cast<int>(result));
}

void show(trace::Text& text, const CUuuid& uuid) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const auto byte : uuid.bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text.add(kHex[value >> 4]).add(kHex[value & 15]);
  }
}

void show(trace::Text& text, const CUlaunchConfig& config) noexcept {
  text.add("grid=").number(config.gridDimX).add(',').number(config.gridDimY).add(',');
  text.number(config.gridDimZ).add(", block=").number(config.blockDimX).add(',');
  text.number(config.blockDimY).add(',').number(config.blockDimZ);
  text.add(", shared=").number(config.sharedMemBytes).add(", stream=");
  text.address(reinterpret_cast<std::uint64_t>(config.hStream));
  text.add(", attributes=").number(config.numAttrs);
}

void show(trace::Text& text, const CUmemLocation& location) noexcept {
  text.add(trace::name_of_enum(location.type)).add(' ').number(location.id);
}

}  // namespace vgpu
