#include "shim/cpu/image/fatbin.h"

#include <cstring>

#include "shim/cpu/image/compression.h"
#include "shim/cpu/image/image.h"

namespace vgpu::image {
namespace {

/// The fields of an entry's header that we read, at the offsets that fatbins have them.
constexpr std::size_t kEntryHeaderSize = 64;
constexpr std::size_t kKindAt = 0;
constexpr std::size_t kHeaderSizeAt = 4;
constexpr std::size_t kStoredSizeAt = 8;
constexpr std::size_t kPackedSizeAt = 16;
constexpr std::size_t kArchAt = 28;
constexpr std::size_t kFlagsAt = 40;
constexpr std::size_t kUnpackedSizeAt = 56;

enum Flag : std::uint64_t {
  kLz4 = 0x2000,
  kZstd = 0x8000,
  kArchSpecific = 0x100000,
  kFamilySpecific = 0x200000,
};

template <typename T>
T load(std::span<const std::byte> data, std::size_t at) {
  T value{};
  std::memcpy(&value, data.subspan(at, sizeof value).data(), sizeof value);
  return value;
}

[[noreturn]] void corrupt(const char* why) { throw Error(Reason::corrupt, why); }

/// Reads the entry at the front of `data` and sets `size` to what it takes with its payload.
Entry read_entry(std::span<const std::byte> data, std::size_t& size, bool& known) {
  if (data.size() < kEntryHeaderSize) corrupt("fatbin: an entry's header is cut off");
  const std::uint64_t header = load<std::uint32_t>(data, kHeaderSizeAt);
  const auto stored = load<std::uint64_t>(data, kStoredSizeAt);
  if (header < kEntryHeaderSize || header > data.size())
    corrupt("fatbin: an entry's header has an impossible size");
  if (stored > data.size() - header) corrupt("fatbin: an entry is longer than the fatbin");
  const auto flags = load<std::uint64_t>(data, kFlagsAt);
  const std::uint64_t packed = load<std::uint32_t>(data, kPackedSizeAt);
  const auto kind = load<std::uint16_t>(data, kKindAt);
  known = kind == 1 || kind == 2 || kind == 8;
  size = header + stored;
  Entry entry;
  entry.kind = static_cast<Entry::Kind>(kind);
  entry.arch = load<std::uint32_t>(data, kArchAt);
  if ((flags & kArchSpecific) != 0) entry.suffix = 'a';
  if ((flags & kFamilySpecific) != 0) entry.suffix = 'f';
  entry.payload = data.subspan(header, stored);
  if ((flags & (kLz4 | kZstd)) == 0) return entry;
  entry.compression = (flags & kZstd) != 0 ? Entry::Compression::zstd : Entry::Compression::lz4;
  entry.unpacked_size = load<std::uint64_t>(data, kUnpackedSizeAt);
  if (packed > stored) corrupt("fatbin: an entry is longer than its room");
  // The exact size: LZ4's blocks do not say where they end, and the room is padded.
  if (packed != 0) entry.payload = entry.payload.first(packed);
  return entry;
}

}  // namespace

std::optional<std::uint64_t> fatbin_size(std::span<const std::byte, kFatbinHeaderSize> header) {
  const bool is_fatbin = load<std::uint32_t>(header, 0) == kFatbinMagic &&
                         load<std::uint16_t>(header, 4) == 1 &&
                         load<std::uint16_t>(header, 6) == kFatbinHeaderSize;
  const auto rest = load<std::uint64_t>(header, 8);
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 40;
  if (!is_fatbin || rest > kLargest) return std::nullopt;
  return kFatbinHeaderSize + rest;
}

std::vector<Entry> read_fatbin(std::span<const std::byte> data) {
  if (data.size() < kFatbinHeaderSize) corrupt("fatbin: the header is cut off");
  const std::optional<std::uint64_t> size = fatbin_size(data.first<kFatbinHeaderSize>());
  if (!size) corrupt("fatbin: the header is of an unknown version");
  if (*size > data.size()) corrupt("fatbin: it is longer than its data");
  data = data.subspan(kFatbinHeaderSize, *size - kFatbinHeaderSize);
  std::vector<Entry> entries;
  while (!data.empty()) {
    std::size_t taken = 0;
    bool known = false;
    const Entry entry = read_entry(data, taken, known);
    if (known) entries.push_back(entry);
    data = data.subspan(taken);
  }
  return entries;
}

std::string text_of(const Entry& entry) {
  if (entry.unpacked_size > kMaxText || entry.payload.size() > kMaxText)
    corrupt("fatbin: a text of an impossible size");
  std::string text;
  switch (entry.compression) {
    case Entry::Compression::none:
      text.assign(reinterpret_cast<const char*>(entry.payload.data()), entry.payload.size());
      break;
    case Entry::Compression::lz4:
      text = unpack_lz4(entry.payload, entry.unpacked_size);
      break;
    case Entry::Compression::zstd:
      text = unpack_zstd(entry.payload, entry.unpacked_size == 0 ? kMaxText : entry.unpacked_size);
      break;
  }
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

std::optional<std::string> find_elf_arch(std::span<const std::byte> data) {
  constexpr std::size_t kElfHeaderSize = 64;
  constexpr std::uint16_t kCudaMachine = 190;  // EM_CUDA. Source: elf.h
  constexpr unsigned kNewAbi = 0x41;           // EI_OSABI of CUDA 13; before it was 0x33
  if (data.size() < kElfHeaderSize || std::memcmp(data.data(),
                                                  "\x7f"
                                                  "ELF",
                                                  4) != 0)
    return std::nullopt;
  if (load<std::uint16_t>(data, 18) != kCudaMachine) return std::nullopt;
  const auto flags = load<std::uint32_t>(data, 48);
  const bool is_new = load<std::uint8_t>(data, 7) == kNewAbi;
  return "sm_" + std::to_string((is_new ? flags >> 8 : flags) & 0xff);
}

}  // namespace vgpu::image
