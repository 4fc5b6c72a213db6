#pragma once

#include <pthread.h>

namespace vgpu {

/// Runs `function`, which must not throw, while pthread_cancel cannot end the thread: a
/// cancellation takes effect at the program's next cancellation point. Else it would unwind through
/// our frames: locks would stay held, and our own copy of the unwinder would meet the program's,
/// which aborts.
template <class Function>
auto uncancelled(Function function) {
  int before = PTHREAD_CANCEL_ENABLE;
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  const auto result = function();
  // Not in a destructor: with asynchronous cancellation the thread may end right here.
  ::pthread_setcancelstate(before, nullptr);
  return result;
}

}  // namespace vgpu
