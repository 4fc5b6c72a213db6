#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {

/// A stream that stands still until it is told to go on.
class Gate {
 public:
  Gate(const DriverTable& cu, CUstream stream) {
    // The stream may still be leaving the gate when the test has forgotten it.
    CU_OK(cuLaunchHostFunc, stream, wait, new std::shared_ptr<State>(state_));
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { open(); }
  void open() {
    const std::lock_guard lock(state_->mutex);
    state_->is_open = true;
    state_->changed.notify_all();
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = false;
  };
  static void wait(void* given) {
    const std::unique_ptr<std::shared_ptr<State>> mine(static_cast<std::shared_ptr<State>*>(given));
    State& state = **mine;
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return state.is_open; });
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline CUstream make_stream(const DriverTable& cu, unsigned flags = 0) {
  CUstream stream = nullptr;
  CU_OK(cuStreamCreate, &stream, flags);
  return stream;
}

/// A host function that appends an x to the std::string it is given.
inline void append(void* to) { *static_cast<std::string*>(to) += 'x'; }

}  // namespace vgpu::conformance
