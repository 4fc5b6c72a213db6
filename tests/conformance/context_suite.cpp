#include <thread>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

TEST_CASE("contexts: the primary context of a device is one handle, active while retained") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const DriverTable& cu = *kind.table;
    unsigned flags = 7;
    int active = 7;
    CU_OK(cuDevicePrimaryCtxGetState, 0, &flags, &active);
    CHECK(active == 0);
    CUcontext first = nullptr;
    CUcontext second = nullptr;
    CU_OK(cuDevicePrimaryCtxRetain, &first, 0);
    CU_OK(cuDevicePrimaryCtxRetain, &second, 0);
    CHECK(first == second);
    CU_OK(cuDevicePrimaryCtxRelease_v2, 0);
    CU_OK(cuDevicePrimaryCtxGetState, 0, &flags, &active);
    CHECK(active == 1);
    CU_OK(cuDevicePrimaryCtxRelease_v2, 0);
    CU_OK(cuDevicePrimaryCtxGetState, 0, &flags, &active);
    CHECK(active == 0);
    CHECK(CU(cuDevicePrimaryCtxRelease_v2, 0) == CUDA_ERROR_INVALID_CONTEXT);
  }
}

TEST_CASE("contexts: an inactive primary context may be made current, and refuses work") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const DriverTable& cu = *kind.table;
    CUcontext primary = nullptr;
    CU_OK(cuDevicePrimaryCtxRetain, &primary, 0);
    CU_OK(cuDevicePrimaryCtxRelease_v2, 0);
    CU_OK(cuCtxSetCurrent, primary);
    CUcontext current = nullptr;
    CU_OK(cuCtxGetCurrent, &current);
    CHECK(current == primary);
    CUdeviceptr at = 0;
    CHECK(CU(cuMemAlloc_v2, &at, 16) == CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_OK(cuDevicePrimaryCtxRetain, &primary, 0);
    CHECK(CU(cuMemAlloc_v2, &at, 16) == CUDA_SUCCESS);
    CU_OK(cuDevicePrimaryCtxRelease_v2, 0);
    CU_OK(cuCtxSetCurrent, nullptr);
  }
}

