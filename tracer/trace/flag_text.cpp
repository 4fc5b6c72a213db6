#include "tracer/trace/flag_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <span>
#include <string_view>

namespace vgpu::tracer {
namespace {

struct FlagName {
  unsigned bits;
  std::string_view name;
};

#define FLAG(name) \
  { name, #name }

// A flag of several bits stands before those whose bits it has.
constexpr FlagName kOpenFlags[] = {
    FLAG(O_CREAT),
    FLAG(O_EXCL),
    FLAG(O_NOCTTY),
    FLAG(O_TRUNC),
    FLAG(O_APPEND),
    FLAG(O_NONBLOCK),
    FLAG(O_SYNC),
    FLAG(O_DSYNC),
    FLAG(O_ASYNC),
    FLAG(O_DIRECT),
    {0100000, "O_LARGEFILE"},
    FLAG(O_NOFOLLOW),
    FLAG(O_NOATIME),
    FLAG(O_CLOEXEC),
    FLAG(O_PATH),
    FLAG(O_TMPFILE),
    FLAG(O_DIRECTORY),
};
constexpr FlagName kAtFlags[] = {
    FLAG(AT_SYMLINK_NOFOLLOW), FLAG(AT_EACCESS),    FLAG(AT_SYMLINK_FOLLOW),
    FLAG(AT_NO_AUTOMOUNT),     FLAG(AT_EMPTY_PATH),
};
constexpr FlagName kAccessModes[] = {FLAG(R_OK), FLAG(W_OK), FLAG(X_OK)};

#undef FLAG

std::string print_bits(unsigned value, std::span<const FlagName> names, std::string text = "") {
  for (const FlagName& flag : names) {
    if ((value & flag.bits) != flag.bits) continue;
    value &= ~flag.bits;
    text += (text.empty() ? "" : "|") + std::string(flag.name);
  }
  if (value != 0) text += fmt::format("{}{:#x}", text.empty() ? "" : "|", value);
  return text;
}

std::string print_open(const Call& call) {
  const auto value = static_cast<unsigned>(call.int_arg(Arg::open_flags));
  constexpr std::string_view kAccess[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
  std::string text =
      print_bits(value & ~unsigned{O_ACCMODE}, kOpenFlags, std::string(kAccess[value & O_ACCMODE]));
  if ((value & O_CREAT) != 0 || (value & O_TMPFILE) == O_TMPFILE)
    text += fmt::format(", {:#05o}", call.arg(Arg::mode) & 0xffffU);
  return text;
}

}  // namespace

std::string print_flags(const Call& call) {
  if (call.has(Arg::open_flags)) return print_open(call);
  std::string text;
  if (call.has(Arg::access_mode)) {
    const auto mode = static_cast<unsigned>(call.int_arg(Arg::access_mode));
    text = mode == F_OK ? "F_OK" : print_bits(mode, kAccessModes);
  }
  if (call.has(Arg::at_flags)) {
    const auto flags = static_cast<unsigned>(call.int_arg(Arg::at_flags));
    text += (text.empty() ? "" : ", ") + (flags == 0 ? "0" : print_bits(flags, kAtFlags));
  }
  return text;
}

std::string error_name(int error) {
  // What the kernel tells a tracer of a call that a signal has interrupted.
  // Source: include/linux/errno.h.
  switch (error) {
    case 512:
      return "ERESTARTSYS";
    case 513:
      return "ERESTARTNOINTR";
    case 514:
      return "ERESTARTNOHAND";
    case 516:
      return "ERESTART_RESTARTBLOCK";
    default:
      break;
  }
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : fmt::format("errno {}", error);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  if (name != nullptr) return std::string("SIG") + name;
  if (signal >= 32 && signal <= 64) return fmt::format("SIGRT_{}", signal - 32);
  return fmt::format("signal {}", signal);
}

}  // namespace vgpu::tracer
