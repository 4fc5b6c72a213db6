#include "shim/cpu/exec/window.h"

#include <sys/mman.h>

#include <new>

#include "shim/cpu/exec/address_space.h"

namespace vgpu::exec {
namespace {

constexpr std::size_t kPage = 4096;
// Half of what a 32-bit offset reaches, and the second choice where address space is limited
// (RLIMIT_AS): then only offsets near the buffer fault.
constexpr std::size_t kMargins[] = {std::size_t{2} << 30, std::size_t{1} << 20};

}  // namespace

Window::Window(std::size_t size) {
  const std::size_t usable = (size + kPage - 1) / kPage * kPage;
  for (const std::size_t margin : kMargins) {
    reserved_ = margin + usable + margin;
    void* at = address_space().reserve(reserved_, kPage);
    if (at == nullptr) continue;
    data_ = static_cast<std::byte*>(at) + margin;
    if (usable == 0 || ::mprotect(data_, usable, PROT_READ | PROT_WRITE) == 0) {
      reservation_ = at;
      return;
    }
    address_space().release(at, reserved_);
  }
  throw std::bad_alloc();
}

Window::~Window() { address_space().release(reservation_, reserved_); }

}  // namespace vgpu::exec
