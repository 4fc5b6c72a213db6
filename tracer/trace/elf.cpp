#include "tracer/trace/elf.h"

#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <span>

namespace vgpu::tracer {
namespace {

constexpr std::size_t kMostHeaders = 256;
constexpr std::size_t kMostEntries = 4096;
constexpr std::size_t kLongestName = PATH_MAX;

bool read_at(int fd, std::uint64_t offset, std::span<std::byte> out) {
  if (offset > static_cast<std::uint64_t>(INT64_MAX) - out.size()) return false;
  return ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(out.size());
}

template <typename T>
bool read_array(int fd, std::uint64_t offset, std::vector<T>& out) {
  return read_at(fd, offset, std::as_writable_bytes(std::span(out)));
}

std::string read_name(int fd, std::uint64_t offset) {
  std::string name(kLongestName, '\0');
  if (offset > static_cast<std::uint64_t>(INT64_MAX) - name.size()) return {};
  const ssize_t size = ::pread(fd, name.data(), name.size(), static_cast<off_t>(offset));
  name.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::size_t end = name.find('\0');
  return end == std::string::npos ? std::string() : name.substr(0, end);
}

std::string machine_name(unsigned machine) {
  struct Row {
    unsigned machine;
    const char* name;
  };
  constexpr Row kRows[] = {{EM_X86_64, "x86_64"}, {EM_386, "i386"},    {EM_AARCH64, "aarch64"},
                           {EM_ARM, "arm"},       {EM_PPC64, "ppc64"}, {EM_S390, "s390x"},
                           {EM_RISCV, "riscv"},   {EM_MIPS, "mips"}};
  for (const Row& row : kRows)
    if (row.machine == machine) return row.name;
  return fmt::format("machine {}", machine);
}

template <typename Header, typename Segment, typename Entry>
class Reader {
 public:
  explicit Reader(int fd) : fd_(fd) {}

  ElfFile read() {
    ElfFile file;
    std::vector<Header> header(1);
    if (!read_array(fd_, 0, header)) return file;
    file.machine = machine_name(header[0].e_machine);
    if (header[0].e_phentsize != sizeof(Segment)) return file;
    segments_.resize(std::min<std::size_t>(header[0].e_phnum, kMostHeaders));
    if (!read_array(fd_, header[0].e_phoff, segments_)) return file;
    for (const Segment& segment : segments_) {
      if (segment.p_type == PT_INTERP) file.interpreter = read_name(fd_, segment.p_offset);
      if (segment.p_type == PT_DYNAMIC) read_dynamic(segment, file);
    }
    return file;
  }

 private:
  void read_dynamic(const Segment& segment, ElfFile& file) {
    std::vector<Entry> entries(
        std::min<std::size_t>(segment.p_filesz / sizeof(Entry), kMostEntries));
    if (!read_array(fd_, segment.p_offset, entries)) return;
    std::uint64_t strings = 0;
    for (const Entry& entry : entries)
      if (entry.d_tag == DT_STRTAB) strings = offset_of(entry.d_un.d_ptr);
    if (strings == 0) return;
    for (const Entry& entry : entries) {
      if (entry.d_tag == DT_NULL) return;
      if (entry.d_tag == DT_NEEDED)
        file.needed.push_back(read_name(fd_, strings + entry.d_un.d_val));
      if (entry.d_tag == DT_SONAME) file.soname = read_name(fd_, strings + entry.d_un.d_val);
    }
  }

  /// Where an address is in the file; 0 if nowhere.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const Segment& segment : segments_)
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return address - segment.p_vaddr + segment.p_offset;
    return 0;
  }

  int fd_;
  std::vector<Segment> segments_;
};

}  // namespace

ElfFile read_elf(int fd) {
  unsigned char ident[EI_NIDENT] = {};
  if (!read_at(fd, 0, std::as_writable_bytes(std::span(ident)))) return {};
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != ELFDATA2LSB) return {};
  if (ident[EI_CLASS] == ELFCLASS64) return Reader<Elf64_Ehdr, Elf64_Phdr, Elf64_Dyn>(fd).read();
  if (ident[EI_CLASS] == ELFCLASS32) return Reader<Elf32_Ehdr, Elf32_Phdr, Elf32_Dyn>(fd).read();
  return {};
}

std::string_view libc_of(std::string_view interpreter) {
  if (interpreter.find("ld-musl") != std::string_view::npos) return "musl";
  if (interpreter.find("ld-linux") != std::string_view::npos) return "glibc";
  return {};
}

}  // namespace vgpu::tracer
