#include <algorithm>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/graph_arguments.h"
#include "shim/cpu/driver/error.h"

namespace vgpu::cpu::api {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;
using Edges = std::vector<GraphNode::Edge>;

CUresult tell_nodes(CUgraph handle, CUgraphNode* nodes, std::size_t* count, bool roots_only) {
  const Lock lock(graph_mutex());
  Edges found;
  for (const auto& node : find_graph(handle)->nodes())
    if (!roots_only || node->dependencies.empty()) found.push_back({node, {}});
  tell_edges(found, nodes, nullptr, count);
  return CUDA_SUCCESS;
}

std::shared_ptr<GraphNode> shared(GraphNode* node) { return find_node(handle_of(*node)); }

}  // namespace

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, std::size_t* count) {
  return tell_nodes(graph, nodes, count, false);
}

CUresult cuGraphGetRootNodes(CUgraph graph, CUgraphNode* nodes, std::size_t* count) {
  return tell_nodes(graph, nodes, count, true);
}

CUresult cuGraphGetEdges_v2(CUgraph handle, CUgraphNode* from, CUgraphNode* to,
                            CUgraphEdgeData* data, std::size_t* count) {
  require_value(count != nullptr && (from == nullptr) == (to == nullptr),
                "numEdges is null, or one of from and to");
  const Lock lock(graph_mutex());
  Edges sources;
  Edges targets;
  for (const auto& node : find_graph(handle)->nodes())
    for (const auto& edge : node->dependencies) {
      sources.push_back(edge);
      targets.push_back({node, {}});
    }
  std::size_t room = *count;
  tell_edges(sources, from, data, count);
  tell_edges(targets, to, nullptr, &room);
  return CUDA_SUCCESS;
}

CUresult cuGraphGetEdges(CUgraph graph, CUgraphNode* from, CUgraphNode* to, std::size_t* count) {
  return cuGraphGetEdges_v2(graph, from, to, nullptr, count);
}

CUresult cuGraphNodeGetDependencies_v2(CUgraphNode handle, CUgraphNode* nodes,
                                       CUgraphEdgeData* data, std::size_t* count) {
  const Lock lock(graph_mutex());
  tell_edges(find_node(handle)->dependencies, nodes, data, count);
  return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetDependencies(CUgraphNode node, CUgraphNode* nodes, std::size_t* count) {
  return cuGraphNodeGetDependencies_v2(node, nodes, nullptr, count);
}

CUresult cuGraphNodeGetDependentNodes_v2(CUgraphNode handle, CUgraphNode* nodes,
                                         CUgraphEdgeData* data, std::size_t* count) {
  const Lock lock(graph_mutex());
  const auto node = find_node(handle);
  Edges found;
  for (GraphNode* const after : node->dependents) {
    const auto edge = std::ranges::find(after->dependencies, node, &GraphNode::Edge::from);
    found.push_back({shared(after), edge->data});
  }
  tell_edges(found, nodes, data, count);
  return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetDependentNodes(CUgraphNode node, CUgraphNode* nodes, std::size_t* count) {
  return cuGraphNodeGetDependentNodes_v2(node, nodes, nullptr, count);
}

CUresult cuGraphAddDependencies_v2(CUgraph handle, const CUgraphNode* from, const CUgraphNode* to,
                                   const CUgraphEdgeData* data, std::size_t count) {
  const Lock lock(graph_mutex());
  const auto graph = find_graph(handle);
  const Edges sources = edges_of(from, data, count);
  const Edges targets = edges_of(to, nullptr, count);
  for (std::size_t i = 0; i < count; ++i) graph->add_edge(targets[i].from, sources[i]);
  return CUDA_SUCCESS;
}

CUresult cuGraphAddDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                std::size_t count) {
  return cuGraphAddDependencies_v2(graph, from, to, nullptr, count);
}

CUresult cuGraphRemoveDependencies_v2(CUgraph handle, const CUgraphNode* from,
                                      const CUgraphNode* to, const CUgraphEdgeData* data,
                                      std::size_t count) {
  const Lock lock(graph_mutex());
  const auto graph = find_graph(handle);
  const Edges sources = edges_of(from, data, count);
  const Edges targets = edges_of(to, nullptr, count);
  for (std::size_t i = 0; i < count; ++i) {
    require_value(targets[i].from->graph == graph.get(), "a node of another graph");
    graph->remove_edge(*targets[i].from, *sources[i].from);
  }
  return CUDA_SUCCESS;
}

CUresult cuGraphRemoveDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                   std::size_t count) {
  return cuGraphRemoveDependencies_v2(graph, from, to, nullptr, count);
}

}  // namespace vgpu::cpu::api
