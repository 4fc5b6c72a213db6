#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace vgpu::launcher {

class OwnOutput;

/// What we need to know of a process, as /proc shows it.
struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';                 ///< 'T' stopped, 'Z' ended and not yet reaped
  int filters = 0;                  ///< seccomp filters that it lives under
  bool is_being_continued = false;  ///< a SIGCONT is on its way
};

/// Reads the text of /proc/PID/status. What is not there keeps its default.
ProcessInfo parse_status(std::string_view text);

/// Returns those of `all` that descend from `root` and live under more filters than it does: the
/// guests. Children that `root` had before it became vgpu-run are none.
std::vector<ProcessInfo> guests_below(const ProcessInfo& root, const std::vector<ProcessInfo>& all);

/// True if the process is stopped by a signal, or our ptrace holds it, and nobody has continued it
/// yet.
bool is_stopped(pid_t pid);

/// Kills all guests below this process and waits until they have ended. We must be their subreaper:
/// only so do the children of the killed stay below us. Returns how many are left: another user's,
/// or stuck in the kernel for longer than is worth waiting.
/// Errors: std::system_error.
std::size_t kill_guests();

/// The same, and says so if some are left.
void kill_guests(OwnOutput& own);

}  // namespace vgpu::launcher
