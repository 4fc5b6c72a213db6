#include <string>

#include "tests/conformance/gate.h"
#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

TEST_CASE("events: a stream waits for another's event, and only for what was recorded") {
  on_every_kind([](const DriverTable& cu) {
    CUstream first = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUstream second = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUevent event = nullptr;
    CU_OK(cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
    CU_OK(cuStreamWaitEvent, second, event, 0);  // never recorded: nothing to wait for
    CU_OK(cuStreamSynchronize, second);
    Gate gate(cu, first);
    CU_OK(cuEventRecord, event, first);
    CU_OK(cuStreamWaitEvent, second, event, 0);
    std::string seen;
    CU_OK(cuLaunchHostFunc, second, append, static_cast<void*>(&seen));
    CHECK(CU(cuStreamQuery, second) == CUDA_ERROR_NOT_READY);
    CHECK(CU(cuEventQuery, event) == CUDA_ERROR_NOT_READY);
    CU_OK(cuEventDestroy_v2, event);  // what waits for it goes on waiting
    gate.open();
    CU_OK(cuStreamSynchronize, second);
    CHECK(seen == "x");
    CU_OK(cuStreamDestroy_v2, first);
    CU_OK(cuStreamDestroy_v2, second);
  });
}

TEST_CASE("events: time passes between two of them, and only timed and recorded ones tell it") {
  on_every_kind([](const DriverTable& cu) {
    CUevent start = nullptr;
    CUevent end = nullptr;
    CUevent untimed = nullptr;
    float milliseconds = -1;
    CU_OK(cuEventCreate, &start, 0);
    CU_OK(cuEventCreate, &end, CU_EVENT_BLOCKING_SYNC);
    CU_OK(cuEventCreate, &untimed, CU_EVENT_DISABLE_TIMING);
    CHECK(CU(cuEventQuery, start) == CUDA_SUCCESS);
    CHECK(CU(cuEventElapsedTime, &milliseconds, start, end) == CUDA_ERROR_INVALID_HANDLE);
    CUstream stream = make_stream(cu);
    CU_OK(cuEventRecord, start, stream);
    {
      const Gate gate(cu, stream);
      CU_OK(cuEventRecord, end, stream);
      CHECK(CU(cuEventElapsedTime, &milliseconds, start, end) == CUDA_ERROR_NOT_READY);
    }
    CU_OK(cuEventSynchronize, end);
    CU_OK(cuEventElapsedTime, &milliseconds, start, end);
    CHECK(milliseconds >= 0);
    CU_OK(cuEventRecord, untimed, stream);
    CHECK(CU(cuEventElapsedTime, &milliseconds, start, untimed) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(CU(cuEventCreate, &start, 0x100) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuEventRecord, nullptr, stream) == CUDA_ERROR_INVALID_HANDLE);
    CU_OK(cuEventDestroy_v2, untimed);
    CHECK(CU(cuEventDestroy_v2, untimed) == CUDA_ERROR_INVALID_HANDLE);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

}  // namespace
}  // namespace vgpu::conformance
