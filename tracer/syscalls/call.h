#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "tracer/syscalls/table.h"

namespace vgpu::tracer {

/// An address in the guest's memory.
enum class GuestPtr : std::uint64_t {};

/// One stopped system call of one guest thread.
struct Call {
  std::uint64_t id = 0;  ///< the kernel's name for this notification
  pid_t tid = 0;         ///< the calling thread, not the process. Source: seccomp_unotify(2)
  const SyscallDef* def = nullptr;
  Abi abi = Abi::x86_64;
  std::array<std::uint64_t, 6> args{};

  bool has(Arg wanted) const noexcept { return def->index_of(wanted) >= 0; }

  /// The argument that means `wanted`, or 0 when this call has none.
  std::uint64_t arg(Arg wanted) const noexcept {
    const int index = def->index_of(wanted);
    return index < 0 ? 0 : args[static_cast<std::size_t>(index)];
  }

  /// The same as an int: the kernel ignores the upper half of such arguments, so it may hold
  /// anything.
  int int_arg(Arg wanted) const noexcept { return static_cast<int>(arg(wanted)); }

  GuestPtr pointer(Arg wanted) const noexcept { return GuestPtr{arg(wanted)}; }
};

}  // namespace vgpu::tracer
