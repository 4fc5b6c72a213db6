#include "launcher/view/view.h"

#include <algorithm>

namespace vgpu::launcher {

void hide_real_gpus(Rows& rows, const Machine& machine) {
  for (const std::string& path : machine.nvidia_paths) {
    const bool ours = std::ranges::any_of(rows, [&](const tracer::VirtualFile& row) {
      return row.path == path || row.path.starts_with(path + "/");
    });
    if (ours) continue;
    auto row = tracer::absent_file(path);
    row.why = "only the virtual GPUs are to be seen";
    rows.push_back(std::move(row));
  }
}

NvidiaView make_nvidia_view(const DeviceConfig& config, const Machine& machine) {
  NvidiaView view;
  const Majors majors = choose_majors(machine.proc_devices);
  add_device_nodes(view.files, config, majors);
  add_driver_proc(view.files, config, machine, majors);
  add_pci_sysfs(view.files, config, machine);
  add_libraries(view, config, machine);
  add_programs(view.files, machine);
  hide_real_gpus(view.files, machine);
  return view;
}

}  // namespace vgpu::launcher
