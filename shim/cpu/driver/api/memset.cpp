#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/fill.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"
#include "shim/cpu/driver/work_note.h"

namespace vgpu::cpu::api {
namespace {

CUresult async(CUstream handle, const Fill& fill) {
  const auto context = current_context();
  const auto stream = find_stream(handle, context);
  if (fill.empty()) return CUDA_SUCCESS;
  check_fill(fill);
  if (captures(*stream)) {
    capture(stream, fill);
    return CUDA_SUCCESS;
  }
  stream->context->submit(*stream, [fill] {
    perform_fill(fill);
    return CUDA_SUCCESS;
  });
  return CUDA_SUCCESS;
}

CUresult in_order(const Fill& fill) {
  constexpr std::size_t kSmall = std::size_t{16} << 10;
  const auto context = current_context();
  const auto stream = default_stream(context);
  refuse_in_capture(*stream);
  if (fill.empty()) return CUDA_SUCCESS;
  const bool small = fill.width <= kSmall && fill.height <= kSmall / fill.width;
  if (!check_fill(fill) && !(small && context->pending(*stream).empty()))
    return async(nullptr, fill);
  context->wait(context->pending(*stream));
  const WorkingAt here(place_of(*stream));
  perform_fill(fill);
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return in_order(Fill{to, 0, value, 1, count, 1});
}
CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count) {
  return in_order(Fill{to, 0, value, 2, count, 1});
}
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return in_order(Fill{to, 0, value, 4, count, 1});
}
CUresult cuMemsetD2D8_v2(CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width,
                         std::size_t height) {
  return in_order(Fill{to, pitch, value, 1, width, height});
}
CUresult cuMemsetD2D16_v2(CUdeviceptr to, std::size_t pitch, unsigned short value,
                          std::size_t width, std::size_t height) {
  return in_order(Fill{to, pitch, value, 2, width, height});
}
CUresult cuMemsetD2D32_v2(CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width,
                          std::size_t height) {
  return in_order(Fill{to, pitch, value, 4, width, height});
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  return async(stream, Fill{to, 0, value, 1, count, 1});
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count,
                          CUstream stream) {
  return async(stream, Fill{to, 0, value, 2, count, 1});
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
  return async(stream, Fill{to, 0, value, 4, count, 1});
}
CUresult cuMemsetD2D8Async(CUdeviceptr to, std::size_t pitch, unsigned char value,
                           std::size_t width, std::size_t height, CUstream stream) {
  return async(stream, Fill{to, pitch, value, 1, width, height});
}
CUresult cuMemsetD2D16Async(CUdeviceptr to, std::size_t pitch, unsigned short value,
                            std::size_t width, std::size_t height, CUstream stream) {
  return async(stream, Fill{to, pitch, value, 2, width, height});
}
CUresult cuMemsetD2D32Async(CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width,
                            std::size_t height, CUstream stream) {
  return async(stream, Fill{to, pitch, value, 4, width, height});
}

}  // namespace vgpu::cpu::api
