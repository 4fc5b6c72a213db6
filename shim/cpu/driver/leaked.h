#pragma once

namespace vgpu::cpu {

/// The one T of this process, never destroyed: the runtime library calls us after our own static
/// destructors would have run.
template <class T>
T& leaked() {
  static T* const instance = new T();
  return *instance;
}

}  // namespace vgpu::cpu
