#pragma once

#include <vector>

#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/graph.h"

/// The program's descriptions of nodes and edges, read and written.
namespace vgpu::cpu::api {

/// Errors: INVALID_VALUE for what is no node, or an edge that cannot be.
std::vector<GraphNode::Edge> edges_of(const CUgraphNode* nodes, const CUgraphEdgeData* data,
                                      std::size_t count);

/// Fills the program's array of `*count` elements and sets the rest to null; without an array only
/// counts. Source: CUDA Driver API reference, cuGraphGetNodes.
void tell_edges(const std::vector<GraphNode::Edge>& found, CUgraphNode* nodes,
                CUgraphEdgeData* data, std::size_t* count);

/// The work that a description means, checked. Errors: as the call that does it in a stream.
Work work_of(const CUDA_KERNEL_NODE_PARAMS_v2* params);
Work work_of(const CUDA_KERNEL_NODE_PARAMS_v1* params);
Work work_of(const CUDA_MEMCPY3D* params, CUcontext context);
Work work_of(const CUDA_MEMSET_NODE_PARAMS_v1* params);
Work work_of(const CUDA_HOST_NODE_PARAMS_v1* params);
Work work_of(const CUDA_BATCH_MEM_OP_NODE_PARAMS_v1* params);
Work work_of_child(CUgraph child);
Work work_of_event(CUevent event, bool records);
/// Also tells the address.
Work work_of(CUDA_MEM_ALLOC_NODE_PARAMS_v1* params);
Work work_of_free(CUdeviceptr address);
Work work_of(CUgraphNodeParams* params);

/// A node's work of the kind that is asked for. Errors: INVALID_VALUE.
template <class Kind>
const Kind& work_as(const GraphNode& node) {
  const auto* const found = std::get_if<Kind>(node.work.get());
  if (found == nullptr) fail(CUDA_ERROR_INVALID_VALUE, "the node is of another type");
  return *found;
}

}  // namespace vgpu::cpu::api
