#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vgpu::explain {

/// What the dynamic loader reads of a library before it can be used.
struct ElfFile {
  std::string machine;  ///< "x86_64", "i386", "aarch64", or "machine N"
  std::vector<std::string> needed;
  std::string soname;
  std::map<std::string, std::set<std::string>> wanted;  ///< library -> versions that it must have
  std::set<std::string> versions;                       ///< that it has itself
};

/// Reads a file of this machine; nullopt if it is not there, or no ELF file that can be understood.
/// It may be hostile: nothing is believed.
std::optional<ElfFile> read_elf(const std::string& path);

}  // namespace vgpu::explain
