#include "shim/cpu/image/image.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "shim/cpu/image/fatbin.h"

namespace vgpu::image {
namespace {

/// What nvcc puts into a program for each object file.
struct Wrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const std::byte* data;         // version 1: the fatbin; 2: that of the linked SASS
  const std::byte* const* more;  // version 2: the relocatable fatbins, ended by a null pointer
};
static_assert(sizeof(Wrapper) == 24);

/// More pieces than any program has; without a limit a wrapper that is none would be walked far.
constexpr std::size_t kMaxPieces = 65536;

std::uint32_t magic_of(const void* data) noexcept {
  // Byte by byte, because a PTX text may end before the fourth one.
  std::uint32_t magic = 0;
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (unsigned n = 0; n < 4 && (n == 0 || bytes[n - 1] != 0); ++n)
    magic |= std::uint32_t{bytes[n]} << (8 * n);
  return magic;
}

std::span<const std::byte> fatbin_at(const std::byte* data) {
  std::array<std::byte, kFatbinHeaderSize> header{};
  if (data == nullptr) throw Error(Reason::not_an_image, "the fatbin's address is null");
  std::memcpy(header.data(), data, header.size());
  const auto size = fatbin_size(header);
  if (!size) throw Error(Reason::not_an_image, "neither a fatbin nor PTX");
  return {data, *size};
}

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

void add_chosen(Image& image, std::span<const std::byte> fatbin, int compute_capability) {
  const std::vector<Entry> entries = read_fatbin(fatbin);
  for (const Entry& entry : entries) add_once(image.held, name_of(entry));
  if (const Entry* entry = find_ptx(entries, compute_capability)) {
    add_once(image.chosen, name_of(*entry));
    image.ptx.push_back(text_of(*entry));
    return;
  }
  const std::string there = list_of(entries);
  if (there.empty()) throw Error(Reason::no_binary, "the fatbin is empty", image.held);
  const bool has_ptx = std::ranges::any_of(
      entries, [](const Entry& entry) { return entry.kind == Entry::Kind::ptx; });
  throw Error(
      Reason::no_binary,
      "only " + there +
          (has_ptx ? "; the device is sm_" + std::to_string(compute_capability) : "; no PTX"),
      image.held);
}

Image load_wrapper(const void* data, int compute_capability) {
  Wrapper wrapper{};
  std::memcpy(&wrapper, data, sizeof wrapper);
  Image image;
  const bool has_pieces =
      wrapper.version == 2 && wrapper.more != nullptr && *wrapper.more != nullptr;
  if (!has_pieces) {
    if (wrapper.version != 1 && wrapper.version != 2)
      throw Error(Reason::not_an_image,
                  "fatbin wrapper of unknown version " + std::to_string(wrapper.version));
    add_chosen(image, fatbin_at(wrapper.data), compute_capability);
    return image;
  }
  for (std::size_t n = 0; wrapper.more[n] != nullptr; ++n) {
    if (n == kMaxPieces) throw Error(Reason::corrupt, "fatbin wrapper with endless pieces");
    add_chosen(image, fatbin_at(wrapper.more[n]), compute_capability);
  }
  return image;
}

/// PTX begins with a directive, behind blanks and comments.
bool looks_like_ptx(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n\v\f");
  if (first == std::string_view::npos) return false;
  return text[first] == '.' || text[first] == '/';
}

Image load_text(std::string_view text) {
  if (!looks_like_ptx(text)) throw Error(Reason::not_an_image, "neither a fatbin nor PTX");
  if (text.size() > kMaxText) throw Error(Reason::corrupt, "the PTX text is too long");
  Image image;
  image.ptx.emplace_back(text);
  image.plain = true;
  return image;
}

[[noreturn]] void refuse_elf(std::span<const std::byte> data) {
  const std::optional<std::string> arch = find_elf_arch(data);
  if (!arch) throw Error(Reason::not_an_image, "an ELF file that is not for a GPU");
  throw Error(Reason::no_binary, "only SASS for " + *arch + "; no PTX", {*arch + " (sass)"});
}

constexpr std::uint32_t kElfMagic = 0x464c457f;
constexpr std::size_t kElfHeaderSize = 64;

}  // namespace

Image load_image(const void* data, int compute_capability) {
  if (data == nullptr) throw Error(Reason::not_an_image, "the image's address is null");
  const auto* bytes = static_cast<const std::byte*>(data);
  switch (magic_of(data)) {
    case kWrapperMagic:
      return load_wrapper(data, compute_capability);
    case kFatbinMagic: {
      Image image;
      add_chosen(image, fatbin_at(bytes), compute_capability);
      return image;
    }
    case kElfMagic:
      refuse_elf({bytes, kElfHeaderSize});
    default:
      return load_text(static_cast<const char*>(data));
  }
}

Image load_image(std::span<const std::byte> data, int compute_capability) {
  std::array<std::byte, 4> front{};
  if (!data.empty()) std::memcpy(front.data(), data.data(), std::min<std::size_t>(4, data.size()));
  std::uint32_t magic = 0;
  std::memcpy(&magic, front.data(), sizeof magic);
  if (magic == kFatbinMagic) {
    Image image;
    add_chosen(image, data, compute_capability);
    return image;
  }
  if (magic == kElfMagic) refuse_elf(data);
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  return load_text(text.substr(0, text.find('\0')));
}

}  // namespace vgpu::image
