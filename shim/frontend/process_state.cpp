#include "shim/frontend/process_state.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "shim/api/api_error.h"
#include "shim/frontend/context_storage.h"
#include "shim/frontend/environment.h"
#include "shim/frontend/surroundings.h"
#include "shim/frontend/unsupported.h"
#include "shim/frontend/visible_devices.h"
#include "shim/trace/channel.h"

namespace vgpu::frontend {
namespace {

// Outlive a fork, unlike ProcessState: so a child can tell that its parent had started.
constinit std::atomic<bool> parent_or_we_started{false};
constinit std::atomic<const Started*> settled{nullptr};
constinit std::atomic<const DeviceConfig*> loaded_config{nullptr};

// The kernel wipes the pages in a child. Where it cannot (before 4.14), libc's fork does.
void wipe_on_fork(void* pages) {
  if (::madvise(pages, sizeof(ProcessState), MADV_WIPEONFORK) == 0) return;
  const int error = ::pthread_atfork(nullptr, nullptr, [] {
    if (void* const ours = process_pages.load()) std::memset(ours, 0, sizeof(ProcessState));
  });
  if (error != 0) throw ApiError(CUDA_ERROR_OPERATING_SYSTEM, "pthread_atfork failed");
}

ProcessState& make_state() {
  void* const pages = ::mmap(nullptr, sizeof(ProcessState), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw ApiError(CUDA_ERROR_OPERATING_SYSTEM, "mmap failed");
  auto* const fresh = new (pages) ProcessState;  // zeros are its initial state
  wipe_on_fork(pages);
  ProcessState* first = nullptr;
  if (process_pages.compare_exchange_strong(first, fresh)) return *fresh;
  ::munmap(pages, sizeof(ProcessState));
  return *first;
}

void tell_trace_of_devices(const std::vector<GpuProfile>& visible,
                           const std::vector<GpuProfile>& all) {
  std::vector<int> ordinals;
  for (const GpuProfile& gpu : visible)
    ordinals.push_back(
        static_cast<int>(std::ranges::find(all, gpu.pci, &GpuProfile::pci) - all.begin()));
  trace::set_devices(ordinals);
}

// Everything of cuInit that can fail.
void start_device(ProcessState& state) {
  const DeviceConfig& configuration = config();
  const Device* const device = find_device(configuration.device);
  auto visible = visible_devices(configuration.gpus, read_device_choice());
  if (device == nullptr || visible.empty())
    throw ApiError(CUDA_ERROR_NO_DEVICE, "no virtual GPU is configured and visible");
  auto settings = std::make_unique<Started>(Started{device, read_device_options()});
  settings->options.show_progress = configuration.show_messages;
  settings->options.show_statistics = configuration.show_statistics;
  tell_trace_of_devices(visible, configuration.gpus);
  device->start(std::move(visible), settings->options);
  device->hooks->on_context_end(&forget_context);
  if (configuration.report_unsupported) report_unsupported_at_exit();
  settled.store(settings.release());  // leaked: calls arrive until the very end of the process
  state.table.store(device->table, std::memory_order_release);
}

}  // namespace

ProcessState& process_state() {
  ProcessState* const state = process_pages.load(std::memory_order_acquire);
  return state != nullptr ? *state : make_state();
}

const Started& started() noexcept { return *settled.load(); }

const DeviceConfig& config() {
  if (const auto* const known = loaded_config.load(std::memory_order_acquire)) return *known;
  // No lock, so that a fork in the middle leaves nothing locked in the child; whoever comes second
  // throws its own copy away.
  auto fresh = std::make_unique<const DeviceConfig>(load_config());
  const DeviceConfig* first = nullptr;
  if (loaded_config.compare_exchange_strong(first, fresh.get())) return *fresh.release();
  return *first;
}

CUresult start() {
  ProcessState& state = process_state();
  if (state.table.load(std::memory_order_acquire) != nullptr) return CUDA_SUCCESS;
  if (parent_or_we_started.load() && !state.ours.load()) return CUDA_ERROR_NOT_INITIALIZED;
  state.ours.store(true);
  for (int phase = ProcessState::idle;
       !state.phase.compare_exchange_strong(phase, ProcessState::starting);
       phase = ProcessState::idle) {
    if (phase == ProcessState::ready) return CUDA_SUCCESS;
    state.phase.wait(ProcessState::starting);
  }
  // From here on a child has a device's threads missing, whether the start succeeds or not.
  parent_or_we_started.store(true);
  int outcome = ProcessState::idle;
  const auto finish = [&] {
    state.phase.store(outcome);
    state.phase.notify_all();
  };
  try {
    start_device(state);
  } catch (const ApiError& error) {
    if (error.code == CUDA_ERROR_NO_DEVICE) parent_or_we_started.store(false);
    finish();
    throw;
  } catch (...) {
    finish();
    throw;
  }
  outcome = ProcessState::ready;
  finish();
  return CUDA_SUCCESS;
}

}  // namespace vgpu::frontend
