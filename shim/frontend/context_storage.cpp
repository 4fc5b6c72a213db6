#include "shim/frontend/context_storage.h"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "shim/frontend/process_state.h"

namespace vgpu::frontend {
namespace {

using Key = std::pair<CUcontext, void*>;

struct Value {
  void* value;
  ContextValueEnd end;
};

// std::less on pointers is a total order; operator< of a pair of pointers is not promised to be.
struct KeyLess {
  bool operator()(const Key& a, const Key& b) const {
    if (a.first != b.first) return std::less<>()(a.first, b.first);
    return std::less<>()(a.second, b.second);
  }
};

struct Store {
  std::mutex mutex;
  std::map<Key, Value, KeyLess> values;
};

// Leaked: the runtime deletes its values from its own exit handlers, after ours would have run.
Store& store() {
  static auto* const instance = new Store;
  return *instance;
}

// Raised by every change, so that threads can trust what they looked up before.
constinit std::atomic<std::uint64_t> generation{1};

// What this thread looked up last. A program has a handful of runtimes, each with its own key.
struct Remembered {
  std::uint64_t generation = 0;
  CUcontext context = nullptr;
  void* key = nullptr;
  void* value = nullptr;
};
constexpr std::size_t kRemembered = 8;
thread_local constinit std::array<Remembered, kRemembered> remembered{};

Remembered& place_of(void* key) {
  // Keys are addresses of objects in different libraries: their page is what tells them apart.
  const auto address = reinterpret_cast<std::uintptr_t>(key);
  return remembered[(address >> 4 ^ address >> 12) % kRemembered];
}

CUcontext given_or_current(CUcontext context) {
  return context != nullptr ? context : started().device->hooks->current_context();
}

}  // namespace

CUresult put_context_value(CUcontext context, void* key, void* value, ContextValueEnd end) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  context = given_or_current(context);
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  const std::lock_guard lock(store().mutex);
  const bool fresh = store().values.try_emplace({context, key}, Value{value, end}).second;
  generation.fetch_add(1, std::memory_order_release);
  return fresh ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult delete_context_value(CUcontext context, void* key) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  context = given_or_current(context);
  const std::lock_guard lock(store().mutex);
  generation.fetch_add(1, std::memory_order_release);
  return store().values.erase({context, key}) != 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult get_context_value(void** value, CUcontext context, void* key) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
  context = given_or_current(context);
  Remembered& place = place_of(key);
  const std::uint64_t now = generation.load(std::memory_order_acquire);
  if (place.generation == now && place.context == context && place.key == key) {
    *value = place.value;
    return CUDA_SUCCESS;
  }
  const std::lock_guard lock(store().mutex);
  const auto found = store().values.find({context, key});
  if (found == store().values.end()) return CUDA_ERROR_INVALID_HANDLE;
  place = {now, context, key, found->second.value};
  *value = found->second.value;
  return CUDA_SUCCESS;
}

void forget_context(CUcontext context) {
  std::vector<std::pair<void*, Value>> ended;
  {
    const std::lock_guard lock(store().mutex);
    auto& values = store().values;
    for (auto at = values.lower_bound({context, nullptr});
         at != values.end() && at->first.first == context; at = values.erase(at))
      ended.emplace_back(at->first.second, at->second);
    generation.fetch_add(1, std::memory_order_release);
  }
  // Outside the lock: an end calls back into this table.
  for (const auto& [key, value] : ended)
    if (value.end != nullptr) value.end(context, key, value.value);
}

}  // namespace vgpu::frontend
