#include "shim/frontend/environment.h"

#include <cstdlib>
#include <string_view>
#include <utility>

namespace vgpu::frontend {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

/// As CUDA's own default. Units: bytes
constexpr std::uint64_t kCacheLimit = std::uint64_t{1} << 30;

/// A variable that says where to write: not heeded in a program that has more rights than its user.
std::string_view folder_variable(const char* name) {
  const char* const value = ::secure_getenv(name);
  return value == nullptr || *value != '/' ? std::string_view{} : value;
}

/// Where compiled kernels go: among NVIDIA's own if the program says where those are.
std::string cache_folder() {
  const char* const disabled = std::getenv("CUDA_CACHE_DISABLE");
  if (disabled != nullptr && std::strtol(disabled, nullptr, 10) != 0) return {};
  constexpr std::pair<const char*, const char*> kPlaces[] = {{"CUDA_CACHE_PATH", "/vgpu-run"},
                                                             {"XDG_CACHE_HOME", "/vgpu-run"},
                                                             {"HOME", "/.cache/vgpu-run"}};
  for (const auto& [name, below] : kPlaces)
    if (const auto place = folder_variable(name); !place.empty()) return std::string(place) + below;
  return {};
}

std::uint64_t cache_limit() {
  const char* const most = std::getenv("CUDA_CACHE_MAXSIZE");
  return most == nullptr ? kCacheLimit : std::strtoull(most, nullptr, 10);
}

}  // namespace

DeviceChoice read_device_choice() {
  DeviceChoice choice;
  if (const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES")) choice.visible = visible;
  choice.pci_order = variable("CUDA_DEVICE_ORDER") == "PCI_BUS_ID";
  return choice;
}

DeviceOptions read_device_options() {
  DeviceOptions options;
  const char* const blocking = std::getenv("CUDA_LAUNCH_BLOCKING");
  options.launch_blocking = blocking != nullptr && std::strtol(blocking, nullptr, 10) != 0;
  options.eager_loading = variable("CUDA_MODULE_LOADING") == "EAGER";  // lazy since CUDA 11.7
  options.cache_folder = cache_folder();
  options.cache_limit = cache_limit();
  return options;
}

}  // namespace vgpu::frontend
