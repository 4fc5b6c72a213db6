#include "shim/cpu/driver/word_operation.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <type_traits>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"

namespace vgpu::cpu {
namespace {

// Source: CUDA Driver API reference, CUstreamWaitValue_flags and CUstreamWriteValue_flags.
constexpr unsigned kWaitKind = 3;  // 0 greater or equal, 1 equal, 2 and, 3 nor
constexpr unsigned kWaitFlush = 1U << 30;
constexpr unsigned kWriteNoBarrier = 1;

template <class T>
T& word_at(CUdeviceptr at) {
  return *reinterpret_cast<T*>(at);  // NOLINT: an address is a number
}

void check_word(CUdeviceptr at, std::size_t size) {
  require_value(at % size == 0, "the address is not aligned");
  require_value(address_map().holds(at, size), "no allocation has this address");
}

template <class T>
bool holds(T now, T value, unsigned kind) {
  switch (kind) {
    case 0: {
      using Signed = std::make_signed_t<T>;
      return static_cast<Signed>(static_cast<T>(now - value)) >= 0;  // cyclic, as CUDA says
    }
    case 1:
      return now == value;
    case 2:
      return (now & value) != 0;
    default:
      return static_cast<T>(~(now | value)) != 0;
  }
}

template <class T>
void wait_value(CUdeviceptr at, T value, unsigned flags, const Context& context) {
  // Memory cannot wake anyone up: look, and look less often the longer it takes.
  auto pause = std::chrono::microseconds{1};
  while (!holds(std::atomic_ref<T>(word_at<T>(at)).load(std::memory_order_acquire), value,
                flags & kWaitKind)) {
    if (context.failure() != CUDA_SUCCESS) break;
    std::this_thread::sleep_for(pause);
    if (pause < std::chrono::milliseconds{1}) pause *= 2;
  }
}

template <class T>
void write_value(CUdeviceptr at, T value) {
  std::atomic_ref<T>(word_at<T>(at)).store(value, std::memory_order_release);
}

}  // namespace

void check_word_operation(const CUstreamBatchMemOpParams_v1& operation) {
  switch (operation.operation) {
    case CU_STREAM_MEM_OP_WAIT_VALUE_32:
    case CU_STREAM_MEM_OP_WAIT_VALUE_64:
      require_value((operation.waitValue.flags & ~(kWaitKind | kWaitFlush)) == 0, "unknown flags");
      break;
    case CU_STREAM_MEM_OP_WRITE_VALUE_32:
    case CU_STREAM_MEM_OP_WRITE_VALUE_64:
      require_value((operation.writeValue.flags & ~kWriteNoBarrier) == 0, "unknown flags");
      break;
    case CU_STREAM_MEM_OP_BARRIER:
      return;
    case CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
      fail(CUDA_ERROR_NOT_SUPPORTED, "there are no remote writes to flush");
    default:
      fail(CUDA_ERROR_INVALID_VALUE, "no such operation");
  }
  const bool wide = operation.operation == CU_STREAM_MEM_OP_WAIT_VALUE_64 ||
                    operation.operation == CU_STREAM_MEM_OP_WRITE_VALUE_64;
  check_word(operation.waitValue.address, wide ? 8 : 4);
}

void perform_word_operation(const CUstreamBatchMemOpParams_v1& operation, const Context& context) {
  const auto& given = operation.waitValue;  // both kinds look alike
  switch (operation.operation) {
    case CU_STREAM_MEM_OP_WAIT_VALUE_32:
      return wait_value<std::uint32_t>(given.address, given.value, given.flags, context);
    case CU_STREAM_MEM_OP_WAIT_VALUE_64:
      return wait_value<std::uint64_t>(given.address, given.value64, given.flags, context);
    case CU_STREAM_MEM_OP_WRITE_VALUE_32:
      return write_value<std::uint32_t>(given.address, given.value);
    case CU_STREAM_MEM_OP_WRITE_VALUE_64:
      return write_value<std::uint64_t>(given.address, given.value64);
    case CU_STREAM_MEM_OP_BARRIER:
      return std::atomic_thread_fence(std::memory_order_seq_cst);
    case CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
      return;
  }
}

}  // namespace vgpu::cpu
