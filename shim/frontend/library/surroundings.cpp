// What the front end finds around it inside libcuda.so.1.
#include "shim/frontend/surroundings.h"

#include "shim/frontend/library/config_file.h"
#ifdef VGPU_HAVE_CPU
#include "shim/cpu/driver/cpu_device.h"
#endif

namespace vgpu::frontend {

DeviceConfig load_config() { return read_config_file(kConfigPath.data()); }

const Device* find_device([[maybe_unused]] std::string_view name) {
#ifdef VGPU_HAVE_CPU
  if (name == "cpu") return &cpu_device();
#endif
  return nullptr;
}

}  // namespace vgpu::frontend
