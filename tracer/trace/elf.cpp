#include "tracer/trace/elf.h"

#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
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

/// `big`: of a file whose numbers have their highest byte first.
std::string machine_name(unsigned machine, bool big) {
  struct Row {
    unsigned machine;
    const char* little;
    const char* big;
  };
  constexpr Row kRows[] = {
      {EM_X86_64, "x86_64", "x86_64"},       {EM_386, "i386", "i386"},
      {EM_AARCH64, "aarch64", "aarch64_be"}, {EM_ARM, "arm", "armeb"},
      {EM_PPC64, "ppc64le", "ppc64"},        {EM_PPC, "ppcle", "ppc"},
      {EM_S390, "s390x", "s390x"},           {EM_RISCV, "riscv", "riscv"},
      {EM_MIPS, "mipsel", "mips"},           {EM_SPARCV9, "sparc64", "sparc64"}};
  for (const Row& row : kRows)
    if (row.machine == machine) return big ? row.big : row.little;
  return fmt::format("machine {}", machine);
}

struct Class64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Entry = Elf64_Dyn;
};
struct Class32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Entry = Elf32_Dyn;
};

template <typename Class>
class Reader {
 public:
  explicit Reader(int fd) : fd_(fd) {
    std::vector<typename Class::Header> header(1);
    if (!read_array(fd_, 0, header)) return;
    machine_ = machine_name(header[0].e_machine, false);
    if (header[0].e_phentsize != sizeof(Segment)) return;
    segments_.resize(std::min<std::size_t>(header[0].e_phnum, kMostHeaders));
    if (!read_array(fd_, header[0].e_phoff, segments_)) segments_.clear();
    for (const Segment& segment : segments_)
      if (segment.p_type == PT_DYNAMIC && entries_.empty()) read_entries(segment);
    names_ = offset_of(value_of(DT_STRTAB));
  }

  ElfFile file() const {
    ElfFile file;
    file.machine = machine_;
    for (const Segment& segment : segments_)
      if (segment.p_type == PT_INTERP) file.interpreter = read_name(fd_, segment.p_offset);
    if (names_ == 0) return file;
    for (const Entry& entry : entries_) {
      if (entry.d_tag == DT_NEEDED) file.needed.push_back(name_at(entry.d_un.d_val));
      if (entry.d_tag == DT_SONAME) file.soname = name_at(entry.d_un.d_val);
    }
    return file;
  }

  ElfVersions versions() const {
    ElfVersions versions;
    if (names_ == 0) return versions;
    if (const std::uint64_t at = offset_of(value_of(DT_VERNEED)); at != 0)
      read_wanted(at, versions);
    if (const std::uint64_t at = offset_of(value_of(DT_VERDEF)); at != 0) read_had(at, versions);
    return versions;
  }

 private:
  using Segment = typename Class::Segment;
  using Entry = typename Class::Entry;

  void read_entries(const Segment& segment) {
    entries_.resize(std::min<std::size_t>(segment.p_filesz / sizeof(Entry), kMostEntries));
    if (!read_array(fd_, segment.p_offset, entries_)) entries_.clear();
    const auto end =
        std::ranges::find_if(entries_, [](const Entry& entry) { return entry.d_tag == DT_NULL; });
    entries_.erase(end, entries_.end());
  }

  std::string name_at(std::uint64_t offset) const { return read_name(fd_, names_ + offset); }

  /// 0 if there is none.
  std::uint64_t value_of(std::int64_t tag) const {
    for (const Entry& entry : entries_)
      if (entry.d_tag == tag) return entry.d_un.d_val;
    return 0;
  }

  /// Where an address is in the file; 0 if nowhere.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const Segment& segment : segments_)
      if (address != 0 && segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return address - segment.p_vaddr + segment.p_offset;
    return 0;
  }

  /// The rows of both lists have one layout in both classes. A chain that runs in a circle ends,
  /// since `left` counts all rows.
  void read_wanted(std::uint64_t at, ElfVersions& versions) const {
    std::size_t left = kMostEntries;
    for (std::vector<Elf64_Verneed> need(1); left-- != 0 && read_array(fd_, at, need);) {
      auto& wanted = versions.wanted[name_at(need[0].vn_file)];
      std::uint64_t aux = at + need[0].vn_aux;
      std::vector<Elf64_Vernaux> row(1);
      for (unsigned i = 0; i < need[0].vn_cnt && left != 0 && read_array(fd_, aux, row); ++i) {
        --left;
        // A weak reference is no condition.
        if ((row[0].vna_flags & VER_FLG_WEAK) == 0) wanted.insert(name_at(row[0].vna_name));
        if (row[0].vna_next == 0) break;
        aux += row[0].vna_next;
      }
      if (need[0].vn_next == 0) return;
      at += need[0].vn_next;
    }
  }

  void read_had(std::uint64_t at, ElfVersions& versions) const {
    std::size_t left = kMostEntries;
    for (std::vector<Elf64_Verdef> row(1); left-- != 0 && read_array(fd_, at, row);) {
      std::vector<Elf64_Verdaux> name(1);
      if (read_array(fd_, at + row[0].vd_aux, name)) versions.had.insert(name_at(name[0].vda_name));
      if (row[0].vd_next == 0) return;
      at += row[0].vd_next;
    }
  }

  int fd_;
  std::string machine_;
  std::vector<Segment> segments_;
  std::vector<Entry> entries_;
  std::uint64_t names_ = 0;  ///< where the file has its strings; 0: nowhere
};

/// What every ELF file begins with; both classes have e_machine in one place.
struct Beginning {
  unsigned char ident[EI_NIDENT] = {};
  unsigned char type[2] = {};
  unsigned char machine[2] = {};
};
static_assert(offsetof(Beginning, machine) == offsetof(Elf64_Ehdr, e_machine));
static_assert(offsetof(Beginning, machine) == offsetof(Elf32_Ehdr, e_machine));

/// All zeros if it is no ELF file.
Beginning beginning_of(int fd) {
  Beginning first;
  const bool whole = read_at(fd, 0, std::as_writable_bytes(std::span(&first, 1)));
  return whole && std::memcmp(first.ident, ELFMAG, SELFMAG) == 0 ? first : Beginning();
}

/// 0 if it is none that this machine's loaders could take.
int class_of(const Beginning& first) {
  return first.ident[EI_DATA] == ELFDATA2LSB ? first.ident[EI_CLASS] : 0;
}

}  // namespace

ElfFile read_elf(int fd) {
  const Beginning first = beginning_of(fd);
  const int kind = class_of(first);
  if (kind == ELFCLASS64) return Reader<Class64>(fd).file();
  if (kind == ELFCLASS32) return Reader<Class32>(fd).file();
  ElfFile foreign;
  if (first.ident[EI_DATA] == ELFDATA2MSB)
    foreign.machine = machine_name(first.machine[0] * 256U + first.machine[1], true);
  return foreign;
}

ElfVersions read_elf_versions(int fd) {
  const int kind = class_of(beginning_of(fd));
  if (kind == ELFCLASS64) return Reader<Class64>(fd).versions();
  if (kind == ELFCLASS32) return Reader<Class32>(fd).versions();
  return {};
}

std::string_view libc_of(std::string_view interpreter) {
  if (interpreter.find("ld-musl") != std::string_view::npos) return "musl";
  if (interpreter.find("ld-linux") != std::string_view::npos) return "glibc";
  return {};
}

}  // namespace vgpu::tracer
