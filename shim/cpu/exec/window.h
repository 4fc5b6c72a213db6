#pragma once

#include <cstddef>

namespace vgpu::exec {

/// Memory that a 32-bit offset cannot leave without a fault: `size` usable bytes with 2 GiB of
/// unmapped addresses on either side. It holds a block's shared memory.
class Window {
 public:
  /// Units: bytes. Errors: std::bad_alloc.
  explicit Window(std::size_t size);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  std::byte* data() const noexcept { return data_; }

 private:
  void* reservation_ = nullptr;
  std::size_t reserved_ = 0;
  std::byte* data_ = nullptr;
};

}  // namespace vgpu::exec
