#include <algorithm>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/checked_math.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

/// Rows of elements of type T to be set.
template <class T>
struct Fill {
  CUdeviceptr to;
  std::size_t pitch;  ///< Units: bytes
  T value;
  std::size_t width;  ///< Units: elements
  std::size_t height;

  void perform() const {
    for (std::size_t y = 0; y < height; ++y) {
      auto* const row = reinterpret_cast<T*>(to + y * pitch);  // NOLINT: an address is a number
      std::fill_n(row, width, value);
    }
  }
};

/// Returns whether the program may look at the memory as soon as the call has returned.
template <class T>
bool check(const Fill<T>& fill) {
  require_value(fill.to % sizeof(T) == 0 && fill.pitch % sizeof(T) == 0,
                "address or pitch is not aligned to the element");
  require_value(fill.width <= SIZE_MAX / sizeof(T), "the width is too large");
  const std::size_t row = fill.width * sizeof(T);
  require_value(fill.height == 1 || fill.pitch >= row, "the pitch is smaller than a row");
  const std::uint64_t bytes = checked_add(checked_multiply(fill.height - 1, fill.pitch), row);
  const auto known = address_map().find(fill.to);
  require_value(known != nullptr && known->holds(fill.to, bytes),
                "the range is not in one allocation");
  return known->is_host();
}

template <class T>
CUresult async(CUstream handle, const Fill<T>& fill) {
  const auto context = current_context();
  const auto stream = find_stream(handle, context);
  if (fill.width == 0 || fill.height == 0) return CUDA_SUCCESS;
  check(fill);
  stream->context->submit(*stream, [fill] {
    fill.perform();
    return CUDA_SUCCESS;
  });
  return CUDA_SUCCESS;
}

template <class T>
CUresult in_order(const Fill<T>& fill) {
  constexpr std::size_t kSmall = std::size_t{16} << 10;
  const auto context = current_context();
  const auto stream = default_stream(context);
  if (fill.width == 0 || fill.height == 0) return CUDA_SUCCESS;
  const bool small = fill.width <= kSmall && fill.height <= kSmall / fill.width;
  if (!check(fill) && !(small && context->pending(*stream).empty())) return async(nullptr, fill);
  context->wait(context->pending(*stream));
  fill.perform();
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return in_order(Fill<unsigned char>{to, 0, value, count, 1});
}
CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count) {
  return in_order(Fill<unsigned short>{to, 0, value, count, 1});
}
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return in_order(Fill<unsigned>{to, 0, value, count, 1});
}
CUresult cuMemsetD2D8_v2(CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width,
                         std::size_t height) {
  return in_order(Fill<unsigned char>{to, pitch, value, width, height});
}
CUresult cuMemsetD2D16_v2(CUdeviceptr to, std::size_t pitch, unsigned short value,
                          std::size_t width, std::size_t height) {
  return in_order(Fill<unsigned short>{to, pitch, value, width, height});
}
CUresult cuMemsetD2D32_v2(CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width,
                          std::size_t height) {
  return in_order(Fill<unsigned>{to, pitch, value, width, height});
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  return async(stream, Fill<unsigned char>{to, 0, value, count, 1});
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count,
                          CUstream stream) {
  return async(stream, Fill<unsigned short>{to, 0, value, count, 1});
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
  return async(stream, Fill<unsigned>{to, 0, value, count, 1});
}
CUresult cuMemsetD2D8Async(CUdeviceptr to, std::size_t pitch, unsigned char value,
                           std::size_t width, std::size_t height, CUstream stream) {
  return async(stream, Fill<unsigned char>{to, pitch, value, width, height});
}
CUresult cuMemsetD2D16Async(CUdeviceptr to, std::size_t pitch, unsigned short value,
                            std::size_t width, std::size_t height, CUstream stream) {
  return async(stream, Fill<unsigned short>{to, pitch, value, width, height});
}
CUresult cuMemsetD2D32Async(CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width,
                            std::size_t height, CUstream stream) {
  return async(stream, Fill<unsigned>{to, pitch, value, width, height});
}

}  // namespace vgpu::cpu::api
