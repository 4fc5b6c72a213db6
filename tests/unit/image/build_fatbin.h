#pragma once

#include <lz4.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace vgpu::image::test {

using Bytes = std::vector<std::byte>;

inline void put(Bytes& bytes, std::size_t at, const void* data, std::size_t size) {
  if (bytes.size() < at + size) bytes.resize(at + size);
  if (size != 0) std::memcpy(bytes.data() + at, data, size);
}

template <typename T>
void put(Bytes& bytes, std::size_t at, T value) {
  put(bytes, at, &value, sizeof value);
}

/// One entry of a fatbin, as nvcc writes it.
struct Piece {
  std::uint16_t kind = 1;
  std::uint32_t arch = 75;
  std::string text;
  enum class Packing { none, lz4, zstd } packing = Packing::none;
  std::uint64_t flags = 0x11;      // 64 bits, Linux
  std::uint32_t header_size = 64;  // larger: with an option block
};

inline std::string packed(const Piece& piece) {
  if (piece.packing == Piece::Packing::none) return piece.text;
  const int size = static_cast<int>(piece.text.size());
  std::string out(piece.text.size() + 1000, '\0');
  if (piece.packing == Piece::Packing::lz4) {
    const int n =
        LZ4_compress_default(piece.text.data(), out.data(), size, static_cast<int>(out.size()));
    out.resize(static_cast<std::size_t>(n));
  } else {
    out.resize(ZSTD_compress(out.data(), out.size(), piece.text.data(), piece.text.size(), 3));
  }
  return out;
}

inline Bytes entry_of(const Piece& piece) {
  const std::string payload = packed(piece);
  const std::size_t stored = (payload.size() + 7) / 8 * 8;
  const bool plain = piece.packing == Piece::Packing::none;
  const std::uint64_t packing = plain ? 0 : piece.packing == Piece::Packing::lz4 ? 0x2000 : 0x8000;
  Bytes bytes(piece.header_size + stored);
  put(bytes, 0, piece.kind);
  put(bytes, 2, std::uint16_t{0x0101});
  put(bytes, 4, piece.header_size);
  put(bytes, 8, std::uint64_t{stored});
  put(bytes, 16, plain ? 0U : static_cast<std::uint32_t>(payload.size()));
  put(bytes, 28, piece.arch);
  put(bytes, 40, piece.flags | packing);
  put(bytes, 56, plain ? std::uint64_t{0} : std::uint64_t{piece.text.size()});
  put(bytes, piece.header_size, payload.data(), payload.size());
  return bytes;
}

inline Bytes fatbin_of(const std::vector<Piece>& pieces) {
  Bytes bytes(16);
  for (const Piece& piece : pieces) {
    const Bytes entry = entry_of(piece);
    bytes.insert(bytes.end(), entry.begin(), entry.end());
  }
  put(bytes, 0, std::uint32_t{0xba55ed50});
  put(bytes, 4, std::uint16_t{1});
  put(bytes, 6, std::uint16_t{16});
  put(bytes, 8, std::uint64_t{bytes.size() - 16});
  return bytes;
}

/// A PTX text for `arch` that is long enough for packing to matter.
inline std::string ptx_for(unsigned arch) {
  return ".version 7.5\n.target sm_" + std::to_string(arch) + "\n" + std::string(500, '\n');
}

inline Piece ptx_piece(unsigned arch, Piece::Packing packing = Piece::Packing::none) {
  Piece piece;
  piece.arch = arch;
  piece.text = ptx_for(arch);
  piece.packing = packing;
  return piece;
}

inline Piece sass_piece(unsigned arch) {
  Piece piece;
  piece.kind = 2;
  piece.arch = arch;
  piece.text =
      "\x7f"
      "ELF and so on";
  return piece;
}

}  // namespace vgpu::image::test
