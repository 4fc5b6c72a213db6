// Graphs that allocate memory, and memory that goes before a graph runs.
#include "tests/conformance/test_graph.h"

namespace vgpu::conformance {

TEST_CASE("graphs: memory of a graph has one address, and counts while it is allocated") {
  on_every_kind([](const DriverTable& cu) {
    CUDA_MEM_ALLOC_NODE_PARAMS_v1 params{};
    params.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    params.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    params.bytesize = 1000;
    const auto used = [&] {
      cuuint64_t bytes = 0;
      CU_OK(cuDeviceGetGraphMemAttribute, 0, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, &bytes);
      return bytes;
    };
    const TestGraph graph(cu);
    CUgraphNode allocation = nullptr;
    CU_OK(cuGraphAddMemAllocNode, &allocation, graph.graph, nullptr, 0, &params);
    const CUdeviceptr at = params.dptr;
    CUgraphNode fill = graph.fill(at, 6, 250, {allocation});
    CHECK(used() == 0);
    CUgraphExec exec = graph.instantiate();
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(word(cu, at + 996) == 6);
    CHECK(used() >= 1000);
    CHECK(CU(cuGraphLaunch, exec, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFreeAsync, at, nullptr);
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(word(cu, at) == 6);
    CU_OK(cuMemFree_v2, at);
    CHECK(used() == 0);
    CU_OK(cuGraphExecDestroy, exec);

    CUgraphNode end = nullptr;
    CU_OK(cuGraphAddMemFreeNode, &end, graph.graph, &fill, 1, at);
    exec = graph.instantiate();
    for (int i = 0; i < 3; ++i) CU_OK(cuGraphLaunch, exec, nullptr);
    CU_OK(cuCtxSynchronize);
    CHECK(used() == 0);
    CU_OK(cuGraphExecDestroy, exec);
    CUgraph clone = nullptr;
    CHECK(CU(cuGraphClone, &clone, graph.graph) == CUDA_ERROR_NOT_SUPPORTED);
  });
}

TEST_CASE("graphs: a copy to memory that is gone is an illegal address, not the program's end") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, std::size_t{4} << 20);
    const TestGraph graph(cu);
    graph.fill(at, 1, 1000);
    CUgraphExec exec = graph.instantiate();
    CU_OK(cuMemFree_v2, at);
    CU_OK(cuGraphLaunch, exec, nullptr);
    CHECK(CU(cuCtxSynchronize) == CUDA_ERROR_ILLEGAL_ADDRESS);
    CU_OK(cuGraphExecDestroy, exec);
  });
}

}  // namespace vgpu::conformance
