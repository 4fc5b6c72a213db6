#include "tests/unit/frontend/fake_device.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "shim/frontend/surroundings.h"

namespace vgpu::fake {
namespace {

void start(std::vector<GpuProfile> visible, const DeviceOptions& options) {
  ++starts().count;
  starts().visible = std::move(visible);
  starts().options = options;
  starts().on_start();
}

}  // namespace

DeviceConfig& config() {
  static DeviceConfig instance{.device = "fake", .gpus = {}, .report_unsupported = false};
  return instance;
}

DriverTable& table() {
  static DriverTable instance;
  return instance;
}

DeviceHooks& hooks() {
  static DeviceHooks instance;
  return instance;
}

Starts& starts() {
  static Starts instance;
  return instance;
}

GpuProfile gpu(int bus, int multiprocessors) {
  GpuProfile profile;
  profile.name = "Fake";
  profile.uuid.fill(static_cast<std::uint8_t>(bus));
  profile.pci.bus = static_cast<std::uint8_t>(bus);
  profile.cuda_version = 13000;
  profile.attributes[13] = 1000000;
  profile.attributes[16] = multiprocessors;
  profile.attributes[75] = 7;
  profile.attributes[76] = 5;
  return profile;
}

void use_gpus(int gpus) {
  for (int bus = 1; bus <= gpus; ++bus) config().gpus.push_back(gpu(bus));
  table().cuDeviceGetCount = [](int* count) {
    *count = static_cast<int>(starts().visible.size());
    return CUDA_SUCCESS;
  };
  table().cuDeviceGetUuid_v2 = [](CUuuid* uuid, CUdevice device) {
    const auto& bytes = starts().visible.at(static_cast<std::size_t>(device)).uuid;
    std::memcpy(uuid->bytes, bytes.data(), bytes.size());
    return CUDA_SUCCESS;
  };
  table().cuDeviceGetAttribute = [](int* value, CUdevice_attribute attribute, CUdevice device) {
    const GpuProfile& profile = starts().visible.at(static_cast<std::size_t>(device));
    *value = attribute == 33 ? profile.pci.bus : 0;
    return CUDA_SUCCESS;
  };
  hooks().current_context = [] { return CUcontext{}; };
  hooks().on_context_end = [](void (*)(CUcontext)) {};
}

std::string in_child(const std::function<std::string()>& scenario) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    ::close(pipe_ends[0]);
    std::string said;
    try {
      said = scenario();
    } catch (const std::exception& error) {
      said = std::string("exception: ") + error.what();
    }
    [[maybe_unused]] const auto written = ::write(pipe_ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  std::string said;
  char part[256];
  while (true) {
    const ssize_t got = ::read(pipe_ends[0], part, sizeof part);
    if (got <= 0) break;
    said.append(part, static_cast<std::size_t>(got));
  }
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? said : said + " (died)";
}

}  // namespace vgpu::fake

namespace vgpu::frontend {

DeviceConfig load_config() { return fake::config(); }

const Device* find_device(std::string_view name) {
  static const Device fake{&fake::start, &fake::table(), &fake::hooks()};
  return name == "fake" ? &fake : nullptr;
}

}  // namespace vgpu::frontend
