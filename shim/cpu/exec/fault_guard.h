#pragma once

#include <cstdint>

namespace vgpu::exec {

/// A processor exception in a kernel.
struct Fault {
  int signal = 0;             ///< SIGSEGV, SIGBUS, SIGFPE or SIGILL
  int code = 0;               ///< si_code of the signal
  std::uint64_t address = 0;  ///< that was accessed, as the kernel of the system reports it
};

/// Installs the fault handlers, or installs them again if the program has replaced them since; its
/// own handlers are kept and get every fault that is not a kernel's. Call before each launch.
void arm_fault_handlers() noexcept;

/// Calls body(context). Returns true when it returns; false, with `fault` filled in, when it is
/// ended by a processor exception: then no destructor between here and there has run, so `body`
/// and what it calls must own nothing while they touch the program's memory.
bool run_guarded(void (*body)(void*), void* context, Fault& fault) noexcept;

/// Ends the innermost run_guarded of this thread from within, with its `fault` as given.
[[noreturn]] void leave_guarded(Fault fault) noexcept;

}  // namespace vgpu::exec
