#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace vgpu::tracer {

/// What one argument of a system call means.
enum class Arg : std::uint8_t {
  none,
  dirfd,
  path,
  open_flags,
  at_flags,
  mode,
  access_mode,
  open_how,
  fd,
  result,  ///< where the answer is written
  size,    ///< of the answer or of open_how
  mask,
  name,
  arguments,
  option,
  filter,
};

/// Whose numbers: those of `syscall`, or those of `int 0x80` and of 32-bit programs.
enum class Abi : std::uint8_t { x86_64, i386 };

/// What a system call does to the file that it names.
enum class Operation : std::uint8_t {
  open,
  stat,
  stat64,  ///< the result is i386's struct stat64
  statx,
  stat_descriptor,
  access,
  read_link,
  list,
  list_old,
  stat_fs,
  get_xattr,
  list_xattr,
  change_directory,
  get_directory,
  execute,
  install_filter,
  change_root,  ///< from now on, paths may mean something else to the caller than to us
  watch_file,   ///< only a trace is interested: it names a file
  watch_map,    ///< the same: a file becomes memory
  watch_kill,   ///< the same: a signal is sent
};

/// One system call that the supervisor understands.
struct SyscallDef {
  int number;
  std::string_view name;
  Operation operation;
  std::array<Arg, 6> args;
  /// open: O_* bits, else AT_* bits, that this variant always means. install_filter: the first
  /// argument that means this.
  int implied_flags = 0;

  /// Index of the argument that means `wanted`, or -1.
  constexpr int index_of(Arg wanted) const noexcept {
    for (std::size_t i = 0; i < args.size(); ++i)
      if (args[i] == wanted) return static_cast<int>(i);
    return -1;
  }
};

/// All rows, sorted by number.
std::span<const SyscallDef> syscalls(Abi abi = Abi::x86_64) noexcept;

/// Returns the row of `number`, or nullptr.
const SyscallDef* find_syscall(int number, Abi abi = Abi::x86_64) noexcept;

}  // namespace vgpu::tracer
