#include "shim/cpu/driver/thread_state.h"

#include <pthread.h>

#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"

namespace vgpu::cpu {
namespace {

// A plain pointer, because a thread-local object of the main thread is destroyed before the
// runtime library's last calls come in.
thread_local ThreadState* state = nullptr;

void end_thread(void* ended) {
  auto* const gone = static_cast<ThreadState*>(ended);
  state = nullptr;
  for (const auto& [id, stream] : gone->default_streams) {
    abandon_capture(*stream);
    stream->destroyed = true;
    stream->queue->close();
  }
  delete gone;
}

pthread_key_t thread_end_key() {
  static const pthread_key_t key = [] {
    pthread_key_t made = 0;
    if (pthread_key_create(&made, end_thread) != 0)
      fail(CUDA_ERROR_OPERATING_SYSTEM, "no thread-specific key is left");
    return made;
  }();
  return key;
}

}  // namespace

ThreadState& thread_state() {
  if (state == nullptr) {
    auto made = std::make_unique<ThreadState>();
    pthread_setspecific(thread_end_key(), made.get());
    state = made.release();
  }
  return *state;
}

const std::shared_ptr<Context>& current_context() {
  const ThreadState& mine = thread_state();
  require(!mine.contexts.empty(), CUDA_ERROR_INVALID_CONTEXT, "no context is current");
  mine.contexts.back()->check();
  return mine.contexts.back();
}

std::shared_ptr<Context> peek_context() {
  const ThreadState& mine = thread_state();
  return mine.contexts.empty() ? nullptr : mine.contexts.back();
}

}  // namespace vgpu::cpu
