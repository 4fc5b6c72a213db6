#include "tests/report/sources.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "shim/cpu/image/image.h"

namespace vgpu::report {

namespace {

constexpr std::size_t kFatbinAlign = 8;

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

/// PTX begins with comments and directives.
bool is_text(std::span<const std::byte> file) {
  const std::string_view head(reinterpret_cast<const char*>(file.data()),
                              std::min<std::size_t>(file.size(), 1 << 16));
  return head.find('\0') == std::string_view::npos &&
         head.find(".version") != std::string_view::npos;
}

void add_entries(std::span<const std::byte> fatbin, std::size_t offset,
                 std::vector<Source>& sources) {
  for (const image::Entry& entry : image::read_fatbin(fatbin)) {
    if (entry.kind != image::Entry::Kind::ptx) continue;
    Source source;
    source.arch = static_cast<int>(entry.arch);
    source.suffix = entry.suffix;
    source.offset = offset;
    source.size = std::max(entry.unpacked_size, entry.payload.size());
    source.entry = entry;
    sources.push_back(source);
  }
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path);
  struct stat status {};
  const bool known = ::fstat(fd, &status) == 0;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const at = known ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (at == MAP_FAILED) fail(path);
  bytes_ = {static_cast<const std::byte*>(at), size};
}

MappedFile::~MappedFile() { ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); }

std::vector<Source> find_sources(std::span<const std::byte> file) {
  std::vector<Source> sources;
  if (is_text(file)) {
    Source source;
    source.plain = true;
    source.size = file.size();
    return {source};
  }
  for (std::size_t at = 0; at + image::kFatbinHeaderSize <= file.size();) {
    std::uint32_t magic = 0;
    std::memcpy(&magic, file.data() + at, sizeof magic);
    std::uint64_t size = 0;
    if (magic == image::kFatbinMagic) {
      const auto found = image::fatbin_size(file.subspan(at).first<image::kFatbinHeaderSize>());
      if (found && *found <= file.size() - at) size = *found;
    }
    if (size == 0) {
      at += kFatbinAlign;
      continue;
    }
    try {
      add_entries(file.subspan(at, size), at, sources);
    } catch (const image::Error&) {
      size = kFatbinAlign;  // only looks like one
    }
    at += (size + kFatbinAlign - 1) / kFatbinAlign * kFatbinAlign;
  }
  return sources;
}

std::string text_of(std::span<const std::byte> file, const Source& source) {
  if (!source.plain) return image::text_of(source.entry);
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

}  // namespace vgpu::report
