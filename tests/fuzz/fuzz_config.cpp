// The text through which the launcher's profiles reach the shim: what is taken prints and parses
// to the same again; all else throws std::runtime_error.

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "shim/abi/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vgpu::DeviceConfig config;
  try {
    config = vgpu::parse_config({reinterpret_cast<const char*>(data), size});
  } catch (const std::runtime_error&) {
    return 0;
  }
  if (vgpu::parse_config(vgpu::print_config(config)) != config) std::abort();
  return 0;
}
