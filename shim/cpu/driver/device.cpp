#include "shim/cpu/driver/device.h"

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/leaked.h"
#include "shim/cpu/driver/pool.h"
#include "shim/cpu/driver/start.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::cpu {

Driver& driver() { return leaked<Driver>(); }

Device& device_at(CUdevice ordinal) {
  auto& devices = driver().devices;
  require(ordinal >= 0 && static_cast<std::size_t>(ordinal) < devices.size(),
          CUDA_ERROR_INVALID_DEVICE, "no such device");
  return *devices[static_cast<std::size_t>(ordinal)];
}

void start(std::vector<GpuProfile> visible_devices, const DeviceOptions& options) {
  Driver& mine = driver();
  mine.options = options;
  jit::keep_code_in(options.cache_folder, options.cache_limit);
  jit::show_progress(options.show_progress);
  if (options.show_statistics) jit::show_statistics_at_exit();
  for (GpuProfile& profile : visible_devices) {
    const int ordinal = static_cast<int>(mine.devices.size());
    mine.devices.push_back(std::make_unique<Device>(ordinal, std::move(profile)));
    Device& device = *mine.devices.back();
    device.primary = std::make_shared<Context>(device, true, 0U);
    handles<Context>().add(device.primary);
    device.default_pool = std::make_shared<MemoryPool>(device, true, 0);
    device.set_current_pool(device.default_pool);
    handles<MemoryPool>().add(device.default_pool);
  }
}

}  // namespace vgpu::cpu
