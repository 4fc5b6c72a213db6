// Files of the cache of compiled kernels: bytes are taken only if they are what encode() made for
// this very key.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "shim/cpu/jit/code_file.h"

using namespace vgpu::jit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Digest key{7};
  if (const auto file = decode(key, bytes))
    if (encode(key, *file) != bytes) std::abort();

  // A file with a true digest around any numbers, then changed in one place.
  struct Numbers {
    Measures measures;
    std::uint32_t form = 0;
    std::uint64_t frame_bytes = 0;
    std::uint32_t at = 0;
    std::uint8_t change = 0;
  } numbers;
  std::memcpy(static_cast<void*>(&numbers), data, std::min(size, sizeof numbers));
  const std::string_view object = bytes.substr(std::min(size, sizeof numbers));
  std::string good =
      encode(key, {numbers.measures, numbers.form, numbers.frame_bytes, std::string(object)});
  const auto file = decode(key, good);
  if (file && (file->object != object || file->frame_bytes != numbers.frame_bytes)) std::abort();
  if (numbers.change == 0) return 0;
  char& byte = good[numbers.at % good.size()];
  byte = static_cast<char>(byte ^ numbers.change);
  if (decode(key, good)) std::abort();
  return 0;
}
