#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/checked_math.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/copy.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

/// One side of CUDA's descriptions of a box, whichever of them it came from.
struct Corner {
  CUmemorytype type;
  const void* host;
  CUdeviceptr device;
  std::size_t x, y, z;
  std::size_t pitch, height;
};

CopySide side_of(const Corner& corner, std::size_t width, std::size_t height, std::size_t depth,
                 std::size_t max_pitch) {
  require(corner.type != CU_MEMORYTYPE_ARRAY, CUDA_ERROR_NOT_SUPPORTED, "arrays are not supported");
  require_value(corner.type >= CU_MEMORYTYPE_HOST && corner.type <= CU_MEMORYTYPE_UNIFIED,
                "no such memory type");
  require_value(corner.x <= SIZE_MAX - width && corner.y <= SIZE_MAX - height,
                "the box is too large");
  const bool one_row = height == 1 && depth == 1 && corner.y == 0 && corner.z == 0;
  const std::size_t row = corner.x + width;
  const std::size_t pitch = corner.pitch == 0 && one_row ? row : corner.pitch;
  require_value(pitch >= row && (pitch <= max_pitch || one_row), "not a pitch for this width");
  const bool one_layer = depth == 1 && corner.z == 0;
  const std::size_t rows = corner.y + height;
  const std::size_t layer = one_layer && corner.height < rows ? rows : corner.height;
  require_value(layer >= rows, "a layer is lower than the box");
  const std::uint64_t base = corner.type == CU_MEMORYTYPE_HOST
                                 ? reinterpret_cast<std::uint64_t>(corner.host)
                                 : corner.device;
  require_value(base != 0, "the address is null");
  const std::uint64_t slice = checked_multiply(pitch, layer);
  const std::uint64_t at = checked_add(
      checked_add(base, corner.x),
      checked_add(checked_multiply(corner.z, slice), checked_multiply(corner.y, pitch)));
  return {corner.type, at, pitch, slice};
}

Copy make_copy(const Corner& to, const Corner& from, std::size_t width, std::size_t height,
               std::size_t depth, const Context& context) {
  if (width == 0 || height == 0 || depth == 0) return {};
  const auto max_pitch = static_cast<std::size_t>(context.device().attribute(11));
  return {side_of(to, width, height, depth, max_pitch),
          side_of(from, width, height, depth, max_pitch), width, height, depth};
}

Copy copy_of(const CUDA_MEMCPY2D* given, const Context& context) {
  require_value(given != nullptr, "pCopy is null");
  const CUDA_MEMCPY2D& c = *given;
  return make_copy(
      {c.dstMemoryType, c.dstHost, c.dstDevice, c.dstXInBytes, c.dstY, 0, c.dstPitch, 0},
      {c.srcMemoryType, c.srcHost, c.srcDevice, c.srcXInBytes, c.srcY, 0, c.srcPitch, 0},
      c.WidthInBytes, c.Height, 1, context);
}

template <class Description>
Copy copy_of_3d(const Description* given, const Context& context) {
  require_value(given != nullptr, "pCopy is null");
  const Description& c = *given;
  require_value(c.srcLOD == 0 && c.dstLOD == 0, "LOD must be 0");
  return make_copy({c.dstMemoryType, c.dstHost, c.dstDevice, c.dstXInBytes, c.dstY, c.dstZ,
                    c.dstPitch, c.dstHeight},
                   {c.srcMemoryType, c.srcHost, c.srcDevice, c.srcXInBytes, c.srcY, c.srcZ,
                    c.srcPitch, c.srcHeight},
                   c.WidthInBytes, c.Height, c.Depth, context);
}

Copy copy_of(const CUDA_MEMCPY3D_PEER* given, const Context& context) {
  return copy_of_3d(given, context);
}

using cpu::copy_of;

template <class Description>
CUresult in_order(const Description* given) {
  const auto context = current_context();
  copy_in_order(context, copy_of(given, *context));
  return CUDA_SUCCESS;
}

