#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "shim/cpu/driver/leaked.h"

namespace vgpu::cpu {

/// The live objects of type T. A handle is the object's address, and is looked at only when it is
/// in the table: a program may hand us anything.
template <class T>
class HandleTable {
 public:
  void add(std::shared_ptr<T> object) {
    const std::unique_lock lock(mutex_);
    const void* const key = object.get();
    objects_[key] = std::move(object);
  }

  std::shared_ptr<T> find(const void* handle) const {
    const std::shared_lock lock(mutex_);
    const auto at = objects_.find(handle);
    return at == objects_.end() ? nullptr : at->second;
  }

  /// Removes the object; its owner is then the caller. Null when there is none.
  std::shared_ptr<T> take(const void* handle) {
    const std::unique_lock lock(mutex_);
    const auto at = objects_.find(handle);
    if (at == objects_.end()) return nullptr;
    std::shared_ptr<T> object = std::move(at->second);
    objects_.erase(at);
    return object;
  }

  /// Removes every object for which `chosen` is true.
  template <class Predicate>
  std::vector<std::shared_ptr<T>> take_if(Predicate chosen) {
    std::vector<std::shared_ptr<T>> taken;
    const std::unique_lock lock(mutex_);
    for (auto at = objects_.begin(); at != objects_.end();) {
      if (chosen(*at->second)) {
        taken.push_back(std::move(at->second));
        at = objects_.erase(at);
      } else {
        ++at;
      }
    }
    return taken;
  }

  std::vector<std::shared_ptr<T>> all() const {
    std::vector<std::shared_ptr<T>> found;
    const std::shared_lock lock(mutex_);
    for (const auto& [key, object] : objects_) found.push_back(object);
    return found;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<const void*, std::shared_ptr<T>> objects_;
};

/// The process's table of T.
template <class T>
HandleTable<T>& handles() {
  return leaked<HandleTable<T>>();
}

}  // namespace vgpu::cpu
