#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launcher/explain/roles.h"

/// What is known of one program in one process: a process that execs runs another program.
/// Everything here is bounded, however long the program runs.
namespace vgpu::explain {

/// Where in the trace a fact stands.
struct Place {
  std::int64_t order = 0;  ///< of its event among all, from 1 on; 0: no event says so
  /// Nanoseconds since the trace began. What came before what is told by this: events of one
  /// process can arrive in another order.
  std::int64_t time = 0;
  std::int64_t line = 0;  ///< of the trace's file; 0: there is none, or it was not written
  bool operator==(const Place&) const = default;
};

/// One look at one path.
struct Attempt {
  std::string path;
  std::string error;  ///< the errno's name; empty: it was there
  std::string call;
  std::string resolved;
  Place at;
  bool real = true;  ///< the kernel answered, and not a virtual file
};

struct Mapping {
  std::string path;
  std::string machine;
  std::string needed_by;  ///< empty: the program opened it itself
  bool real = true;
  Place at;
};

/// A library that was looked for, by its name without folder.
struct Library {
  std::string name;
  Role role = Role::none;
  std::vector<Attempt> attempts;  ///< the first of those that failed
  std::size_t failures = 0;
  std::optional<Attempt> found;
  std::optional<Mapping> mapped;
  bool inherited = false;  ///< the parent has mapped it
};

/// A file that belongs to the driver but is no library.
struct Node {
  Role role = Role::none;
  std::optional<Attempt> good;
  std::optional<Attempt> bad;
};

/// Who set a variable, as far as exec shows it.
struct Variable {
  std::string value;
  bool set = true;  ///< false: taken away from a child
  pid_t by = 0;     ///< 0: it was there when the trace began
  std::string by_command;
  Place at;
  std::string before;  ///< what the one who set it had
};

/// Something that failed, of whatever kind; `what` as a person would write it.
struct Failure {
  enum class Kind : std::uint8_t { file, library, symbol, exec, call } kind = Kind::file;
  std::string what;
  std::string error;
  Place at;
};

struct Call {
  std::string name;
  std::string args;
  std::string answer;
  Place at;
};

/// What calls are for: a row of steps.cpp's table each.
enum class CallGroup : std::uint8_t {
  init,
  version,
  count,
  device,
  context,
  load,
  memory,
  launch,
  nvml_init,
  nvml,
  other
};
inline constexpr std::size_t kCallGroups = 11;

struct Calls {
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::optional<Call> first_good;
  std::optional<Call> last_good;
  std::optional<Call> first_bad;
  std::optional<Call> last_bad;
};

struct Images {
  std::vector<std::string> images;
  std::string answer;
  std::string message;
  Place at;
};

struct Compile {
  std::string kernel;
  std::string message;
  Place at;
};

struct Unsupported {
  std::string call;
  bool watches = false;  ///< of NVML: it does not compute
  std::int64_t count = 0;
  Place at;
};

struct End {
  std::optional<int> status;
  std::string signal;
  pid_t sender = 0;
  std::string sender_command;
  Place at;
};

struct Ancestor {
  pid_t pid = 0;
  std::string command;
};

using Variables = std::map<std::string, Variable>;

struct Program {
  pid_t pid = 0;
  Place began;
  std::string how;          ///< fork, vfork, clone, exec
  std::string path;         ///< of the program
  std::string command;      ///< its arguments, clipped
  std::string interpreter;  ///< empty: static, or not known
  bool is_static = false;
  bool knows_exec = false;  ///< else it is a copy of its parent
  std::string machine;
  std::string libc;
  std::vector<Ancestor> ancestors;  ///< the nearest first, a few
  std::shared_ptr<const Variables> environment;

  std::map<std::string, Library, std::less<>> libraries;
  std::size_t libraries_left_out = 0;
  std::map<std::string, Node, std::less<>> nodes;
  std::int64_t symbols_good = 0;
  std::int64_t symbols_bad = 0;
  std::optional<Place> first_symbol;
  std::string last_symbol;
  std::deque<Failure> failures;  ///< the last ones
  std::int64_t failures_left_out = 0;
  std::array<Calls, kCallGroups> calls;
  std::optional<Call> unfinished;   ///< the process ended in the middle of it
  std::optional<Call> told_memory;  ///< how much memory there is
  std::optional<Images> good_load;
  std::optional<Images> bad_load;
  std::optional<Compile> bad_compile;
  std::int64_t compiled = 0;
  std::int64_t from_cache = 0;
  std::int64_t bad_compiles = 0;
  std::int64_t launches = 0;
  std::optional<Call> bad_launch;
  std::optional<Place> last_launch;
  std::int64_t launch_time = 0;  ///< Units: nanoseconds
  std::int64_t copied = 0;       ///< Units: bytes
  std::int64_t copies = 0;
  std::int64_t peak = 0;  ///< Units: bytes of device memory
  std::vector<Unsupported> unsupported;
  std::vector<std::string> blind;
  std::optional<End> end;

  Calls& of(CallGroup group) { return calls[static_cast<std::size_t>(group)]; }
  const Calls& of(CallGroup group) const { return calls[static_cast<std::size_t>(group)]; }
};

}  // namespace vgpu::explain
