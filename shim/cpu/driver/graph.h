#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "shim/cpu/driver/graph_work.h"

namespace vgpu::cpu {

class Graph;
struct UserObject;

/// One node of a graph. Guarded by graph_mutex(), but for `work`, which never changes.
struct GraphNode {
  struct Edge {
    std::shared_ptr<GraphNode> from;
    CUgraphEdgeData data{};
  };

  Graph* graph = nullptr;    ///< that owns it; null when it was destroyed
  std::uint64_t id = 0;      ///< of this node alone
  std::uint64_t origin = 0;  ///< the id of the node that it was cloned from, or 0
  std::shared_ptr<const Work> work;
  std::vector<Edge> dependencies;
  std::vector<GraphNode*> dependents;
  std::vector<void*> argument_pointers;  ///< what GetParams points to
};

/// Nodes and the order between them. Guarded by graph_mutex().
class Graph : public std::enable_shared_from_this<Graph> {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph();

  const std::vector<std::shared_ptr<GraphNode>>& nodes() const noexcept { return nodes_; }

  /// Adds a node that comes after `dependencies`.
  /// Errors: INVALID_VALUE for a dependency of another graph, or one that is named twice.
  std::shared_ptr<GraphNode> add(Work work, const std::vector<GraphNode::Edge>& dependencies);
  /// Errors: INVALID_VALUE for an edge that is there, or that cannot be.
  void add_edge(const std::shared_ptr<GraphNode>& to, const GraphNode::Edge& edge);
  void remove_edge(GraphNode& to, const GraphNode& from);
  void remove(const std::shared_ptr<GraphNode>& node);

  /// A copy with nodes of its own. Errors: NOT_SUPPORTED with nodes that allocate or free memory.
  std::shared_ptr<Graph> clone() const;
  /// Every node after those it depends on, in the order of making where there is a choice.
  /// Errors: INVALID_VALUE when the edges make a circle.
  std::vector<GraphNode*> ordered() const;

  bool owned = false;  ///< by a node of another graph: the program cannot destroy it
  unsigned depth = 1;  ///< of graphs within graphs
  std::uint64_t origin = 0;
  const std::uint64_t id = next_id();
  std::map<std::shared_ptr<UserObject>, unsigned> user_objects;

  static std::uint64_t next_id();

 private:
  std::vector<std::shared_ptr<GraphNode>> nodes_;
};

/// Held by every call that looks at graphs or captures.
std::recursive_mutex& graph_mutex();

inline CUgraph handle_of(const Graph& graph) noexcept {
  return reinterpret_cast<CUgraph>(const_cast<Graph*>(&graph));
}
inline CUgraphNode handle_of(const GraphNode& node) noexcept {
  return reinterpret_cast<CUgraphNode>(const_cast<GraphNode*>(&node));
}

/// Errors: INVALID_VALUE.
std::shared_ptr<Graph> find_graph(CUgraph handle);
std::shared_ptr<GraphNode> find_node(CUgraphNode handle);

}  // namespace vgpu::cpu
