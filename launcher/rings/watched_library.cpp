#include "launcher/rings/watched_library.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>

#include "shim/abi/watched_symbols.h"
#include "tracer/sys/errors.h"
#include "tracer/sys/memfd.h"

namespace vgpu::launcher {
namespace {

using tracer::UniqueFd;

/// An ELF file, and a copy of it that is being changed. Every place is checked.
class Elf {
 public:
  Elf(int file, int copy) : file_(file), copy_(copy), header_(at<Elf64_Ehdr>(0)) {
    const bool good = std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0 &&
                      header_.e_ident[EI_CLASS] == ELFCLASS64 && header_.e_shnum != 0;
    if (!good) throw std::runtime_error("not a 64-bit ELF file with sections");
  }

  template <class T>
  T at(std::size_t offset) const {
    T value;
    read(offset, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  template <class T>
  std::vector<T> all_of(const Elf64_Shdr& section) const {
    constexpr std::size_t kMost = std::size_t{16} << 20;
    if (section.sh_size > kMost) throw std::runtime_error("a section of it is too large");
    std::vector<T> values(section.sh_size / sizeof(T));
    read(section.sh_offset, std::as_writable_bytes(std::span(values)));
    return values;
  }
  void put(std::size_t offset, std::span<const std::byte> bytes) const {
    const ssize_t size = ::pwrite(copy_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (size != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("its copy cannot be changed");
  }

  Elf64_Shdr section(std::size_t index) const {
    return at<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr));
  }
  template <class Predicate>
  Elf64_Shdr find(const char* what, const Predicate& is_it) const {
    for (std::size_t i = 0; i < header_.e_shnum; ++i)
      if (const Elf64_Shdr found = section(i); is_it(found)) return found;
    throw std::runtime_error(fmt::format("no {} in it", what));
  }
  Elf64_Shdr find(const char* name) const {
    const auto names = all_of<char>(section(header_.e_shstrndx));
    return find(name, [&](const Elf64_Shdr& section) {
      return section.sh_name < names.size() && text_at(names, section.sh_name) == name;
    });
  }

  /// Copies what is loaded, and with it not the sections' headers and names.
  void copy() const {
    std::size_t end = 0;
    for (std::size_t i = 0; i < header_.e_phnum; ++i) {
      const auto segment = at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr));
      if (segment.p_type == PT_LOAD) end = std::max(end, segment.p_offset + segment.p_filesz);
    }
    off_t from = 0;
    while (static_cast<std::size_t>(from) < end)
      if (::sendfile(copy_, file_, &from, end - static_cast<std::size_t>(from)) <= 0)
        throw std::runtime_error("it cannot be copied");
    Elf64_Ehdr header = header_;
    header.e_shoff = 0;
    header.e_shnum = header.e_shstrndx = 0;
    put(0, std::as_bytes(std::span(&header, 1)));
  }

  /// Without its NUL.
  static std::string_view text_at(const std::vector<char>& names, std::size_t at) {
    if (at >= names.size()) throw std::runtime_error("the ELF file is cut");
    const std::string_view rest(names.data() + at, names.size() - at);
    return rest.substr(0, rest.find('\0'));
  }

 private:
  void read(std::size_t offset, std::span<std::byte> out) const {
    const ssize_t size = ::pread(file_, out.data(), out.size(), static_cast<off_t>(offset));
    if (size != static_cast<ssize_t>(out.size())) throw std::runtime_error("the ELF file is cut");
  }

  const int file_;
  const int copy_;
  const Elf64_Ehdr header_;
};

bool is_function(const Elf64_Sym& symbol) {
  return ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF;
}

/// "libcuda.so.1" of "/usr/lib/libcuda.so.580.1": what programs ask for.
std::string soname_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find(".so.")) + ".so.1";
}

/// Fills the copy, in which only the symbols and the table differ from the file.
void fill(const Elf& elf, std::string_view soname) {
  const Elf64_Shdr stubs = elf.find(kStubSection);
  const Elf64_Shdr place = elf.find(kTableSection);
  const Elf64_Shdr dynamic = elf.find(
      "dynamic symbols", [](const Elf64_Shdr& section) { return section.sh_type == SHT_DYNSYM; });
  const Elf64_Shdr strings = elf.section(dynamic.sh_link);
  if (stubs.sh_size < kWatchedSymbols * kStubSize || place.sh_size < sizeof(WatchedTable))
    throw std::runtime_error("its resolvers are of another build");
  const auto from_table = [&](std::uint64_t address) {
    return static_cast<std::int32_t>(static_cast<std::int64_t>(address - place.sh_addr));
  };
  const auto names = elf.all_of<char>(strings);
  auto symbols = elf.all_of<Elf64_Sym>(dynamic);
  WatchedTable table{};
  soname = soname.substr(0, table.library.size());
  std::ranges::copy(soname, table.library.begin());
  table.library_size = static_cast<std::uint32_t>(soname.size());
  std::size_t slot = 0;
  for (Elf64_Sym& symbol : symbols) {
    if (slot == kWatchedSymbols) break;
    if (!is_function(symbol)) continue;
    const std::size_t size = Elf::text_at(names, symbol.st_name).size();
    table.symbols[slot] = {from_table(symbol.st_value),
                           from_table(strings.sh_addr + symbol.st_name),
                           static_cast<std::uint32_t>(size)};
    symbol.st_value = stubs.sh_addr + slot * kStubSize;
    symbol.st_info =
        static_cast<unsigned char>(ELF64_ST_INFO(ELF64_ST_BIND(symbol.st_info), STT_GNU_IFUNC));
    ++slot;
  }
  elf.copy();
  elf.put(dynamic.sh_offset, std::as_bytes(std::span(symbols)));
  elf.put(place.sh_offset, std::as_bytes(std::span(&table, 1)));
}

}  // namespace

UniqueFd watched_library(const std::string& source, const std::string& name, mode_t mode) {
  const UniqueFd file(
      tracer::check_sys(::open(source.c_str(), O_RDONLY | O_CLOEXEC), "open {}", source));
  return tracer::make_memfd(
      name, [&](int copy) { fill(Elf(file.get(), copy), soname_of(name)); }, mode);
}

void watch_libraries(std::vector<tracer::VirtualFile>& files,
                     const std::function<void(std::string_view)>& failed) {
  for (tracer::VirtualFile& row : files) {
    const bool is_library =
        row.source.ends_with(".so.1") && row.path.find(".so.") != std::string::npos;
    if (!is_library) continue;
    row.object = [path = row.path, source = row.source, mode = row.mode, failed] {
      try {
        return watched_library(source, path, mode);
      } catch (const std::exception& error) {
        failed(error.what());
        return UniqueFd();
      }
    };
    row.why += "; its symbols are watched";
  }
}

}  // namespace vgpu::launcher
