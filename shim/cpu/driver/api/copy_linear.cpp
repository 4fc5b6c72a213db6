#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/copy.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

constexpr CUmemorytype kHost = CU_MEMORYTYPE_HOST;
constexpr CUmemorytype kDevice = CU_MEMORYTYPE_DEVICE;
constexpr CUmemorytype kAny = CU_MEMORYTYPE_UNIFIED;

std::uint64_t address_of(const void* at) { return reinterpret_cast<std::uint64_t>(at); }

CUresult in_order(const Copy& copy) {
  const auto context = current_context();
  copy_in_order(context, copy);
  return CUDA_SUCCESS;
}

CUresult async(CUstream stream, const Copy& copy) {
  const auto context = current_context();
  copy_async(find_stream(stream, context), copy);
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return in_order(linear_copy(kAny, to, kAny, from, bytes));
}

CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return async(stream, linear_copy(kAny, to, kAny, from, bytes));
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes) {
  return in_order(linear_copy(kDevice, to, kHost, address_of(from), bytes));
}

CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes) {
  return in_order(linear_copy(kHost, address_of(to), kDevice, from, bytes));
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return in_order(linear_copy(kDevice, to, kDevice, from, bytes));
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes,
                              CUstream stream) {
  return async(stream, linear_copy(kDevice, to, kHost, address_of(from), bytes));
}

CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return async(stream, linear_copy(kHost, address_of(to), kDevice, from, bytes));
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes,
                              CUstream stream) {
  return async(stream, linear_copy(kDevice, to, kDevice, from, bytes));
}

CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                      CUcontext from_context, std::size_t bytes) {
  find_context(to_context)->check();
  find_context(from_context)->check();
  return in_order(linear_copy(kDevice, to, kDevice, from, bytes));
}

CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                           CUcontext from_context, std::size_t bytes, CUstream stream) {
  find_context(to_context)->check();
  find_context(from_context)->check();
  return async(stream, linear_copy(kDevice, to, kDevice, from, bytes));
}

CUresult cuMemcpyBatchAsync_v2(CUdeviceptr* to, CUdeviceptr* from, std::size_t* sizes,
                               std::size_t count, CUmemcpyAttributes* attributes,
                               std::size_t* attribute_starts, std::size_t attribute_count,
                               CUstream stream) {
  require_value(to != nullptr && from != nullptr && sizes != nullptr && count != 0,
                "nothing is to be copied");
  require_value(attributes != nullptr && attribute_starts != nullptr && attribute_count != 0 &&
                    attribute_count <= count && attribute_starts[0] == 0,
                "attributes do not start at the first copy");
  require_value(stream != nullptr && stream != stream_legacy(),
                "batches are not for the legacy default stream");
  for (std::size_t i = 0; i < count; ++i) cuMemcpyAsync(to[i], from[i], sizes[i], stream);
  return CUDA_SUCCESS;
}

CUresult cuMemcpyBatchAsync(CUdeviceptr* to, CUdeviceptr* from, std::size_t* sizes,
                            std::size_t count, CUmemcpyAttributes* attributes,
                            std::size_t* attribute_starts, std::size_t attribute_count,
                            std::size_t* failed, CUstream stream) {
  if (failed != nullptr) *failed = SIZE_MAX;  // no single copy is to blame
  return cuMemcpyBatchAsync_v2(to, from, sizes, count, attributes, attribute_starts,
                               attribute_count, stream);
}

}  // namespace vgpu::cpu::api
