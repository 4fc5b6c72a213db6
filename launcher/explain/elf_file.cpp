#include "launcher/explain/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "tracer/sys/unique_fd.h"

namespace vgpu::explain {
namespace {

constexpr std::size_t kMostEntries = 4096;
constexpr std::size_t kMostVersions = 64;  // of one library that is needed

struct MachineRow {
  std::uint16_t number;
  const char* name;
};
constexpr MachineRow kMachines[] = {
    {EM_X86_64, "x86_64"}, {EM_386, "i386"},    {EM_AARCH64, "aarch64"},
    {EM_ARM, "arm"},       {EM_PPC64, "ppc64"}, {EM_RISCV, "riscv"},
};

/// The bytes of a file. They are read and not mapped: its owner may cut it at any time.
class Bytes {
 public:
  explicit Bytes(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    struct stat info {};
    if (fd_ && (::fstat(fd_.get(), &info) != 0 || !S_ISREG(info.st_mode))) fd_ = {};
  }

  template <class T>
  std::optional<T> read(std::uint64_t offset) const {
    T value;
    if (read_some(offset, std::as_writable_bytes(std::span(&value, 1))) != sizeof value)
      return std::nullopt;
    return value;
  }

  std::string text(std::uint64_t offset) const {
    std::array<char, 256> room{};
    const std::size_t size = read_some(offset, std::as_writable_bytes(std::span(room)));
    return {room.data(), ::strnlen(room.data(), size)};
  }

 private:
  std::size_t read_some(std::uint64_t offset, std::span<std::byte> out) const {
    if (!fd_ || offset > static_cast<std::uint64_t>(INT64_MAX) - out.size()) return 0;
    const ssize_t size = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    return size < 0 ? 0 : static_cast<std::size_t>(size);
  }

  tracer::UniqueFd fd_;
};

/// A 64-bit library's dynamic section. Others have the header's machine only.
class Reader {
 public:
  Reader(const Bytes& bytes, const Elf64_Ehdr& header) : bytes_(bytes), header_(header) {}

  void read(ElfFile& file) const {
    const auto dynamic = segment(PT_DYNAMIC);
    if (!dynamic) return;
    const auto strings = value_of(*dynamic, DT_STRTAB);
    if (!strings) return;
    const std::uint64_t names = offset_of(*strings);
    each_entry(*dynamic, [&](const Elf64_Dyn& entry) {
      if (entry.d_tag == DT_NEEDED) file.needed.push_back(bytes_.text(names + entry.d_un.d_val));
      if (entry.d_tag == DT_SONAME) file.soname = bytes_.text(names + entry.d_un.d_val);
    });
    if (const auto at = value_of(*dynamic, DT_VERNEED)) read_wanted(offset_of(*at), names, file);
    if (const auto at = value_of(*dynamic, DT_VERDEF)) read_versions(offset_of(*at), names, file);
  }

 private:
  std::optional<Elf64_Phdr> segment(std::uint32_t type) const {
    for (std::size_t index = 0; index < header_.e_phnum; ++index) {
      const auto row = bytes_.read<Elf64_Phdr>(header_.e_phoff + index * sizeof(Elf64_Phdr));
      if (row && row->p_type == type) return row;
    }
    return std::nullopt;
  }

  /// Where the file has what an address means.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (std::size_t index = 0; index < header_.e_phnum; ++index) {
      const auto row = bytes_.read<Elf64_Phdr>(header_.e_phoff + index * sizeof(Elf64_Phdr));
      if (row && row->p_type == PT_LOAD && address >= row->p_vaddr &&
          address - row->p_vaddr < row->p_filesz)
        return address - row->p_vaddr + row->p_offset;
    }
    return ~std::uint64_t{0} >> 1;
  }

  template <class Take>
  void each_entry(const Elf64_Phdr& dynamic, const Take& take) const {
    for (std::size_t index = 0; index < kMostEntries; ++index) {
      const auto entry = bytes_.read<Elf64_Dyn>(dynamic.p_offset + index * sizeof(Elf64_Dyn));
      if (!entry || entry->d_tag == DT_NULL) return;
      take(*entry);
    }
  }

  std::optional<std::uint64_t> value_of(const Elf64_Phdr& dynamic, std::int64_t tag) const {
    std::optional<std::uint64_t> value;
    each_entry(dynamic, [&](const Elf64_Dyn& entry) {
      if (entry.d_tag == tag) value = entry.d_un.d_val;
    });
    return value;
  }

  void read_wanted(std::uint64_t at, std::uint64_t names, ElfFile& file) const {
    for (std::size_t count = 0; count < kMostEntries; ++count) {
      const auto need = bytes_.read<Elf64_Verneed>(at);
      if (!need) return;
      auto& versions = file.wanted[bytes_.text(names + need->vn_file)];
      std::uint64_t aux = at + need->vn_aux;
      for (std::size_t index = 0; index < std::min<std::size_t>(need->vn_cnt, kMostVersions);
           ++index) {
        const auto row = bytes_.read<Elf64_Vernaux>(aux);
        if (!row) break;
        // A weak reference is no condition.
        if ((row->vna_flags & VER_FLG_WEAK) == 0)
          versions.insert(bytes_.text(names + row->vna_name));
        if (row->vna_next == 0) break;
        aux += row->vna_next;
      }
      if (need->vn_next == 0) return;
      at += need->vn_next;
    }
  }

  void read_versions(std::uint64_t at, std::uint64_t names, ElfFile& file) const {
    for (std::size_t count = 0; count < kMostEntries; ++count) {
      const auto row = bytes_.read<Elf64_Verdef>(at);
      if (!row) return;
      if (const auto name = bytes_.read<Elf64_Verdaux>(at + row->vd_aux))
        file.versions.insert(bytes_.text(names + name->vda_name));
      if (row->vd_next == 0) return;
      at += row->vd_next;
    }
  }

  const Bytes& bytes_;
  const Elf64_Ehdr& header_;
};

}  // namespace

std::optional<ElfFile> read_elf(const std::string& path) {
  const Bytes bytes(path);
  const auto header = bytes.read<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
  ElfFile file;
  const auto* machine = std::ranges::find(kMachines, header->e_machine, &MachineRow::number);
  file.machine =
      machine == std::end(kMachines) ? fmt::format("machine {}", header->e_machine) : machine->name;
  if (header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB)
    Reader(bytes, *header).read(file);
  return file;
}

}  // namespace vgpu::explain
