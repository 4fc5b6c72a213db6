#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/conformance/gate.h"
#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

TEST_CASE("streams: one may stand still while another runs to its end") {
  on_every_kind([](const DriverTable& cu) {
    CUstream blocked = make_stream(cu);
    CUstream other = make_stream(cu);
    Gate gate(cu, blocked);
    std::string seen;
    CU_OK(cuLaunchHostFunc, other, append, static_cast<void*>(&seen));
    CU_OK(cuStreamSynchronize, other);
    CHECK(seen == "x");
    CHECK(CU(cuStreamQuery, other) == CUDA_SUCCESS);
    CHECK(CU(cuStreamQuery, blocked) == CUDA_ERROR_NOT_READY);
    gate.open();
    CU_OK(cuStreamSynchronize, blocked);
    CHECK(CU(cuStreamQuery, blocked) == CUDA_SUCCESS);
    CU_OK(cuStreamDestroy_v2, blocked);
    CU_OK(cuStreamDestroy_v2, other);
  });
}

TEST_CASE("streams: work of one stream runs in the order in which it was given") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    struct Step {
      std::vector<int>* seen;
      int number;
    };
    std::vector<int> seen;
    std::vector<Step> steps;
    for (int i = 0; i < 100; ++i) steps.push_back({&seen, i});
    {
      const Gate gate(cu, stream);
      for (Step& step : steps)
        CU_OK(
            cuLaunchHostFunc, stream,
            [](void* at) {
              const auto* const mine = static_cast<Step*>(at);
              mine->seen->push_back(mine->number);
            },
            static_cast<void*>(&step));
    }
    CU_OK(cuStreamSynchronize, stream);
    REQUIRE(seen.size() == 100);
    for (int i = 0; i < 100; ++i) CHECK(seen[static_cast<std::size_t>(i)] == i);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("streams: the legacy stream waits for blocking streams, and they for it") {
  on_every_kind([](const DriverTable& cu) {
    CUstream blocking = make_stream(cu);
    CUstream free = make_stream(cu, CU_STREAM_NON_BLOCKING);
    std::string of_legacy;
    std::string of_free;
    std::string of_blocking;
    Gate gate(cu, blocking);
    CU_OK(cuLaunchHostFunc, nullptr, append, static_cast<void*>(&of_legacy));
    CU_OK(cuLaunchHostFunc, free, append, static_cast<void*>(&of_free));
    CU_OK(cuStreamSynchronize, free);
    CHECK(of_free == "x");
    CHECK(CU(cuStreamQuery, nullptr) == CUDA_ERROR_NOT_READY);
    CHECK(CU(cuStreamQuery, stream_legacy()) == CUDA_ERROR_NOT_READY);
    gate.open();
    CU_OK(cuStreamSynchronize, nullptr);
    CHECK(of_legacy == "x");

    Gate second(cu, nullptr);
    CU_OK(cuLaunchHostFunc, blocking, append, static_cast<void*>(&of_blocking));
    CHECK(CU(cuStreamQuery, blocking) == CUDA_ERROR_NOT_READY);
    CHECK(CU(cuStreamQuery, free) == CUDA_SUCCESS);
    second.open();
    CU_OK(cuStreamSynchronize, blocking);
    CHECK(of_blocking == "x");
    CU_OK(cuStreamDestroy_v2, blocking);
    CU_OK(cuStreamDestroy_v2, free);
  });
}

TEST_CASE("streams: each thread has a default stream of its own") {
  on_every_kind([](const DriverTable& cu) {
    CUcontext context = nullptr;
    CU_OK(cuCtxGetCurrent, &context);
    unsigned long long mine = 0;
    unsigned long long again = 0;
    unsigned long long legacy = 0;
    unsigned long long other = 0;
    CU_OK(cuStreamGetId, stream_per_thread(), &mine);
    CU_OK(cuStreamGetId_ptsz, nullptr, &again);
    CU_OK(cuStreamGetId, nullptr, &legacy);
    std::thread([&] {
      call(cu.cuCtxSetCurrent, context);
      call(cu.cuStreamGetId, stream_per_thread(), &other);
    }).join();
    CHECK(mine == again);
    CHECK(mine != legacy);
    CHECK(other != 0);
    CHECK(mine != other);
  });
}

TEST_CASE("streams: work goes on after its stream was destroyed, and the context waits for it") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    std::string seen;
    Gate gate(cu, stream);
    CU_OK(cuLaunchHostFunc, stream, append, static_cast<void*>(&seen));
    CU_OK(cuStreamDestroy_v2, stream);
    CHECK(CU(cuStreamQuery, stream) == CUDA_ERROR_INVALID_HANDLE);
    gate.open();
    CU_OK(cuCtxSynchronize);
    CHECK(seen == "x");
  });
}

