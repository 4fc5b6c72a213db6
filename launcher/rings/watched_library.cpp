#include "launcher/rings/watched_library.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "shim/abi/watched_symbols.h"
#include "tracer/sys/memfd.h"

namespace vgpu::launcher {
namespace {

using tracer::UniqueFd;

/// An ELF file that is being changed. Every place is checked before it is touched.
class Elf {
 public:
  explicit Elf(std::string& bytes) : bytes_(bytes), header_(at<Elf64_Ehdr>(0)) {
    const bool good = std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0 &&
                      header_.e_ident[EI_CLASS] == ELFCLASS64 && header_.e_shnum != 0;
    if (!good) throw std::runtime_error("not a 64-bit ELF file with sections");
  }

  template <class T>
  T at(std::size_t offset) const {
    T value;
    check(offset, sizeof value);
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  template <class T>
  void put(std::size_t offset, const T& value) {
    check(offset, sizeof value);
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  void put_text(std::size_t offset, std::string_view text) {
    check(offset, text.size());
    std::memcpy(bytes_.data() + offset, text.data(), text.size());
  }

  /// Of the text there, without its NUL.
  std::uint32_t text_size(std::size_t offset) const {
    check(offset, 1);
    return static_cast<std::uint32_t>(std::min(bytes_.find('\0', offset), bytes_.size()) - offset);
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
    const Elf64_Shdr names = section(header_.e_shstrndx);
    return find(name, [&](const Elf64_Shdr& section) {
      const std::size_t start = names.sh_offset + section.sh_name;
      const std::size_t size = std::strlen(name) + 1;
      return start < bytes_.size() && bytes_.compare(start, size, name, size) == 0;
    });
  }

  /// Leaves out what is not loaded, the sections' names among it.
  void cut() {
    std::size_t end = 0;
    for (std::size_t i = 0; i < header_.e_phnum; ++i) {
      const auto segment = at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr));
      if (segment.p_type == PT_LOAD) end = std::max(end, segment.p_offset + segment.p_filesz);
    }
    header_.e_shoff = 0;
    header_.e_shnum = header_.e_shstrndx = 0;
    put(0, header_);
    if (end < bytes_.size()) bytes_.resize(end);
  }

 private:
  void check(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      throw std::runtime_error("the ELF file is cut");
  }

  std::string& bytes_;
  Elf64_Ehdr header_;
};

bool is_function(const Elf64_Sym& symbol) {
  return ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw std::runtime_error(fmt::format("cannot read {}", path));
  return bytes;
}

/// "libcuda.so.1" of "/usr/lib/libcuda.so.580.1": what programs ask for.
std::string soname_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find(".so.")) + ".so.1";
}

}  // namespace

std::string watched_library(std::string library, std::string_view soname) {
  Elf elf(library);
  const Elf64_Shdr stubs = elf.find(kStubSection);
  const Elf64_Shdr table = elf.find(kTableSection);
  const Elf64_Shdr symbols = elf.find(
      "dynamic symbols", [](const Elf64_Shdr& section) { return section.sh_type == SHT_DYNSYM; });
  const Elf64_Shdr names = elf.section(symbols.sh_link);
  if (stubs.sh_size < kWatchedSymbols * kStubSize || table.sh_size < sizeof(WatchedTable))
    throw std::runtime_error("its resolvers are of another build");
  const auto from_table = [&](std::uint64_t address) {
    return static_cast<std::int32_t>(static_cast<std::int64_t>(address - table.sh_addr));
  };
  soname = soname.substr(0, sizeof(WatchedTable::library));
  elf.put_text(table.sh_offset + offsetof(WatchedTable, library), soname);
  elf.put(table.sh_offset + offsetof(WatchedTable, library_size),
          static_cast<std::uint32_t>(soname.size()));
  std::size_t slot = 0;
  for (std::size_t i = 0; i < symbols.sh_size / sizeof(Elf64_Sym) && slot < kWatchedSymbols; ++i) {
    const std::size_t place = symbols.sh_offset + i * sizeof(Elf64_Sym);
    auto symbol = elf.at<Elf64_Sym>(place);
    if (!is_function(symbol)) continue;
    elf.put(table.sh_offset + offsetof(WatchedTable, symbols) + slot * sizeof(WatchedTable::Symbol),
            WatchedTable::Symbol{from_table(symbol.st_value),
                                 from_table(names.sh_addr + symbol.st_name),
                                 elf.text_size(names.sh_offset + symbol.st_name)});
    symbol.st_value = stubs.sh_addr + slot * kStubSize;
    symbol.st_info =
        static_cast<unsigned char>(ELF64_ST_INFO(ELF64_ST_BIND(symbol.st_info), STT_GNU_IFUNC));
    elf.put(place, symbol);
    ++slot;
  }
  elf.cut();
  return library;
}

void watch_libraries(std::vector<tracer::VirtualFile>& files,
                     const std::function<void(std::string_view)>& failed) {
  for (tracer::VirtualFile& row : files) {
    const bool is_library =
        row.source.ends_with(".so.1") && row.path.find(".so.") != std::string::npos;
    if (!is_library) continue;
    row.object = [path = row.path, source = row.source, mode = row.mode, failed] {
      try {
        return tracer::make_memfd(path, watched_library(read_file(source), soname_of(path)), mode);
      } catch (const std::exception& error) {
        failed(error.what());
        return UniqueFd();
      }
    };
    row.why += "; its symbols are watched";
  }
}

}  // namespace vgpu::launcher
