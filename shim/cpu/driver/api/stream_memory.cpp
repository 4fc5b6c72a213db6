#include <atomic>
#include <vector>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"
#include "shim/cpu/driver/word_operation.h"

namespace vgpu::cpu::api {
namespace {

constexpr unsigned kMostOperations = 256;  // Source: CUDA Driver API reference, cuStreamBatchMemOp

CUresult submit(CUstream handle, std::vector<CUstreamBatchMemOpParams_v1> operations) {
  const auto current = current_context();
  const auto stream = find_stream(handle, current);
  for (const auto& operation : operations) check_word_operation(operation);
  const auto context = stream->context;
  if (captures(*stream)) {
    capture(stream, WordOperations{context, std::move(operations)});
    return CUDA_SUCCESS;
  }
  context->submit(*stream, [operations = std::move(operations), watched = context.get()] {
    for (const auto& operation : operations) perform_word_operation(operation, *watched);
    return CUDA_SUCCESS;
  });
  return CUDA_SUCCESS;
}

CUstreamBatchMemOpParams_v1 operation_of(CUstreamBatchMemOpType type, CUdeviceptr at,
                                         cuuint64_t value, unsigned flags) {
  CUstreamBatchMemOpParams_v1 made{};
  made.waitValue.operation = type;
  made.waitValue.address = at;
  made.waitValue.value64 = value;
  made.waitValue.flags = flags;
  return made;
}

}  // namespace

CUresult cuStreamWaitValue32_v2(CUstream stream, CUdeviceptr at, cuuint32_t value, unsigned flags) {
  return submit(stream, {operation_of(CU_STREAM_MEM_OP_WAIT_VALUE_32, at, value, flags)});
}
CUresult cuStreamWaitValue64_v2(CUstream stream, CUdeviceptr at, cuuint64_t value, unsigned flags) {
  return submit(stream, {operation_of(CU_STREAM_MEM_OP_WAIT_VALUE_64, at, value, flags)});
}
CUresult cuStreamWriteValue32_v2(CUstream stream, CUdeviceptr at, cuuint32_t value,
                                 unsigned flags) {
  return submit(stream, {operation_of(CU_STREAM_MEM_OP_WRITE_VALUE_32, at, value, flags)});
}
CUresult cuStreamWriteValue64_v2(CUstream stream, CUdeviceptr at, cuuint64_t value,
                                 unsigned flags) {
  return submit(stream, {operation_of(CU_STREAM_MEM_OP_WRITE_VALUE_64, at, value, flags)});
}

CUresult cuStreamBatchMemOp_v2(CUstream stream, unsigned count,
                               CUstreamBatchMemOpParams_v1* operations, unsigned flags) {
  require_value(operations != nullptr && count != 0 && count <= kMostOperations && flags == 0,
                "no operations, too many, or flags");
  return submit(stream, {operations, operations + count});
}

}  // namespace vgpu::cpu::api
