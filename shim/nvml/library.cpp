// What NVML finds around it inside libnvidia-ml.so.1.
#include "shim/frontend/library/config_file.h"
#include "shim/nvml/surroundings.h"

namespace vgpu::nvml {

DeviceConfig load_config() { return read_config_file(kConfigPath.data()); }

SharedTable& session_table() { return SharedTable::of_tree(); }

}  // namespace vgpu::nvml