template <class Description>
CUresult async(const Description* given, CUstream stream) {
  const auto context = current_context();
  const auto found = find_stream(stream, context);
  copy_async(found, copy_of(given, *context));
  return CUDA_SUCCESS;
}

void check_contexts(const CUDA_MEMCPY3D_PEER* given) {
  require_value(given != nullptr, "pCopy is null");
  find_context(given->srcContext)->check();
  find_context(given->dstContext)->check();
}

}  // namespace

}  // namespace vgpu::cpu::api

namespace vgpu::cpu {

Copy copy_of(const CUDA_MEMCPY3D* description, const Context& context) {
  return api::copy_of_3d(description, context);
}

}  // namespace vgpu::cpu

namespace vgpu::cpu::api {

CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* copy) { return in_order(copy); }
CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* copy) { return in_order(copy); }
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* copy, CUstream stream) {
  return async(copy, stream);
}
CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D* copy) { return in_order(copy); }
CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* copy, CUstream stream) {
  return async(copy, stream);
}

CUresult cuMemcpy3DPeer(const CUDA_MEMCPY3D_PEER* copy) {
  check_contexts(copy);
  return in_order(copy);
}

CUresult cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D_PEER* copy, CUstream stream) {
  check_contexts(copy);
  return async(copy, stream);
}

namespace {

/// A box between two addresses is counted in bytes.
Corner corner_of(const CUmemcpy3DOperand& given, const CUextent3D& extent) {
  require(given.type != CU_MEMCPY_OPERAND_TYPE_ARRAY, CUDA_ERROR_NOT_SUPPORTED,
          "arrays are not supported");
  require_value(given.type == CU_MEMCPY_OPERAND_TYPE_POINTER, "no such operand type");
  const CUmemcpy3DOperand::Pointer& at = given.op.ptr;
  return {CU_MEMORYTYPE_UNIFIED,
          nullptr,
          at.ptr,
          0,
          0,
          0,
          at.rowLength == 0 ? extent.width : at.rowLength,
          at.layerHeight == 0 ? extent.height : at.layerHeight};
}

Copy copy_of(const CUDA_MEMCPY3D_BATCH_OP& given, const Context& context) {
  const CUextent3D& extent = given.extent;
  require_value(extent.width != 0 && extent.height != 0 && extent.depth != 0, "the box is empty");
  require_value(given.srcAccessOrder >= CU_MEMCPY_SRC_ACCESS_ORDER_STREAM &&
                    given.srcAccessOrder <= CU_MEMCPY_SRC_ACCESS_ORDER_ANY,
                "no such order of accesses");
  return make_copy(corner_of(given.dst, extent), corner_of(given.src, extent), extent.width,
                   extent.height, extent.depth, context);
}

}  // namespace

CUresult cuMemcpy3DBatchAsync(std::size_t count, CUDA_MEMCPY3D_BATCH_OP* copies,
                              std::size_t* failed, unsigned long long flags, CUstream stream) {
  if (failed != nullptr) *failed = SIZE_MAX;  // no single copy is to blame
  require_value(count != 0 && copies != nullptr && flags == 0,
                "nothing is to be copied, or flags are not 0");
  require_value(stream != nullptr && stream != stream_legacy(),
                "batches are not for the legacy default stream");
  const auto context = current_context();
  const auto found = find_stream(stream, context);
  for (std::size_t n = 0; n < count; ++n) {
    if (failed != nullptr) *failed = n;
    copy_async(found, copy_of(copies[n], *context));
  }
  if (failed != nullptr) *failed = SIZE_MAX;
  return CUDA_SUCCESS;
}

CUresult cuMemcpy3DBatchAsync_v2(std::size_t count, CUDA_MEMCPY3D_BATCH_OP* copies,
                                 unsigned long long flags, CUstream stream) {
  return cuMemcpy3DBatchAsync(count, copies, nullptr, flags, stream);
}

}  // namespace vgpu::cpu::api
