#include "shim/cpu/driver/hooks.h"

#include <atomic>

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/cpu_device.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/module.h"
#include "shim/cpu/driver/start.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/table.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {
namespace {

using ContextEnd = void (*)(CUcontext);

std::atomic<ContextEnd> context_end_callback{nullptr};

std::shared_ptr<Context> find_or_current(CUcontext handle) {
  return handle == nullptr ? peek_context() : handles<Context>().find(handle);
}

CUcontext primary_context(CUdevice ordinal) {
  const auto& devices = driver().devices;
  if (ordinal < 0 || static_cast<std::size_t>(ordinal) >= devices.size()) return nullptr;
  return handle_of(*devices[static_cast<std::size_t>(ordinal)]->primary);
}

CUcontext current() {
  const auto mine = peek_context();
  return mine == nullptr ? nullptr : handle_of(*mine);
}

std::uint64_t context_id(CUcontext handle) {
  const auto context = find_or_current(handle);
  return context == nullptr ? 0 : context->id();
}

CUdevice context_device(CUcontext handle) {
  const auto context = find_or_current(handle);
  return context == nullptr ? -1 : context->device().ordinal;
}

std::uint64_t stream_id(CUstream handle, bool per_thread) {
  if (handle == nullptr && per_thread) handle = stream_per_thread();
  if (const auto stream = handles<Stream>().find(handle)) return stream->id;
  const auto context = peek_context();
  const bool is_default =
      handle == nullptr || handle == stream_legacy() || handle == stream_per_thread();
  if (!is_default || context == nullptr || !context->active()) return 0;
  return find_stream(handle, context)->id;
}

std::vector<CUfunction> module_functions(CUmodule handle) {
  std::vector<CUfunction> found;
  const auto module = handles<Module>().find(handle);
  if (module == nullptr) return found;
  for (const auto& function : module->functions)
    found.push_back(reinterpret_cast<CUfunction>(function.get()));
  return found;
}

void on_context_end(ContextEnd callback) { context_end_callback = callback; }

}  // namespace

void tell_context_end(Context& context) {
  const ContextEnd callback = context_end_callback;
  if (callback != nullptr) callback(handle_of(context));
}

const DeviceHooks& hooks() {
  static constexpr DeviceHooks kHooks{primary_context, current,   context_id,
                                      context_device,  stream_id, module_functions,
                                      on_context_end};
  return kHooks;
}

}  // namespace vgpu::cpu

namespace vgpu {

const Device& cpu_device() {
  static const Device device{cpu::start, &cpu::table(), &cpu::hooks()};
  return device;
}

}  // namespace vgpu
