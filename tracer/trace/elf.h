#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::tracer {

/// What an ELF file says of itself. All empty: it is none, or it can't be read. `machine` alone:
/// more than that can't be understood.
struct ElfFile {
  std::string machine;      ///< x86_64, i386, aarch64, or a number
  std::string interpreter;  ///< of PT_INTERP
  std::string soname;
  std::vector<std::string> needed;  ///< of DT_NEEDED
};

/// The versions of symbols, which the dynamic loader compares before anything runs.
struct ElfVersions {
  std::map<std::string, std::set<std::string>> wanted;  ///< library -> versions that it must have
  std::set<std::string> had;                            ///< that the file has itself
};

/// Reads headers and dynamic section of an open file; whatever the file holds, little is read.
ElfFile read_elf(int fd);

/// The same for its symbols' versions, which most readers do not need.
ElfVersions read_elf_versions(int fd);

/// glibc or musl, by the loader's path; empty if it is neither.
std::string_view libc_of(std::string_view interpreter);

}  // namespace vgpu::tracer
