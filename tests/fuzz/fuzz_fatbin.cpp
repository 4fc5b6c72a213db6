// Fatbins and the other images whose size is known: PTX comes out, or image::Error.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "shim/cpu/image/image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that a read behind the end is seen.
  const std::vector<std::uint8_t> exact(data, data + size);
  for (const int capability : {75, 120}) {
    try {
      const vgpu::image::Image image =
          vgpu::image::load_image(std::as_bytes(std::span(exact)), capability);
      if (image.ptx.empty()) std::abort();
    } catch (const vgpu::image::Error&) {
    }
  }
  return 0;
}
