// Writes seeds for fuzz_fatbin into a folder: fatbins are made here and not kept in the tree.

#include <fstream>
#include <string>

#include "tests/unit/image/build_fatbin.h"

namespace {

using namespace vgpu::image::test;

Piece piece(unsigned arch, Piece::Packing packing, std::uint64_t flags, std::uint32_t header) {
  Piece made = ptx_piece(arch, packing);
  made.flags |= flags;
  made.header_size = header;
  return made;
}

void write(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string(argv[1]) + "/";
  using Packing = Piece::Packing;
  write(folder + "plain", fatbin_of({piece(75, Packing::none, 0, 64)}));
  write(folder + "lz4", fatbin_of({piece(75, Packing::lz4, 0, 72)}));
  write(folder + "zstd", fatbin_of({piece(120, Packing::zstd, 0, 64)}));
  write(folder + "several", fatbin_of({sass_piece(86), piece(90, Packing::zstd, 0x100000, 88),
                                       piece(61, Packing::lz4, 0, 64)}));
  write(folder + "empty", fatbin_of({}));
  const std::string text = ptx_for(75).substr(0, 30);
  Bytes ptx(text.size());
  put(ptx, 0, text.data(), text.size());
  write(folder + "text", ptx);
  Bytes elf(64);
  put(elf, 0,
      "\x7f"
      "ELF",
      4);
  put(elf, 18, std::uint16_t{190});
  write(folder + "elf", elf);
  return 0;
}
