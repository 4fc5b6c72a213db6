#pragma once

#include <cstddef>

namespace vgpu::exec {

/// A warp with a stack of its own, for kernels whose barriers lie inside real calls. It runs only
/// inside resume(), on the thread that calls it, and always the same thread until it is done.
class Fiber {
 public:
  using Body = void (*)(void* context);

  /// Errors: std::bad_alloc when there is no memory for a stack.
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Makes the fibre ready to run body(context) from its start, whatever it did before: a body
  /// that never ended is forgotten.
  void start(Body body, void* context) noexcept;

  /// Runs the body until it yields or returns. Returns true when it has returned.
  bool resume() noexcept;

  /// Called by the body: lets resume() return false, and returns when it is called again.
  void yield() noexcept;

 private:
  static void enter(Fiber* self) noexcept;

  void* stack_ = nullptr;
  void* own_sp_ = nullptr;    // the body's stack pointer while it is not running
  void* outer_sp_ = nullptr;  // resume()'s while the body is
  Body body_ = nullptr;
  void* context_ = nullptr;
  bool done_ = true;
  void* sanitizer_state_ = nullptr;
  void* sanitizer_outer_ = nullptr;
  const void* outer_bottom_ = nullptr;
  std::size_t outer_size_ = 0;
};

}  // namespace vgpu::exec
