#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/graph_arguments.h"

namespace vgpu::cpu::api {
namespace {

/// Adds a node whose work `make` makes when all else was found to be right.
template <class Make>
CUresult add(CUgraphNode* node, CUgraph handle, const CUgraphNode* dependencies,
             const CUgraphEdgeData* data, std::size_t count, Make make) {
  require_value(node != nullptr, "phGraphNode is null");
  const std::lock_guard lock(graph_mutex());
  const auto graph = find_graph(handle);
  const auto edges = edges_of(dependencies, data, count);
  *node = handle_of(*graph->add(make(), edges));
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuGraphAddNode_v2(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                           const CUgraphEdgeData* edges, std::size_t count,
                           CUgraphNodeParams* params) {
  return add(node, graph, dependencies, edges, count, [=] { return work_of(params); });
}

CUresult cuGraphAddNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                        std::size_t count, CUgraphNodeParams* params) {
  return cuGraphAddNode_v2(node, graph, dependencies, nullptr, count, params);
}

CUresult cuGraphAddKernelNode_v2(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                                 std::size_t count, const CUDA_KERNEL_NODE_PARAMS_v2* params) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params); });
}

CUresult cuGraphAddKernelNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                              std::size_t count, const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params); });
}

CUresult cuGraphAddMemcpyNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                              std::size_t count, const CUDA_MEMCPY3D* params, CUcontext context) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params, context); });
}

CUresult cuGraphAddMemsetNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                              std::size_t count, const CUDA_MEMSET_NODE_PARAMS_v1* params,
                              CUcontext) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params); });
}

CUresult cuGraphAddHostNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                            std::size_t count, const CUDA_HOST_NODE_PARAMS_v1* params) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params); });
}

CUresult cuGraphAddChildGraphNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                                  std::size_t count, CUgraph child) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of_child(child); });
}

CUresult cuGraphAddEmptyNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                             std::size_t count) {
  return add(node, graph, dependencies, nullptr, count, [] { return Work{Nothing{}}; });
}

CUresult cuGraphAddEventRecordNode(CUgraphNode* node, CUgraph graph,
                                   const CUgraphNode* dependencies, std::size_t count,
                                   CUevent event) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of_event(event, true); });
}

CUresult cuGraphAddEventWaitNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                                 std::size_t count, CUevent event) {
  return add(node, graph, dependencies, nullptr, count,
             [=] { return work_of_event(event, false); });
}

CUresult cuGraphAddMemAllocNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                                std::size_t count, CUDA_MEM_ALLOC_NODE_PARAMS_v1* params) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params); });
}

CUresult cuGraphAddMemFreeNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                               std::size_t count, CUdeviceptr address) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of_free(address); });
}

CUresult cuGraphAddBatchMemOpNode(CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                                  std::size_t count,
                                  const CUDA_BATCH_MEM_OP_NODE_PARAMS_v1* params) {
  return add(node, graph, dependencies, nullptr, count, [=] { return work_of(params); });
}

}  // namespace vgpu::cpu::api
