#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vgpu::tracer {

/// pass: the kernel runs the call as it stands. It is "not our business", never "approved": the
/// guest may still change its memory before the kernel reads it. Source: seccomp_unotify(2), NOTES.
enum class Action : std::uint8_t { pass, fail, serve };

/// "When `syscall` touches a path like `pattern`, do `action`." First match wins. A path without a
/// rule is served if it has a VirtualFile row of its own, and else passes: virtual files need no
/// rules, rules are for exceptions and for names that count in every directory.
struct Rule {
  std::string syscall;  ///< a name of syscalls(), or "*"
  /// A canonical absolute path; a prefix of one when it ends in '*'; or "*/name": a file of this
  /// name in any directory that really exists, before a real link of this name is followed. An
  /// open that writes is not meant: who copies or unpacks such a file deals with the real one.
  std::string pattern;
  Action action = Action::pass;
  int error = 0;         ///< errno the guest sees when action is fail
  std::string serve_as;  ///< serve: path of the VirtualFile row; empty: the row at the path itself
  std::string why;       ///< printed in the trace; a reviewer reads this first
};

/// Returns the first rule that matches, or nullptr. Pure.
const Rule* find_rule(std::span<const Rule> rules, std::string_view syscall,
                      std::string_view path) noexcept;

}  // namespace vgpu::tracer
