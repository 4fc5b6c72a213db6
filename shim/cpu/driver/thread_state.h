#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

class Context;
struct Stream;

/// What the driver keeps for one thread of the program.
struct ThreadState {
  std::vector<std::shared_ptr<Context>> contexts;  ///< the stack; its back is current
  /// Per-thread default streams by the id of the context's incarnation.
  std::unordered_map<std::uint64_t, std::shared_ptr<Stream>> default_streams;
  bool per_thread_default = false;  ///< the null handle means the per-thread default stream
  CUstreamCaptureMode capture_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
};

/// This thread's state; made at first use, and gone when the thread ends.
ThreadState& thread_state();

/// The current context, ready for work.
/// Errors: INVALID_CONTEXT when there is none, and Context::check.
const std::shared_ptr<Context>& current_context();

/// The current context in whatever state, or null.
std::shared_ptr<Context> peek_context();

/// While it lives, the null stream handle means this thread's own default stream.
class PerThreadDefault {
 public:
  PerThreadDefault() : before_(thread_state().per_thread_default) {
    thread_state().per_thread_default = true;
  }
  PerThreadDefault(const PerThreadDefault&) = delete;
  PerThreadDefault& operator=(const PerThreadDefault&) = delete;
  ~PerThreadDefault() { thread_state().per_thread_default = before_; }

 private:
  bool before_;
};

}  // namespace vgpu::cpu
