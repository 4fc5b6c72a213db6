#pragma once

#include <cstdint>
#include <variant>

#include "tracer/sys/unique_fd.h"
#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// Run the call unchanged.
struct Pass {};
/// Return -error.
struct Fail {
  int error;
};
/// Return value, the call is not run.
struct Return {
  std::int64_t value;
};
/// Install a copy of fd in the guest and return its number.
struct GiveFd {
  UniqueFd fd;
  bool cloexec;
  bool marked = false;  ///< with a number that the filter knows: see kFirstMarkedFd
};

/// Make fd the working directory of the caller.
struct EnterDirectory {
  UniqueFd fd;
};

/// Execute fd in place of the program that the caller named.
struct Execute {
  UniqueFd fd;
  bool cloexec;
  GuestPtr empty_string;  ///< a NUL in the guest's memory
};

/// Return value, and let what the guest's fd stands for go on at offset.
struct ReturnAndSeek {
  std::int64_t value;
  int fd;  ///< the guest's
  std::int64_t offset;
};

/// What the guest sees: the four things that the kernel lets a supervisor do, and three for which
/// the thread must be held.
using Reply = std::variant<Pass, Fail, Return, GiveFd, EnterDirectory, Execute, ReturnAndSeek>;

}  // namespace vgpu::tracer
