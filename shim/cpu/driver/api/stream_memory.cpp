#include <atomic>
#include <chrono>
#include <thread>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

// Source: CUDA Driver API reference, CUstreamWaitValue_flags and CUstreamWriteValue_flags.
constexpr unsigned kWaitKind = 3;  // 0 greater or equal, 1 equal, 2 and, 3 nor
constexpr unsigned kWaitFlush = 1U << 30;
constexpr unsigned kWriteNoBarrier = 1;

template <class T>
T* word_at(CUdeviceptr at) {
  require_value(at % sizeof(T) == 0, "the address is not aligned");
  const auto known = address_map().find(at);
  require_value(known != nullptr && known->holds(at, sizeof(T)), "no allocation has this address");
  return reinterpret_cast<T*>(at);  // NOLINT: an address is a number
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
CUresult wait_value(CUstream handle, CUdeviceptr at, T value, unsigned flags) {
  require_value((flags & ~(kWaitKind | kWaitFlush)) == 0, "unknown flags");
  const auto context = current_context();
  const auto stream = find_stream(handle, context);
  T* const word = word_at<T>(at);
  stream->context->submit(*stream, [=, watched = stream->context.get()] {
    // Memory cannot wake anyone up: look, and look less often the longer it takes.
    auto pause = std::chrono::microseconds{1};
    while (!holds(std::atomic_ref<T>(*word).load(std::memory_order_acquire), value,
                  flags & kWaitKind)) {
      if (watched->failure() != CUDA_SUCCESS) break;
      std::this_thread::sleep_for(pause);
      if (pause < std::chrono::milliseconds{1}) pause *= 2;
    }
    return CUDA_SUCCESS;
  });
  return CUDA_SUCCESS;
}

template <class T>
CUresult write_value(CUstream handle, CUdeviceptr at, T value, unsigned flags) {
  require_value((flags & ~kWriteNoBarrier) == 0, "unknown flags");
  const auto context = current_context();
  const auto stream = find_stream(handle, context);
  T* const word = word_at<T>(at);
  stream->context->submit(*stream, [=] {
    std::atomic_ref<T>(*word).store(value, std::memory_order_release);
    return CUDA_SUCCESS;
  });
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuStreamWaitValue32_v2(CUstream stream, CUdeviceptr at, cuuint32_t value, unsigned flags) {
  return wait_value(stream, at, value, flags);
}
CUresult cuStreamWaitValue64_v2(CUstream stream, CUdeviceptr at, cuuint64_t value, unsigned flags) {
  return wait_value(stream, at, value, flags);
}
CUresult cuStreamWriteValue32_v2(CUstream stream, CUdeviceptr at, cuuint32_t value,
                                 unsigned flags) {
  return write_value(stream, at, value, flags);
}
CUresult cuStreamWriteValue64_v2(CUstream stream, CUdeviceptr at, cuuint64_t value,
                                 unsigned flags) {
  return write_value(stream, at, value, flags);
}

}  // namespace vgpu::cpu::api
