#include "shim/cpu/driver/graph.h"

#include <cstdio>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/graph_arguments.h"
#include "shim/cpu/driver/handle_table.h"

namespace vgpu::cpu::api {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

constexpr const char* kTypeNames[] = {
    "KERNEL",       "MEMCPY",     "MEMSET",   "HOST",      "GRAPH",    "EMPTY", "WAIT_EVENT",
    "EVENT_RECORD", "EXT_SIGNAL", "EXT_WAIT", "MEM_ALLOC", "MEM_FREE", "MEM_OP"};

std::string text_of(const GraphNode& node) {
  const CUgraphNodeType type = type_of(*node.work);
  std::string text = kTypeNames[type];
  if (const auto* launch = std::get_if<LaunchRequest>(node.work.get()))
    text += "\\n" + launch->function->info().name;
  return text;
}

}  // namespace

CUresult cuGraphCreate(CUgraph* graph, unsigned flags) {
  require_value(graph != nullptr && flags == 0, "phGraph is null, or flags are not 0");
  auto made = std::make_shared<Graph>();
  *graph = handle_of(*made);
  handles<Graph>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph handle) {
  const Lock lock(graph_mutex());
  require_value(!find_graph(handle)->owned, "a child graph goes with its node");
  handles<Graph>().take(handle);
  return CUDA_SUCCESS;
}

CUresult cuGraphClone(CUgraph* clone, CUgraph handle) {
  require_value(clone != nullptr, "phGraphClone is null");
  const Lock lock(graph_mutex());
  auto made = find_graph(handle)->clone();
  *clone = handle_of(*made);
  handles<Graph>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuGraphNodeFindInClone(CUgraphNode* found, CUgraphNode handle, CUgraph clone) {
  require_value(found != nullptr, "phNode is null");
  const Lock lock(graph_mutex());
  const auto original = find_node(handle);
  for (const auto& node : find_graph(clone)->nodes())
    if (node->origin == original->id) {
      *found = handle_of(*node);
      return CUDA_SUCCESS;
    }
  fail(CUDA_ERROR_INVALID_VALUE, "the clone has no such node");
}

CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type) {
  require_value(type != nullptr, "type is null");
  const Lock lock(graph_mutex());
  *type = type_of(*find_node(node)->work);
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroyNode(CUgraphNode handle) {
  const Lock lock(graph_mutex());
  const auto node = find_node(handle);
  const CUgraphNodeType type = type_of(*node->work);
  require(type != CU_GRAPH_NODE_TYPE_MEM_ALLOC && type != CU_GRAPH_NODE_TYPE_MEM_FREE,
          CUDA_ERROR_NOT_SUPPORTED, "nodes that allocate memory stay in their graph");
  node->graph->remove(node);
  return CUDA_SUCCESS;
}

CUresult cuGraphDebugDotPrint(CUgraph handle, const char* path, unsigned) {
  require_value(path != nullptr, "path is null");
  const Lock lock(graph_mutex());
  const auto graph = find_graph(handle);
  const auto name = [](std::uint64_t id) { return "node_" + std::to_string(id); };
  std::string text = "digraph graph_" + std::to_string(graph->id) + " {\n";
  for (const auto& node : graph->nodes())
    text += "  " + name(node->id) + " [label=\"" + text_of(*node) + "\"];\n";
  for (const auto& node : graph->nodes())
    for (const auto& edge : node->dependencies)
      text += "  " + name(edge.from->id) + " -> " + name(node->id) + ";\n";
  text += "}\n";
  std::FILE* const file = std::fopen(path, "we");
  require(file != nullptr, CUDA_ERROR_OPERATING_SYSTEM, "the file cannot be written");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  require(std::fclose(file) == 0 && written, CUDA_ERROR_OPERATING_SYSTEM, "the file is not whole");
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
