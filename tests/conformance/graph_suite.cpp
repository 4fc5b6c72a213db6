#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "tests/conformance/gate.h"
#include "tests/conformance/kind.h"
#include "tests/conformance/programs.h"
#include "tests/conformance/test_graph.h"

namespace vgpu::conformance {
namespace {

struct Mark {
  std::string* to;
  char letter;
};
void write_mark(void* at) {
  const auto* const mark = static_cast<const Mark*>(at);
  *mark->to += mark->letter;
}

struct Scaling {
  CUdeviceptr to;
  unsigned char offset = 1;
  unsigned n = 1;
  unsigned by = 2;
  std::array<void*, 4> pointers{&to, &offset, &n, &by};

  explicit Scaling(CUdeviceptr at) : to(at) {}
  Scaling(const Scaling&) = delete;
  Scaling& operator=(const Scaling&) = delete;
};

CUfunction find_scale(const DriverTable& cu) {
  CUmodule module = nullptr;
  CUfunction scale = nullptr;
  CU_OK(cuModuleLoadData, &module, kProgram);
  CU_OK(cuModuleGetFunction, &scale, module, "scale");
  return scale;
}

TEST_CASE("graphs: a node runs after all that it depends on") {
  on_every_kind([](const DriverTable& cu) {
    std::string seen;
    std::array<Mark, 4> marks{{{&seen, 'a'}, {&seen, 'b'}, {&seen, 'c'}, {&seen, 'd'}}};
    const TestGraph graph(cu);
    CUgraphNode d = graph.host(write_mark, &marks[3]);
    CUgraphNode a = graph.host(write_mark, &marks[0]);
    CUgraphNode b = graph.host(write_mark, &marks[1], {a});
    CUgraphNode c = graph.host(write_mark, &marks[2], {a});
    const std::array from{b, c};
    const std::array to{d, d};
    CU_OK(cuGraphAddDependencies, graph.graph, from.data(), to.data(), 2);
    CHECK(CU(cuGraphAddDependencies, graph.graph, from.data(), to.data(), 1) ==
          CUDA_ERROR_INVALID_VALUE);
    graph.run();
    REQUIRE(seen.size() == 4);
    CHECK(seen.front() == 'a');
    CHECK(seen.back() == 'd');

    std::size_t edges = 0;
    CU_OK(cuGraphGetEdges, graph.graph, nullptr, nullptr, &edges);
    CHECK(edges == 4);
    std::size_t roots = 4;
    std::array<CUgraphNode, 4> found{};
    CU_OK(cuGraphGetRootNodes, graph.graph, found.data(), &roots);
    CHECK(roots == 1);
    CHECK(found[0] == a);
    CHECK(found[1] == nullptr);
    CU_OK(cuGraphAddDependencies, graph.graph, &d, &a, 1);  // a circle
    CUgraphExec exec = nullptr;
    CHECK(CU(cuGraphInstantiateWithFlags, &exec, graph.graph, 0) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuGraphRemoveDependencies, graph.graph, &d, &a, 1);
    CU_OK(cuGraphDestroyNode, b);
    CHECK(CU(cuGraphDestroyNode, b) == CUDA_ERROR_INVALID_VALUE);
    seen.clear();
    graph.run();
    CHECK(seen == "acd");
  });
}

TEST_CASE("graphs: a kernel node keeps a copy of its parameters, and tells them") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 64);
    CUfunction scale = find_scale(cu);
    const TestGraph graph(cu);
    CUgraphNode first = graph.fill(at, 10, 1);
    CUgraphNode kernel = nullptr;
    {
      Scaling arguments(at);
      const CUDA_KERNEL_NODE_PARAMS_v1 params{
          scale, 1, 1, 1, 32, 1, 1, 0, arguments.pointers.data(), nullptr};
      CU_OK(cuGraphAddKernelNode, &kernel, graph.graph, &first, 1, &params);
      arguments.by = 99;
    }
    CUgraphExec exec = graph.instantiate();
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(word(cu, at) == 21);

    CUDA_KERNEL_NODE_PARAMS_v1 told{};
    CU_OK(cuGraphKernelNodeGetParams, kernel, &told);
    CHECK(told.func == scale);
    CHECK(told.blockDimX == 32);
    CHECK(*static_cast<unsigned*>(told.kernelParams[3]) == 2);
    Scaling other(at);
    other.by = 5;
    told.kernelParams = other.pointers.data();
    CU_OK(cuGraphExecKernelNodeSetParams, exec, kernel, &told);
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(word(cu, at) == 51);
    CHECK(CU(cuGraphExecKernelNodeSetParams, exec, first, &told) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuGraphNodeSetEnabled, exec, kernel, 0);
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(word(cu, at) == 10);
    CU_OK(cuGraphExecDestroy, exec);
    graph.run();  // the graph itself is as it was
    CHECK(word(cu, at) == 21);
    CU_OK(cuMemFree_v2, at);
  });
}

