#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::tracer {

/// What an ELF file says of itself. All empty: it is none, or it can't be read.
struct ElfFile {
  std::string machine;      ///< x86_64, i386, aarch64, or a number
  std::string interpreter;  ///< of PT_INTERP
  std::string soname;
  std::vector<std::string> needed;  ///< of DT_NEEDED
};

/// Reads headers and dynamic section of an open file; whatever the file holds, little is read.
ElfFile read_elf(int fd);

/// glibc or musl, by the loader's path; empty if it is neither.
std::string_view libc_of(std::string_view interpreter);

}  // namespace vgpu::tracer
