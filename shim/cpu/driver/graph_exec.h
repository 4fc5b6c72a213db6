#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "shim/cpu/driver/graph.h"
#include "shim/cpu/driver/queue.h"

namespace vgpu::cpu {

struct Stream;

/// A graph made ready to run: its nodes and those of the graphs within it, one after the other.
/// Guarded by graph_mutex().
class GraphExec {
 public:
  struct Step {
    std::uint64_t node = 0;    ///< GraphNode::id in the graph that it was made of
    std::uint64_t origin = 0;  ///< GraphNode::origin of that node
    std::shared_ptr<const Work> work;
    bool enabled = true;
    std::vector<std::size_t> after;  ///< the steps that it depends on, sorted
  };

  /// Errors: as Graph::ordered; what making a kernel ready says.
  GraphExec(const Graph& graph, std::uint64_t flags_given);

  /// Takes over the works of `graph`, which must have the same nodes and edges.
  CUgraphExecUpdateResultInfo update(const Graph& graph);

  /// The step of a node. Errors: INVALID_VALUE.
  const Step& step(const GraphNode& node) const;
  /// Errors: INVALID_VALUE for a node of another type.
  void set_work(const GraphNode& node, Work work);
  void set_child(const GraphNode& node, const Graph& child);
  void set_enabled(const GraphNode& node, bool enabled);

  /// The same work as a graph: what a launch becomes in a capture. Errors: NOT_SUPPORTED.
  std::shared_ptr<Graph> as_graph() const;

  /// Runs the graph in `stream`'s order. Errors: INVALID_VALUE when memory of the run before is
  /// still allocated.
  void launch(const std::shared_ptr<Stream>& stream);

  const std::uint64_t flags;

 private:
  using Steps = std::vector<Step>;

  std::size_t index_of(const GraphNode& node) const;
  Steps& own_steps();
  void check_memory() const;

  std::shared_ptr<Steps> steps_;  ///< shared with the runs that are under way
  std::unordered_map<std::uint64_t, std::size_t> by_node_;
  std::map<std::shared_ptr<UserObject>, unsigned> user_objects_;
  Point last_;  ///< of the newest run: one does not overtake another
};

/// Errors: INVALID_VALUE.
std::shared_ptr<GraphExec> find_graph_exec(CUgraphExec handle);

}  // namespace vgpu::cpu
