#include "launcher/view/ld_cache.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vgpu::launcher {
namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr std::uint32_t kExtensionMagic = 0xeaa42174;
constexpr std::int32_t kThisArchitecture = 0x0303;  // FLAG_ELF_LIBC6 | FLAG_X8664_LIB64
constexpr std::uint8_t kLittleEndian = 2;
constexpr std::size_t kAlignment = 4;

struct Header {
  char magic[20];
  std::uint32_t entries;
  std::uint32_t strings_size;
  std::uint8_t flags;  // byte order; 0 was written by old versions
  std::uint8_t padding[3];
  std::uint32_t extension_offset;
  std::uint32_t unused[3];
};
static_assert(sizeof(Header) == 48);

struct Entry {
  std::int32_t flags;
  std::uint32_t key;    // offset of the name in the file
  std::uint32_t value;  // offset of the path in the file
  std::uint32_t os_version;
  std::uint64_t hwcap;
};
static_assert(sizeof(Entry) == 24);

struct Section {
  std::uint32_t tag;
  std::uint32_t flags;
  std::uint32_t offset;
  std::uint32_t size;
};

enum SectionTag : std::uint32_t { kGenerator = 0, kHwcaps = 1 };

struct Extension {
  std::uint32_t magic;
  std::uint32_t sections;
};

template <typename T>
std::optional<T> read_at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A cache, taken apart. Offsets are still those of the old file.
struct Cache {
  Header header{};
  std::vector<Entry> entries;
  std::string_view strings;
  std::vector<Section> sections;
  std::string_view bytes;

  std::size_t strings_offset() const { return sizeof(Header) + entries.size() * sizeof(Entry); }
  std::optional<std::string_view> string_at(std::uint32_t offset) const {
    const std::size_t begin = strings_offset();
    if (offset < begin || offset - begin >= strings.size()) return std::nullopt;
    const std::string_view rest = strings.substr(offset - begin);
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
  }
};

/// Reads the directory of what follows the strings. False: not as we know it.
bool read_sections(Cache& cache) {
  const std::size_t offset = cache.header.extension_offset;
  if (offset == 0) return true;
  const auto extension = read_at<Extension>(cache.bytes, offset);
  if (!extension || extension->magic != kExtensionMagic) return false;
  for (std::uint32_t i = 0; i < extension->sections; ++i) {
    const auto section =
        read_at<Section>(cache.bytes, offset + sizeof(Extension) + i * sizeof(Section));
    if (!section || section->tag > kHwcaps) return false;
    if (section->offset > cache.bytes.size() ||
        cache.bytes.size() - section->offset < section->size)
      return false;
    if (section->tag == kHwcaps && section->size % sizeof(std::uint32_t) != 0) return false;
    cache.sections.push_back(*section);
  }
  return true;
}

std::optional<Cache> read_cache(std::string_view bytes) {
  const auto header = read_at<Header>(bytes, 0);
  if (!header || std::string_view(header->magic, sizeof header->magic) != kMagic)
    return std::nullopt;
  if (header->flags != 0 && header->flags != kLittleEndian) return std::nullopt;
  const std::size_t room = bytes.size() - sizeof(Header);
  if (header->entries > room / sizeof(Entry)) return std::nullopt;
  if (header->strings_size > room - header->entries * sizeof(Entry)) return std::nullopt;

  Cache cache{*header, std::vector<Entry>(header->entries), {}, {}, bytes};
  if (!cache.entries.empty())
    std::memcpy(cache.entries.data(), bytes.data() + sizeof(Header),
                cache.entries.size() * sizeof(Entry));
  cache.strings = bytes.substr(cache.strings_offset(), header->strings_size);
  for (const Entry& entry : cache.entries)
    if (!cache.string_at(entry.key) || !cache.string_at(entry.value)) return std::nullopt;
  if (!read_sections(cache)) return std::nullopt;
  return cache;
}

