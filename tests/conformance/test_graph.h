#pragma once

#include <vector>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {

/// A graph of the API's making, with what the cases need of it.
struct TestGraph {
  explicit TestGraph(const DriverTable& table) : cu(table) { CU_OK(cuGraphCreate, &graph, 0); }
  TestGraph(const TestGraph&) = delete;
  TestGraph& operator=(const TestGraph&) = delete;
  ~TestGraph() { CHECK(CU(cuGraphDestroy, graph) == CUDA_SUCCESS); }

  CUgraphNode host(CUhostFn function, void* data, std::vector<CUgraphNode> after = {}) const {
    const CUDA_HOST_NODE_PARAMS_v1 params{function, data};
    CUgraphNode node = nullptr;
    CU_OK(cuGraphAddHostNode, &node, graph, after.data(), after.size(), &params);
    return node;
  }
  CUgraphNode fill(CUdeviceptr at, unsigned value, std::size_t words,
                   std::vector<CUgraphNode> after = {}) const {
    const CUDA_MEMSET_NODE_PARAMS_v1 params{at, 0, value, 4, words, 1};
    CUgraphNode node = nullptr;
    CU_OK(cuGraphAddMemsetNode, &node, graph, after.data(), after.size(), &params, nullptr);
    return node;
  }
  CUgraphExec instantiate() const {
    CUgraphExec exec = nullptr;
    CU_OK(cuGraphInstantiateWithFlags, &exec, graph, 0);
    return exec;
  }
  void run() const {
    CUgraphExec exec = instantiate();
    CU_OK(cuGraphLaunch, exec, nullptr);
    CU_OK(cuGraphExecDestroy, exec);
    CU_OK(cuCtxSynchronize);
  }

  const DriverTable& cu;
  CUgraph graph = nullptr;
};

inline unsigned word(const DriverTable& cu, CUdeviceptr at) {
  unsigned value = 0;
  CU_OK(cuMemcpyDtoH_v2, &value, at, 4);
  return value;
}

}  // namespace vgpu::conformance
