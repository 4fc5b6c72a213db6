#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vgpu::image {

/// Bytes 0 to 3 of a fatbin wrapper and of a fatbin, little endian.
/// Source: read off the output of nvcc 12.2 and 13.0, as the rest of this format.
inline constexpr std::uint32_t kWrapperMagic = 0x466243b1;
inline constexpr std::uint32_t kFatbinMagic = 0xba55ed50;
inline constexpr std::size_t kFatbinHeaderSize = 16;

/// One piece of code in a fatbin.
struct Entry {
  enum class Kind : std::uint8_t { ptx = 1, elf = 2, lto = 8 };
  Kind kind = Kind::ptx;
  std::uint32_t arch = 0;  ///< 75 is sm_75
  char suffix = 0;         ///< 'a' or 'f' of sm_90a, sm_100f, or 0
  enum class Compression : std::uint8_t { none, lz4, zstd };
  Compression compression = Compression::none;
  std::size_t unpacked_size = 0;       ///< as the header says; 0 when stored plain
  std::span<const std::byte> payload;  ///< as stored
};

/// The size in bytes of the fatbin whose 16 header bytes are given, header included; none when
/// they are no such header.
std::optional<std::uint64_t> fatbin_size(std::span<const std::byte, kFatbinHeaderSize> header);

/// The entries of a fatbin, in order; kinds that are not known are left out. Errors: Error,
/// corrupt.
std::vector<Entry> read_fatbin(std::span<const std::byte> data);

/// The entry's PTX, unpacked, without the NULs that pad it. Errors: Error, corrupt.
std::string text_of(const Entry& entry);

/// Which PTX entry a device of `compute_capability` takes: the newest that it can run (why_not in
/// target.h). None when there is none.
const Entry* find_ptx(const std::vector<Entry>& entries, int compute_capability);

/// What is there, for a message: "SASS for sm_86, sm_89 and LTO-IR for sm_75".
std::string list_of(const std::vector<Entry>& entries);

/// One entry's name: "sm_90a (sass)", "compute_75 (ptx)", "sm_80 (lto)".
std::string name_of(const Entry& entry);

/// "sm_75" of a cubin, an ELF file for a GPU; none when it is no such file.
std::optional<std::string> find_elf_arch(std::span<const std::byte> data);

}  // namespace vgpu::image