TEST_CASE("streams: a callback is told its stream and how it went") {
  on_every_kind([](const DriverTable& cu) {
    struct Seen {
      CUstream stream = nullptr;
      CUresult status = CUDA_ERROR_UNKNOWN;
    } seen;
    CUstream stream = make_stream(cu);
    CU_OK(
        cuStreamAddCallback, stream,
        [](CUstream from, CUresult status, void* at) {
          *static_cast<Seen*>(at) = {from, status};
        },
        static_cast<void*>(&seen), 0);
    CU_OK(cuStreamSynchronize, stream);
    CHECK(seen.stream == stream);
    CHECK(seen.status == CUDA_SUCCESS);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("streams: flags, priority, context and device are what it was made with") {
  on_every_kind([](const DriverTable& cu) {
    CUcontext context = nullptr;
    CU_OK(cuCtxGetCurrent, &context);
    CUstream stream = nullptr;
    CU_OK(cuStreamCreateWithPriority, &stream, CU_STREAM_NON_BLOCKING, -100);
    unsigned flags = 0;
    int priority = 0;
    CUcontext of = nullptr;
    CUdevice device = 7;
    CUstreamCaptureStatus capture = CU_STREAM_CAPTURE_STATUS_ACTIVE;
    CU_OK(cuStreamGetFlags, stream, &flags);
    CU_OK(cuStreamGetPriority, stream, &priority);
    CU_OK(cuStreamGetCtx, stream, &of);
    CU_OK(cuStreamGetDevice, stream, &device);
    CU_OK(cuStreamIsCapturing, stream, &capture);
    CHECK(flags == CU_STREAM_NON_BLOCKING);
    CHECK(priority == -5);
    CHECK(of == context);
    CHECK(device == 0);
    CHECK(capture == CU_STREAM_CAPTURE_STATUS_NONE);
    CHECK(CU(cuStreamCreate, &stream, 2) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("streams: a written word lets a waiting stream go on") {
  on_every_kind([](const DriverTable& cu) {
    CUstream waiting = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUstream writing = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 8);
    CU_OK(cuMemsetD32_v2, at, 0, 2);
    std::string seen;
    CU_OK(cuStreamWaitValue32_v2, waiting, at, 5, 1);
    CU_OK(cuLaunchHostFunc, waiting, append, static_cast<void*>(&seen));
    CHECK(CU(cuStreamQuery, waiting) == CUDA_ERROR_NOT_READY);
    CU_OK(cuStreamWriteValue32_v2, writing, at, 5, 0);
    CU_OK(cuStreamSynchronize, waiting);
    CHECK(seen == "x");
    CHECK(CU(cuStreamWaitValue32_v2, waiting, at + 1, 5, 1) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFree_v2, at);
    CU_OK(cuStreamDestroy_v2, waiting);
    CU_OK(cuStreamDestroy_v2, writing);
  });
}

TEST_CASE("streams: attributes are kept, and copied") {
  on_every_kind([](const DriverTable& cu) {
    CUstream one = make_stream(cu);
    CUstream two = make_stream(cu);
    CUstreamAttrValue value{};
    value.accessPolicyWindow.num_bytes = 4096;
    CU_OK(cuStreamSetAttribute, one, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW, &value);
    CU_OK(cuStreamCopyAttributes, two, one);
    CUstreamAttrValue seen{};
    CU_OK(cuStreamGetAttribute, two, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW, &seen);
    CHECK(seen.accessPolicyWindow.num_bytes == 4096);
    CHECK(CU(cuStreamSetAttribute, one, CU_LAUNCH_ATTRIBUTE_COOPERATIVE, &value) ==
          CUDA_ERROR_INVALID_VALUE);
    for (CUstream stream : {one, two}) CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("streams: a batch of words is written in its order") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 16);
    std::array<CUstreamBatchMemOpParams_v1, 3> operations{};
    operations[0].writeValue.operation = CU_STREAM_MEM_OP_WRITE_VALUE_32;
    operations[0].writeValue.address = at;
    operations[0].writeValue.value = 7;
    operations[1].waitValue.operation = CU_STREAM_MEM_OP_WAIT_VALUE_32;
    operations[1].waitValue.address = at;
    operations[1].waitValue.value = 7;
    operations[1].waitValue.flags = 1;
    operations[2].writeValue.operation = CU_STREAM_MEM_OP_WRITE_VALUE_64;
    operations[2].writeValue.address = at + 8;
    operations[2].writeValue.value64 = 9;
    CU_OK(cuStreamBatchMemOp_v2, stream, 3, operations.data(), 0);
    CU_OK(cuStreamSynchronize, stream);
    std::array<cuuint64_t, 2> seen{};
    CU_OK(cuMemcpyDtoH_v2, seen.data(), at, 16);
    CHECK(static_cast<unsigned>(seen[0]) == 7);
    CHECK(seen[1] == 9);
    operations[1].waitValue.address = 64;
    CHECK(CU(cuStreamBatchMemOp_v2, stream, 3, operations.data(), 0) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFree_v2, at);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("streams: many threads may use many streams at a time") {
  on_every_kind([](const DriverTable& cu) {
    CUcontext context = nullptr;
    CU_OK(cuCtxGetCurrent, &context);
    constexpr int kThreads = 4;
    constexpr int kRounds = 50;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        const auto check = [&](CUresult result) { wrong += result != CUDA_SUCCESS; };
        check(call(cu.cuCtxSetCurrent, context));
        for (int i = 0; i < kRounds; ++i) {
          CUstream stream = nullptr;
          CUdeviceptr at = 0;
          std::vector<unsigned> back(256);
          check(call(cu.cuStreamCreate, &stream, 0U));
          check(call(cu.cuMemAlloc_v2, &at, std::size_t{1024}));
          const auto value = static_cast<unsigned>(t * kRounds + i);
          check(call(cu.cuMemsetD32Async, at, value, std::size_t{256}, stream));
          check(call(cu.cuMemcpyDtoHAsync_v2, static_cast<void*>(back.data()), at,
                     std::size_t{1024}, stream));
          check(call(cu.cuStreamSynchronize, stream));
          wrong += back != std::vector<unsigned>(256, value);
          check(call(cu.cuMemFree_v2, at));
          check(call(cu.cuStreamDestroy_v2, stream));
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  });
}

}  // namespace
}  // namespace vgpu::conformance
