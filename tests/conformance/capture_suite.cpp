#include <thread>
#include <vector>

#include "tests/conformance/gate.h"
#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

void begin(const DriverTable& cu, CUstream stream,
           CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED) {
  CU_OK(cuStreamBeginCapture_v2, stream, mode);
}

CUevent make_event(const DriverTable& cu) {
  CUevent event = nullptr;
  CU_OK(cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
  return event;
}

std::size_t node_count(const DriverTable& cu, CUgraph graph) {
  std::size_t count = 0;
  CU_OK(cuGraphGetNodes, graph, nullptr, &count);
  return count;
}

TEST_CASE("capture: what is captured runs when its graph is launched, and only then") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    std::string seen;
    begin(cu, stream);
    CU_OK(cuLaunchHostFunc, stream, append, static_cast<void*>(&seen));
    CU_OK(cuLaunchHostFunc, stream, append, static_cast<void*>(&seen));
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    CU_OK(cuStreamIsCapturing, stream, &status);
    CHECK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE);
    CUgraph graph = nullptr;
    CU_OK(cuStreamEndCapture, stream, &graph);
    CHECK(seen.empty());
    CHECK(node_count(cu, graph) == 2);
    CUgraphExec exec = nullptr;
    CU_OK(cuGraphInstantiateWithFlags, &exec, graph, 0);
    CU_OK(cuGraphLaunch, exec, stream);
    CU_OK(cuGraphLaunch, exec, stream);
    CU_OK(cuStreamSynchronize, stream);
    CHECK(seen == "xxxx");
    CU_OK(cuGraphExecDestroy, exec);
    CU_OK(cuGraphDestroy, graph);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("capture: a stream joins by an event, and must be joined before the end") {
  on_every_kind([](const DriverTable& cu) {
    CUstream one = make_stream(cu);
    CUstream two = make_stream(cu);
    CUevent fork = make_event(cu);
    CUevent join = make_event(cu);
    std::string seen;
    for (const bool joined : {false, true}) {
      begin(cu, one);
      CU_OK(cuEventRecord, fork, one);
      CU_OK(cuStreamWaitEvent, two, fork, 0);
      CU_OK(cuLaunchHostFunc, two, append, static_cast<void*>(&seen));
      CU_OK(cuEventRecord, join, two);
      if (joined) CU_OK(cuStreamWaitEvent, one, join, 0);
      CUgraph graph = nullptr;
      CHECK(CU(cuStreamEndCapture, two, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
      const CUresult result = CU(cuStreamEndCapture, one, &graph);
      CHECK(result == (joined ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_UNJOINED));
      CHECK((graph != nullptr) == joined);
      CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_ACTIVE;
      CU_OK(cuStreamIsCapturing, two, &status);
      CHECK(status == CU_STREAM_CAPTURE_STATUS_NONE);
      if (joined) CU_OK(cuGraphDestroy, graph);
    }
    CHECK(CU(cuEventQuery, join) == CUDA_ERROR_CAPTURED_EVENT);
    CU_OK(cuEventRecord, join, two);
    CU_OK(cuEventSynchronize, join);
    for (CUstream stream : {one, two}) CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("capture: work from outside cannot come in") {
  on_every_kind([](const DriverTable& cu) {
    CUstream one = make_stream(cu);
    CUstream two = make_stream(cu);
    CUevent outside = make_event(cu);
    CU_OK(cuEventRecord, outside, two);
    begin(cu, one);
    CHECK(CU(cuStreamWaitEvent, one, outside, 0) == CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    CUgraph graph = nullptr;
    CHECK(CU(cuStreamEndCapture, one, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(graph == nullptr);
    CHECK(CU(cuStreamEndCapture, one, &graph) == CUDA_ERROR_ILLEGAL_STATE);

    begin(cu, one);
    begin(cu, two);
    CUevent of_one = make_event(cu);
    CU_OK(cuEventRecord, of_one, one);
    CHECK(CU(cuStreamWaitEvent, two, of_one, 0) == CUDA_ERROR_STREAM_CAPTURE_MERGE);
    CHECK(CU(cuStreamEndCapture, one, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(CU(cuStreamEndCapture, two, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    for (CUstream stream : {one, two}) CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("capture: what cannot be captured breaks it") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    CUgraph graph = nullptr;
    const auto breaks = [&](CUresult result, CUresult expected) {
      CHECK(result == expected);
      CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
      CU_OK(cuStreamIsCapturing, stream, &status);
      CHECK(status == CU_STREAM_CAPTURE_STATUS_INVALIDATED);
      CHECK(CU(cuMemsetD8Async, 0, 0, 0, stream) == CUDA_SUCCESS);
      CHECK(CU(cuStreamEndCapture, stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    };
    begin(cu, stream);
    breaks(CU(cuStreamSynchronize, stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    begin(cu, stream);
    breaks(CU(cuStreamQuery, stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    begin(cu, stream);
    breaks(CU(cuCtxSynchronize), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    begin(cu, stream);
    breaks(CU(cuLaunchHostFunc, nullptr, append, static_cast<void*>(&graph)),
           CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    CHECK(CU(cuStreamBeginCapture_v2, nullptr, CU_STREAM_CAPTURE_MODE_RELAXED) ==
          CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    begin(cu, stream);
    CHECK(CU(cuStreamBeginCapture_v2, stream, CU_STREAM_CAPTURE_MODE_RELAXED) ==
          CUDA_ERROR_ILLEGAL_STATE);
    CU_OK(cuStreamEndCapture, stream, &graph);
    CHECK(node_count(cu, graph) == 0);
    CU_OK(cuGraphDestroy, graph);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("capture: its mode and the thread's say which calls are unsafe") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUcontext context = nullptr;
    CU_OK(cuCtxGetCurrent, &context);
    const auto allocate = [&] {
      CUdeviceptr at = 0;
      const CUresult result = call(cu.cuMemAlloc_v2, &at, std::size_t{16});
      if (at != 0) call(cu.cuMemFree_v2, at);
      return result;
    };
    const auto elsewhere = [&] {
      CUresult result = CUDA_ERROR_UNKNOWN;
      std::thread([&] {
        call(cu.cuCtxSetCurrent, context);
        result = allocate();
      }).join();
      return result;
    };
    CUgraph graph = nullptr;
    struct Row {
      CUstreamCaptureMode mode;
      CUresult here, there;
    };
    constexpr CUresult kNo = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    constexpr Row kRows[] = {{CU_STREAM_CAPTURE_MODE_GLOBAL, kNo, kNo},
                             {CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, kNo, CUDA_SUCCESS},
                             {CU_STREAM_CAPTURE_MODE_RELAXED, CUDA_SUCCESS, CUDA_SUCCESS}};
    for (const Row& row : kRows) {
      begin(cu, stream, row.mode);
      CHECK(elsewhere() == row.there);
      CU(cuStreamEndCapture, stream, &graph);
      begin(cu, stream, row.mode);
      CHECK(allocate() == row.here);
      CHECK((CU(cuStreamEndCapture, stream, &graph) == CUDA_SUCCESS) == (row.here == CUDA_SUCCESS));
    }
    auto mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    CU_OK(cuThreadExchangeStreamCaptureMode, &mode);
    CHECK(mode == CU_STREAM_CAPTURE_MODE_GLOBAL);
    begin(cu, stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
    CHECK(allocate() == CUDA_SUCCESS);
    CU_OK(cuThreadExchangeStreamCaptureMode, &mode);
    CU_OK(cuStreamEndCapture, stream, &graph);
    begin(cu, stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
    CUresult ended = CUDA_SUCCESS;
    std::thread([&] {
      call(cu.cuCtxSetCurrent, context);
      ended = call(cu.cuStreamEndCapture, stream, &graph);
    }).join();
    CHECK(ended == CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    CU_OK(cuStreamEndCapture, stream, &graph);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("capture: its graph can be looked at and steered while it goes on") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    std::string seen;
    begin(cu, stream);
    CU_OK(cuLaunchHostFunc, stream, append, static_cast<void*>(&seen));
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    cuuint64_t id = 0;
    CUgraph graph = nullptr;
    const CUgraphNode* nodes = nullptr;
    const CUgraphEdgeData* edges = nullptr;
    std::size_t count = 0;
    CU_OK(cuStreamGetCaptureInfo_v3, stream, &status, &id, &graph, &nodes, &edges, &count);
    CHECK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE);
    CHECK(id != 0);
    REQUIRE(count == 1);
    CUgraphNode mine = nullptr;
    CU_OK(cuGraphAddEmptyNode, &mine, graph, nodes, count);
    CU_OK(cuStreamUpdateCaptureDependencies, stream, &mine, 1, CU_STREAM_SET_CAPTURE_DEPENDENCIES);
    CU_OK(cuLaunchHostFunc, stream, append, static_cast<void*>(&seen));
    CUgraph ended = nullptr;
    CU_OK(cuStreamEndCapture, stream, &ended);
    CHECK(ended == graph);
    std::size_t dependents = 1;
    CUgraphNode last = nullptr;
    CU_OK(cuGraphNodeGetDependentNodes, mine, &last, &dependents);
    CHECK(dependents == 1);
    CHECK(node_count(cu, graph) == 3);

    CU_OK(cuStreamBeginCaptureToGraph, stream, graph, &last, nullptr, 1,
          CU_STREAM_CAPTURE_MODE_RELAXED);
    CU_OK(cuLaunchHostFunc, stream, append, static_cast<void*>(&seen));
    CU_OK(cuStreamEndCapture, stream, &ended);
    CHECK(node_count(cu, graph) == 4);
    CU_OK(cuGraphDestroy, graph);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("capture: a stream that has joined may be destroyed once it was waited for") {
  on_every_kind([](const DriverTable& cu) {
    CUstream one = make_stream(cu);
    CUevent fork = make_event(cu);
    CUevent join = make_event(cu);
    std::string seen;
    for (const bool joined : {true, false}) {
      CUstream two = make_stream(cu);
      begin(cu, one);
      CU_OK(cuEventRecord, fork, one);
      CU_OK(cuStreamWaitEvent, two, fork, 0);
      CU_OK(cuLaunchHostFunc, two, append, static_cast<void*>(&seen));
      CU_OK(cuEventRecord, join, two);
      if (joined) CU_OK(cuStreamWaitEvent, one, join, 0);
      CU_OK(cuStreamDestroy_v2, two);
      CUgraph graph = nullptr;
      CHECK(CU(cuStreamEndCapture, one, &graph) ==
            (joined ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_UNJOINED));
      if (joined) CU_OK(cuGraphDestroy, graph);
    }
    CU_OK(cuStreamDestroy_v2, one);
  });
}

TEST_CASE("capture: a stream that is destroyed takes its capture along") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = make_stream(cu);
    begin(cu, stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
    CU_OK(cuStreamDestroy_v2, stream);
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 16);
    CU_OK(cuMemFree_v2, at);
  });
}

}  // namespace
}  // namespace vgpu::conformance