/// Writes the sections after the strings; offsets of strings in them move by `shift`.
void append_sections(std::string& out, const Cache& cache, std::uint32_t shift) {
  out.resize((out.size() + kAlignment - 1) / kAlignment * kAlignment);
  append(out, Extension{kExtensionMagic, static_cast<std::uint32_t>(cache.sections.size())});
  std::size_t place = out.size() + cache.sections.size() * sizeof(Section);
  std::string contents;
  for (Section section : cache.sections) {
    std::string content(cache.bytes.substr(section.offset, section.size));
    for (std::size_t i = 0; section.tag == kHwcaps && i < content.size(); i += sizeof shift) {
      const std::uint32_t moved = read_at<std::uint32_t>(content, i).value_or(0) + shift;
      std::memcpy(content.data() + i, &moved, sizeof moved);
    }
    content.resize((content.size() + kAlignment - 1) / kAlignment * kAlignment);
    section.offset = static_cast<std::uint32_t>(place + contents.size());
    append(out, section);
    contents += content;
  }
  out += contents;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Takes the digits at the front of `text` and returns them without leading zeros.
std::string_view take_number(std::string_view& text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

}  // namespace

int compare_library_names(std::string_view a, std::string_view b) noexcept {
  while (!a.empty()) {
    if (b.empty()) return 1;
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number_a = take_number(a);
      const std::string_view number_b = take_number(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size() ? -1 : 1;
      if (const int order = number_a.compare(number_b); order != 0) return order;
    } else if (is_digit(a.front())) {
      return 1;
    } else if (is_digit(b.front())) {
      return -1;
    } else if (a.front() != b.front()) {
      return static_cast<signed char>(a.front()) < static_cast<signed char>(b.front()) ? -1 : 1;
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return b.empty() ? 0 : -1;
}

std::optional<std::string> directory_in_ld_cache(std::string_view cache, std::string_view library) {
  const auto parsed = read_cache(cache);
  if (!parsed) return std::nullopt;
  for (const Entry& entry : parsed->entries) {
    const std::string_view path = *parsed->string_at(entry.value);
    if (entry.flags == kThisArchitecture && parsed->string_at(entry.key) == library &&
        path.starts_with('/'))
      return std::string(path.substr(0, path.rfind('/')));
  }
  return std::nullopt;
}

std::optional<std::string> add_to_ld_cache(std::string_view cache,
                                           const std::vector<CachedLibrary>& libraries) {
  const auto old = read_cache(cache);
  if (!old) return std::nullopt;

  struct Named {
    std::string_view name;
    Entry entry;
  };
  std::vector<Named> all;
  all.reserve(old->entries.size() + libraries.size());
  for (const Entry& entry : old->entries) {
    const std::string_view name = *old->string_at(entry.key);
    if (std::ranges::find(libraries, name, &CachedLibrary::name) == libraries.end())
      all.push_back({name, entry});
  }
  const std::size_t count = all.size() + libraries.size();
  const auto shift = static_cast<std::uint32_t>(count * sizeof(Entry)) -
                     static_cast<std::uint32_t>(old->entries.size() * sizeof(Entry));
  for (Named& named : all) {
    named.entry.key += shift;
    named.entry.value += shift;
  }
  std::string strings(old->strings);
  const auto add_string = [&](const std::string& text) {
    const std::size_t offset = sizeof(Header) + count * sizeof(Entry) + strings.size();
    strings.append(text).push_back('\0');
    return static_cast<std::uint32_t>(offset);
  };
  // What was sorted stays sorted: each name goes to its place.
  const auto comes_first = [](std::string_view a, const Named& b) {
    return compare_library_names(a, b.name) > 0;
  };
  for (const CachedLibrary& library : libraries) {
    const std::uint32_t key = add_string(library.name);
    const auto place = std::upper_bound(all.begin(), all.end(), library.name, comes_first);
    all.insert(place, {library.name, {kThisArchitecture, key, add_string(library.path), 0, 0}});
  }

  Header header = old->header;
  header.entries = static_cast<std::uint32_t>(count);
  header.strings_size = static_cast<std::uint32_t>(strings.size());
  std::string out;
  append(out, header);
  for (const Named& named : all) append(out, named.entry);
  out += strings;
  if (header.extension_offset != 0) {
    header.extension_offset =
        static_cast<std::uint32_t>((out.size() + kAlignment - 1) / kAlignment * kAlignment);
    std::memcpy(out.data(), &header, sizeof header);
    append_sections(out, *old, shift);
  }
  return out;
}

}  // namespace vgpu::launcher
