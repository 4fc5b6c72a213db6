#include "shim/cpu/driver/graph.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <unordered_map>

#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/leaked.h"
#include "shim/cpu/driver/user_object.h"

namespace vgpu::cpu {
namespace {

/// Graphs within graphs are copied and freed by recursion.
constexpr unsigned kMaxDepth = 200;

}  // namespace

std::recursive_mutex& graph_mutex() { return leaked<std::recursive_mutex>(); }

std::uint64_t Graph::next_id() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

Graph::~Graph() {
  for (const auto& node : nodes_) {
    handles<GraphNode>().take(node.get());
    // Edges own nodes, and nodes edges: a long chain must not end by recursion.
    node->dependencies.clear();
    node->dependents.clear();
    node->graph = nullptr;
    if (const auto* child = std::get_if<ChildGraph>(node->work.get()))
      handles<Graph>().take(child->graph.get());
  }
}

std::shared_ptr<GraphNode> Graph::add(Work work, const std::vector<GraphNode::Edge>& dependencies) {
  auto node = std::make_shared<GraphNode>();
  if (const auto* child = std::get_if<ChildGraph>(&work)) {
    require_value(child->graph->depth < kMaxDepth, "too many graphs within graphs");
    depth = std::max(depth, child->graph->depth + 1);
    child->graph->owned = true;
    handles<Graph>().add(child->graph);
  }
  node->graph = this;
  node->id = next_id();
  node->work = std::make_shared<const Work>(std::move(work));
  for (const auto& edge : dependencies) add_edge(node, edge);
  nodes_.push_back(node);
  handles<GraphNode>().add(node);
  return node;
}

void Graph::add_edge(const std::shared_ptr<GraphNode>& to, const GraphNode::Edge& edge) {
  require_value(edge.from->graph == this && to->graph == this && edge.from != to,
                "not two nodes of the graph");
  for (const auto& there : to->dependencies)
    require_value(there.from != edge.from, "the dependency is there already");
  to->dependencies.push_back(edge);
  edge.from->dependents.push_back(to.get());
}

void Graph::remove_edge(GraphNode& to, const GraphNode& from) {
  const auto at = std::ranges::find_if(to.dependencies,
                                       [&](const auto& edge) { return edge.from.get() == &from; });
  require_value(at != to.dependencies.end(), "there is no such dependency");
  std::erase(at->from->dependents, &to);
  to.dependencies.erase(at);
}

void Graph::remove(const std::shared_ptr<GraphNode>& node) {
  for (const auto& edge : node->dependencies) std::erase(edge.from->dependents, node.get());
  node->dependencies.clear();
  for (GraphNode* after : node->dependents)
    std::erase_if(after->dependencies, [&](const auto& edge) { return edge.from == node; });
  node->dependents.clear();
  node->graph = nullptr;
  handles<GraphNode>().take(node.get());
  if (const auto* child = std::get_if<ChildGraph>(node->work.get()))
    handles<Graph>().take(child->graph.get());
  std::erase(nodes_, node);
}

std::shared_ptr<Graph> Graph::clone() const {
  auto made = std::make_shared<Graph>();
  made->origin = id;
  made->user_objects = user_objects;
  std::unordered_map<const GraphNode*, std::shared_ptr<GraphNode>> copies;
  for (const auto& node : nodes_) {
    const CUgraphNodeType type = type_of(*node->work);
    require(type != CU_GRAPH_NODE_TYPE_MEM_ALLOC && type != CU_GRAPH_NODE_TYPE_MEM_FREE,
            CUDA_ERROR_NOT_SUPPORTED, "a graph that allocates memory cannot be copied");
    Work work = *node->work;
    if (auto* child = std::get_if<ChildGraph>(&work)) child->graph = child->graph->clone();
    const auto copy = made->add(std::move(work), {});
    copy->origin = node->id;
    copies.emplace(node.get(), copy);
  }
  for (const auto& node : nodes_)
    for (const auto& edge : node->dependencies)
      made->add_edge(copies.at(node.get()), {copies.at(edge.from.get()), edge.data});
  return made;
}

std::vector<GraphNode*> Graph::ordered() const {
  std::unordered_map<const GraphNode*, std::size_t> waiting;
  std::vector<GraphNode*> order;
  order.reserve(nodes_.size());
  for (const auto& node : nodes_) {
    waiting[node.get()] = node->dependencies.size();
    if (node->dependencies.empty()) order.push_back(node.get());
  }
  for (std::size_t done = 0; done < order.size(); ++done)
    for (GraphNode* after : order[done]->dependents)
      if (--waiting[after] == 0) order.push_back(after);
  require_value(order.size() == nodes_.size(), "the dependencies make a circle");
  return order;
}

std::shared_ptr<Graph> find_graph(CUgraph handle) {
  auto graph = handles<Graph>().find(handle);
  require_value(graph != nullptr, "not a graph");
  return graph;
}

std::shared_ptr<GraphNode> find_node(CUgraphNode handle) {
  auto node = handles<GraphNode>().find(handle);
  require_value(node != nullptr && node->graph != nullptr, "not a node of a graph");
  return node;
}

}  // namespace vgpu::cpu