TEST_CASE("graphs: an update takes the new parameters, and refuses another shape") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 64);
    const TestGraph one(cu);
    const TestGraph same(cu);
    const TestGraph longer(cu);
    const TestGraph other(cu);
    const TestGraph unordered(cu);
    one.fill(at, 1, 1, {one.fill(at + 4, 1, 1)});
    same.fill(at, 2, 1, {same.fill(at + 4, 3, 1)});
    longer.fill(at, 1, 1, {longer.fill(at, 1, 1, {longer.fill(at, 1, 1)})});
    std::string seen;
    CUgraphNode host = other.host(append, &seen, {other.fill(at + 4, 1, 1)});
    unordered.fill(at, 1, 1);
    unordered.fill(at + 4, 1, 1);
    CUgraphExec exec = one.instantiate();
    CUgraphExecUpdateResultInfo info{};
    CU_OK(cuGraphExecUpdate_v2, exec, same.graph, &info);
    CHECK(info.result == CU_GRAPH_EXEC_UPDATE_SUCCESS);
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(word(cu, at) == 2);
    CHECK(word(cu, at + 4) == 3);
    const auto refused = [&](const TestGraph& graph) {
      CHECK(CU(cuGraphExecUpdate_v2, exec, graph.graph, &info) ==
            CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
      return info.result;
    };
    CHECK(refused(longer) == CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
    CHECK(refused(unordered) == CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
    CHECK(refused(other) == CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED);
    CHECK(info.errorNode == host);
    CU_OK(cuGraphExecDestroy, exec);
    CU_OK(cuMemFree_v2, at);
  });
}

TEST_CASE("graphs: a clone and a child graph have nodes of their own") {
  on_every_kind([](const DriverTable& cu) {
    std::string seen;
    std::array<Mark, 3> marks{{{&seen, 'a'}, {&seen, 'b'}, {&seen, 'c'}}};
    const TestGraph inner(cu);
    CUgraphNode b = inner.host(write_mark, &marks[1]);
    CUgraph clone = nullptr;
    CU_OK(cuGraphClone, &clone, inner.graph);
    CUgraphNode copy = nullptr;
    CU_OK(cuGraphNodeFindInClone, &copy, b, clone);
    CHECK(copy != b);
    CU_OK(cuGraphDestroy, clone);
    CHECK(CU(cuGraphDestroyNode, copy) == CUDA_ERROR_INVALID_VALUE);

    const TestGraph outer(cu);
    CUgraphNode a = outer.host(write_mark, &marks[0]);
    CUgraphNode child = nullptr;
    CU_OK(cuGraphAddChildGraphNode, &child, outer.graph, &a, 1, inner.graph);
    outer.host(write_mark, &marks[2], {child});
    CUgraph within = nullptr;
    CU_OK(cuGraphChildGraphNodeGetGraph, child, &within);
    CHECK(within != inner.graph);
    CHECK(CU(cuGraphDestroy, within) == CUDA_ERROR_INVALID_VALUE);
    outer.run();
    CHECK(seen == "abc");

    CUstream stream = make_stream(cu);
    CUgraphExec exec = outer.instantiate();
    CU_OK(cuStreamBeginCapture_v2, stream, CU_STREAM_CAPTURE_MODE_RELAXED);
    CU_OK(cuGraphLaunch, exec, stream);
    CUgraph captured = nullptr;
    CU_OK(cuStreamEndCapture, stream, &captured);
    CU_OK(cuGraphExecDestroy, exec);
    CU_OK(cuGraphInstantiateWithFlags, &exec, captured, 0);
    seen.clear();
    CU_OK(cuGraphLaunch, exec, stream);
    CU_OK(cuStreamSynchronize, stream);
    CHECK(seen == "abc");
    CU_OK(cuGraphExecDestroy, exec);
    CU_OK(cuGraphDestroy, captured);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("graphs: events of nodes are those of streams") {
  on_every_kind([](const DriverTable& cu) {
    CUstream gated = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUstream stream = make_stream(cu, CU_STREAM_NON_BLOCKING);
    CUevent start = nullptr;
    CUevent end = nullptr;
    CU_OK(cuEventCreate, &start, 0);
    CU_OK(cuEventCreate, &end, 0);
    std::string seen;
    const TestGraph graph(cu);
    CUgraphNode wait = nullptr;
    CU_OK(cuGraphAddEventWaitNode, &wait, graph.graph, nullptr, 0, start);
    CUgraphNode host = graph.host(append, &seen, {wait});
    CUgraphNode record = nullptr;
    CU_OK(cuGraphAddEventRecordNode, &record, graph.graph, &host, 1, end);
    CUgraphExec exec = graph.instantiate();
    {
      const Gate gate(cu, gated);
      CU_OK(cuEventRecord, start, gated);
      CU_OK(cuGraphLaunch, exec, stream);
      CHECK(CU(cuEventQuery, end) == CUDA_ERROR_NOT_READY);
      CHECK(CU(cuStreamQuery, stream) == CUDA_ERROR_NOT_READY);
    }
    CU_OK(cuEventSynchronize, end);
    CHECK(seen == "x");
    CU_OK(cuStreamSynchronize, stream);
    CU_OK(cuGraphExecDestroy, exec);
    for (CUstream each : {gated, stream}) CU_OK(cuStreamDestroy_v2, each);
  });
}

TEST_CASE("graphs: a user object lives as long as somebody refers to it") {
  on_every_kind([](const DriverTable& cu) {
    std::string ended;
    CUuserObject object = nullptr;
    CU_OK(cuUserObjectCreate, &object, static_cast<void*>(&ended), append, 2, 1);
    {
      const TestGraph graph(cu);
      CU_OK(cuGraphRetainUserObject, graph.graph, object, 1, 1);  // moved
      CU_OK(cuUserObjectRelease, object, 1);
      CHECK(ended.empty());
    }
    CHECK(ended == "x");
    CHECK(CU(cuUserObjectRelease, object, 1) == CUDA_ERROR_INVALID_VALUE);
  });
}

}  // namespace
}  // namespace vgpu::conformance