TEST_CASE("contexts: without a current one every piece of work is INVALID_CONTEXT") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const DriverTable& cu = *kind.table;
    CUdeviceptr at = 0;
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CUdevice device = 0;
    CUcontext context = nullptr;
    CHECK(CU(cuMemAlloc_v2, &at, 16) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(CU(cuStreamCreate, &stream, 0) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(CU(cuEventCreate, &event, 0) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(CU(cuCtxGetDevice, &device) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(CU(cuCtxSynchronize) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(CU(cuCtxPopCurrent_v2, &context) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(CU(cuCtxGetCurrent, &context) == CUDA_SUCCESS);
    CHECK(context == nullptr);
  }
}

TEST_CASE("contexts: push and pop are a stack, and each thread has its own") {
  on_every_kind([](const DriverTable& cu) {
    CUcontext primary = nullptr;
    CU_OK(cuCtxGetCurrent, &primary);
    CUcontext made = nullptr;
    CU_OK(cuCtxCreate_v2, &made, 0, 0);
    CUcontext current = nullptr;
    CU_OK(cuCtxGetCurrent, &current);
    CHECK(current == made);
    CUcontext elsewhere = made;
    std::thread([&] { call(cu.cuCtxGetCurrent, &elsewhere); }).join();
    CHECK(elsewhere == nullptr);
    CUcontext popped = nullptr;
    CU_OK(cuCtxPopCurrent_v2, &popped);
    CHECK(popped == made);
    CU_OK(cuCtxGetCurrent, &current);
    CHECK(current == primary);
    CU_OK(cuCtxPushCurrent_v2, made);
    CU_OK(cuCtxDestroy_v2, made);
    CU_OK(cuCtxGetCurrent, &current);
    CHECK(current == primary);
    CHECK(CU(cuCtxPushCurrent_v2, made) == CUDA_ERROR_INVALID_CONTEXT);
  });
}

TEST_CASE("contexts: what a context owned is gone after a reset") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const DriverTable& cu = *kind.table;
    std::size_t before = 0;
    std::size_t after = 0;
    CUdeviceptr at = 0;
    CUstream stream = nullptr;
    {
      const CurrentContext current(cu);
      CU_OK(cuMemGetInfo_v2, &before, nullptr);
      CU_OK(cuMemAlloc_v2, &at, 4 << 20);
      CU_OK(cuStreamCreate, &stream, 0);
    }
    const CurrentContext current(cu);
    CU_OK(cuMemGetInfo_v2, &after, nullptr);
    CHECK(after == before);
    CHECK(CU(cuMemFree_v2, at) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuStreamSynchronize, stream) == CUDA_ERROR_INVALID_HANDLE);
  }
}

TEST_CASE("contexts: version, priorities and limits are the driver's") {
  on_every_kind([](const DriverTable& cu) {
    unsigned version = 0;
    CU_OK(cuCtxGetApiVersion, nullptr, &version);
    CHECK(version == 3020);
    int least = 1;
    int greatest = 1;
    CU_OK(cuCtxGetStreamPriorityRange, &least, &greatest);
    CHECK(least == 0);
    CHECK(greatest == -5);
    constexpr std::pair<CUlimit, std::size_t> kLimits[] = {
        {CU_LIMIT_STACK_SIZE, 1024},
        {CU_LIMIT_PRINTF_FIFO_SIZE, 0x840000},
        {CU_LIMIT_MALLOC_HEAP_SIZE, 8 << 20},
        {CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT, 2048},
        {CU_LIMIT_MAX_L2_FETCH_GRANULARITY, 64},
    };
    std::size_t value = 0;
    for (const auto& [limit, expected] : kLimits) {
      CAPTURE(limit);
      CU_OK(cuCtxGetLimit, &value, limit);
      CHECK(value == expected);
    }
    for (const int limit : {3, 9, 10, -1, 1000}) {
      CAPTURE(limit);
      CHECK(CU(cuCtxGetLimit, &value, static_cast<CUlimit>(limit)) == CUDA_ERROR_UNSUPPORTED_LIMIT);
    }
    CU_OK(cuCtxSetLimit, CU_LIMIT_STACK_SIZE, 4096);
    CU_OK(cuCtxGetLimit, &value, CU_LIMIT_STACK_SIZE);
    CHECK(value == 4096);
  });
}

TEST_CASE("contexts: kernels' malloc gives as much as the heap's limit, and no more") {
  constexpr const char* kTake = R"(
.version 6.4
.target sm_50
.address_size 64
.extern .func (.param .b64 at) malloc(.param .b64 size);
.extern .func free(.param .b64 at);
.visible .entry take(.param .u64 out, .param .u64 size)
{
  .reg .pred %got;
  .reg .b64 %size, %at, %out, %flag;
  .param .b64 bytes, result;
  ld.param.u64 %size, [size];
  st.param.b64 [bytes], %size;
  call (result), malloc, (bytes);
  ld.param.b64 %at, [result];
  setp.ne.u64 %got, %at, 0;
  selp.b64 %flag, 1, 0, %got;
  ld.param.u64 %out, [out];
  st.global.u64 [%out], %flag;
  st.param.b64 [bytes], %at;
  call free, (bytes);
  ret;
}
)";
  on_every_kind([&](const DriverTable& cu) {
    constexpr std::uint64_t kMiB = 1 << 20;
    CHECK(CU(cuCtxSetLimit, CU_LIMIT_MALLOC_HEAP_SIZE, SIZE_MAX) == CUDA_ERROR_OUT_OF_MEMORY);
    CU_OK(cuCtxSetLimit, CU_LIMIT_MALLOC_HEAP_SIZE, 64 * kMiB);
    CUmodule module = nullptr;
    CUfunction take = nullptr;
    CUdeviceptr out = 0;
    CU_OK(cuModuleLoadData, &module, kTake);
    CU_OK(cuModuleGetFunction, &take, module, "take");
    CU_OK(cuMemAlloc_v2, &out, 8);
    for (std::uint64_t size : {kMiB, 32 * kMiB, 65 * kMiB, UINT64_MAX, UINT64_MAX - 16}) {
      CAPTURE(size);
      void* params[] = {&out, &size};
      std::uint64_t got = 9;
      CU_OK(cuLaunchKernel, take, 1, 1, 1, 1, 1, 1, 0, nullptr, params, nullptr);
      CU_OK(cuMemcpyDtoH_v2, &got, out, 8);
      CHECK(got == (size <= 32 * kMiB ? 1 : 0));
    }
    CU_OK(cuMemFree_v2, out);
    CU_OK(cuCtxSetLimit, CU_LIMIT_MALLOC_HEAP_SIZE, 8 * kMiB);
  });
}

TEST_CASE("contexts: no two have the same id") {
  on_every_kind([](const DriverTable& cu) {
    unsigned long long first = 0;
    unsigned long long second = 0;
    CU_OK(cuCtxGetId, nullptr, &first);
    CUcontext made = nullptr;
    CU_OK(cuCtxCreate_v2, &made, 0, 0);
    CU_OK(cuCtxGetId, nullptr, &second);
    CHECK(first != second);
    CU_OK(cuCtxDestroy_v2, made);
  });
}

}  // namespace
}  // namespace vgpu::conformance
