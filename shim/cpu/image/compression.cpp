#include "shim/cpu/image/compression.h"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "shim/cpu/image/image.h"

namespace vgpu::image {
namespace {

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

/// LZ4 cannot shrink further than this, so a larger promise is a lie.
constexpr std::size_t kLz4Ratio = 255;

}  // namespace

std::string unpack_zstd(std::span<const std::byte> data, std::size_t limit) {
  const std::unique_ptr<ZSTD_DStream, FreeStream> stream(ZSTD_createDStream());
  if (!stream) throw std::bad_alloc();
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  std::string text;
  // The output grows with what really comes out: a header that promises gigabytes costs nothing.
  // One byte of room beyond the limit lets the decoder read the end of a frame that fits.
  std::size_t filled = 0;
  std::size_t left = 1;
  while (left != 0) {
    if (filled == text.size())
      text.resize(std::min(limit + 1, std::max<std::size_t>(std::size_t{1} << 16, 2 * filled)));
    ZSTD_outBuffer out{text.data(), text.size(), filled};
    left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left) != 0)
      throw Error(Reason::corrupt, std::string("zstd: ") + ZSTD_getErrorName(left));
    filled = out.pos;
    if (filled > limit) throw Error(Reason::corrupt, "zstd frame is longer than its header says");
    if (left != 0 && in.pos == in.size && filled < text.size())
      throw Error(Reason::corrupt, "zstd frame is cut off");
  }
  text.resize(filled);
  return text;
}

std::string unpack_lz4(std::span<const std::byte> data, std::size_t size) {
  constexpr std::size_t kMaxInt = std::numeric_limits<int>::max();
  if (data.size() > kMaxInt || size > kMaxInt || size / kLz4Ratio > data.size())
    throw Error(Reason::corrupt, "lz4 block of an impossible size");
  std::string text(size, '\0');
  const int written = LZ4_decompress_safe(reinterpret_cast<const char*>(data.data()), text.data(),
                                          static_cast<int>(data.size()), static_cast<int>(size));
  if (written < 0 || static_cast<std::size_t>(written) != size)
    throw Error(Reason::corrupt, "lz4 block is damaged");
  return text;
}

}  // namespace vgpu::image
