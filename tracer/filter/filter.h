#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// What the filter does to a call that is for the supervisor.
enum class Stop : std::uint32_t {
  notify = SECCOMP_RET_USER_NOTIF,
  trace = SECCOMP_RET_TRACE,
};

/// Descriptors of nodes that fstat must not see as what they really are have numbers from here on,
/// if the guest's limit allows: the filter can tell them from others, which fstat then costs
/// nothing. Below FD_SETSIZE, for select(2).
constexpr int kFirstMarkedFd = 960;
constexpr int kMarkedFds = 60;

/// Why a call of ours is refused, or its caller killed, and what helps.
inline constexpr const char* kForbiddenByFilter =
    "a seccomp filter around us forbids a system call that we need; a systemd unit with "
    "SystemCallFilter=@system-service needs this too: SystemCallFilter=seccomp @debug";

/// Which calls stop that only a trace wants: none; mappings of code and SIGKILL; and those of
/// files.
enum class Watched : std::uint8_t { nothing, processes, files };

/// Makes the filter program: every call of syscalls() stops, io_uring and x32 do not exist,
/// the rest passes untouched. `fstat_distance`: see find_fstat_distance(); such a call passes too.
std::vector<sock_filter> make_filter(Stop stop = Stop::notify, Watched watch = Watched::nothing,
                                     std::optional<std::uint32_t> fstat_distance = {});

/// Installs `program` in the calling process and returns the listener (close-on-exec). For the
/// child between fork and exec: it must have one thread; nothing is allocated unless it fails.
/// New privileges are given up only where the kernel asks for it, so that setuid programs keep
/// working for root.
/// Errors: std::system_error; EBUSY when another supervisor holds a listener on this process.
UniqueFd install_filter(std::span<const sock_filter> program);

/// The same for a program made with Stop::trace, in a process that is traced already: without a
/// tracer, all its calls would fail. Errors: std::system_error.
void install_traced_filter(std::span<const sock_filter> program);

}  // namespace vgpu::tracer
