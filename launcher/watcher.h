#pragma once

#include <sys/types.h>

namespace vgpu::launcher {

/// The life of the process between the one that the user started and the supervisor, its child:
/// when the supervisor is killed, it kills the guests that are left. It keeps no descriptor and
/// says nothing; its status is 128 and the signal that killed the supervisor.
[[noreturn]] void live_as_watcher(pid_t supervisor) noexcept;

}  // namespace vgpu::launcher
