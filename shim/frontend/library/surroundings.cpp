// What the front end finds around it inside libcuda.so.1.
#include "shim/frontend/surroundings.h"

#include "shim/cpu/driver/cpu_device.h"
#include "shim/frontend/library/config_file.h"

namespace vgpu::frontend {

DeviceConfig load_config() { return read_config_file(kConfigPath.data()); }

const Device* find_device(std::string_view name) { return name == "cpu" ? &cpu_device() : nullptr; }

}  // namespace vgpu::frontend
