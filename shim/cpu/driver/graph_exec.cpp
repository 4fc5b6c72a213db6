#include "shim/cpu/driver/graph_exec.h"

#include <algorithm>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/event.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/exec/fault_guard.h"

namespace vgpu::cpu {
namespace {

/// Appends a graph's steps; those of a graph within it follow its node, and what comes after that
/// node follows them all, because they run one after the other.
void append(const Graph& graph, const std::vector<std::size_t>& outside,
            std::vector<GraphExec::Step>& steps) {
  std::unordered_map<const GraphNode*, std::size_t> at;
  for (const GraphNode* node : graph.ordered()) {
    GraphExec::Step step;
    step.node = node->id;
    step.origin = node->origin;
    step.work = node->work;
    for (const auto& edge : node->dependencies) step.after.push_back(at.at(edge.from.get()));
    if (step.after.empty()) step.after = outside;
    std::ranges::sort(step.after);
    const std::size_t here = steps.size();
    at.emplace(node, here);
    steps.push_back(std::move(step));
    if (const auto* child = std::get_if<ChildGraph>(node->work.get()))
      append(*child->graph, {here}, steps);
  }
}

std::shared_ptr<std::vector<GraphExec::Step>> steps_of(const Graph& graph) {
  auto steps = std::make_shared<std::vector<GraphExec::Step>>();
  append(graph, {}, *steps);
  return steps;
}

/// What may not change from one graph to the next.
CUgraphExecUpdateResult compare(const Work& was, const Work& is) {
  if (type_of(was) != type_of(is)) return CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
  if (const auto* launch = std::get_if<LaunchRequest>(&was)) {
    const auto& next = std::get<LaunchRequest>(is);
    if (launch->module->context != next.module->context)
      return CU_GRAPH_EXEC_UPDATE_ERROR_UNSUPPORTED_FUNCTION_CHANGE;
    if (launch->cooperative != next.cooperative)
      return CU_GRAPH_EXEC_UPDATE_ERROR_ATTRIBUTES_CHANGED;
  }
  if (const auto* allocation = std::get_if<MemoryAllocation>(&was))
    if (allocation->owner != std::get<MemoryAllocation>(is).owner)
      return CU_GRAPH_EXEC_UPDATE_ERROR_NOT_SUPPORTED;
  return CU_GRAPH_EXEC_UPDATE_SUCCESS;
}

CUgraphNode node_handle(const Graph& graph, std::uint64_t id) {
  for (const auto& node : graph.nodes())
    if (node->id == id) return handle_of(*node);
  return nullptr;
}

/// A run's steps between two that are of the stream itself: done by one task.
struct Piece {
  std::shared_ptr<const std::vector<GraphExec::Step>> steps;
  std::size_t begin;
  std::size_t end;
  bool auto_free;

  CUresult run(const Context& context) const {
    exec::arm_fault_handlers();
    for (std::size_t i = begin; i != end; ++i) {
      const GraphExec::Step& step = (*steps)[i];
      if (!step.enabled) continue;
      const CUresult result = perform(*step.work, context, auto_free);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  }
};

bool of_stream(const Work& work) {
  return std::holds_alternative<EventWait>(work) || std::holds_alternative<EventRecording>(work);
}

}  // namespace

GraphExec::GraphExec(const Graph& graph, std::uint64_t flags_given)
    : flags(flags_given), steps_(steps_of(graph)), user_objects_(graph.user_objects) {
  for (std::size_t i = 0; i < steps_->size(); ++i) by_node_.emplace((*steps_)[i].node, i);
}

CUgraphExecUpdateResultInfo GraphExec::update(const Graph& graph) {
  const auto fresh = steps_of(graph);
  CUgraphExecUpdateResultInfo info{CU_GRAPH_EXEC_UPDATE_SUCCESS, nullptr, nullptr};
  const auto stop = [&](CUgraphExecUpdateResult why, std::uint64_t node) {
    info.result = why;
    info.errorNode = node == 0 ? nullptr : node_handle(graph, node);
    return info;
  };
  if (fresh->size() != steps_->size()) return stop(CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED, 0);
  for (std::size_t i = 0; i < fresh->size(); ++i) {
    Step& next = (*fresh)[i];
    const Step& was = (*steps_)[i];
    if (next.after != was.after)
      return stop(CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED, next.node);
    const CUgraphExecUpdateResult result = compare(*was.work, *next.work);
    if (result != CU_GRAPH_EXEC_UPDATE_SUCCESS) return stop(result, next.node);
    next.enabled = was.enabled;
    next.node = was.node;  // its nodes are still named by the graph that it was made of
    next.origin = was.origin;
  }
  steps_ = fresh;
  user_objects_ = graph.user_objects;
  return info;
}

std::size_t GraphExec::index_of(const GraphNode& node) const {
  const auto at = by_node_.find(node.id);
  require_value(at != by_node_.end(), "not a node of the graph that this was made of");
  return at->second;
}

const GraphExec::Step& GraphExec::step(const GraphNode& node) const {
  return (*steps_)[index_of(node)];
}

GraphExec::Steps& GraphExec::own_steps() {
  if (steps_.use_count() > 1) steps_ = std::make_shared<Steps>(*steps_);
  return *steps_;
}

void GraphExec::set_work(const GraphNode& node, Work work) {
  const std::size_t index = index_of(node);
  require_value(compare(*(*steps_)[index].work, work) == CU_GRAPH_EXEC_UPDATE_SUCCESS,
                "the change cannot be made in an executable graph");
  own_steps()[index].work = std::make_shared<const Work>(std::move(work));
}

void GraphExec::set_child(const GraphNode& node, const Graph& child) {
  const std::size_t index = index_of(node);
  require_value(std::holds_alternative<ChildGraph>(*(*steps_)[index].work),
                "the node is not one of a child graph");
  std::vector<Step> fresh;
  append(child, {index}, fresh);
  // The graph within is compared step by step, its indices shifted to where it lies.
  require_value(index + fresh.size() < steps_->size(), "the child graph has other nodes");
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const Step& was = (*steps_)[index + 1 + i];
    std::vector<std::size_t> after = fresh[i].after;
    const bool is_root = after == std::vector<std::size_t>{index};
    if (!is_root)
      for (std::size_t& at : after) at += index + 1;
    require(
        after == was.after && compare(*was.work, *fresh[i].work) == CU_GRAPH_EXEC_UPDATE_SUCCESS,
        CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, "the child graph has other nodes");
  }
  Steps& steps = own_steps();
  for (std::size_t i = 0; i < fresh.size(); ++i) steps[index + 1 + i].work = fresh[i].work;
}

void GraphExec::set_enabled(const GraphNode& node, bool enabled) {
  const std::size_t index = index_of(node);
  const CUgraphNodeType type = type_of(*(*steps_)[index].work);
  require_value(type == CU_GRAPH_NODE_TYPE_KERNEL || type == CU_GRAPH_NODE_TYPE_MEMCPY ||
                    type == CU_GRAPH_NODE_TYPE_MEMSET,
                "only kernels, copies and fills can be switched off");
  own_steps()[index].enabled = enabled;
}

std::shared_ptr<Graph> GraphExec::as_graph() const {
  auto made = std::make_shared<Graph>();
  std::vector<std::shared_ptr<GraphNode>> nodes;
  // What follows a graph within follows all of its steps: then they are put in one line.
  const bool line = std::ranges::any_of(
      *steps_, [](const Step& step) { return type_of(*step.work) == CU_GRAPH_NODE_TYPE_GRAPH; });
  for (const Step& step : *steps_) {
    const CUgraphNodeType type = type_of(*step.work);
    require(type != CU_GRAPH_NODE_TYPE_MEM_ALLOC && type != CU_GRAPH_NODE_TYPE_MEM_FREE,
            CUDA_ERROR_NOT_SUPPORTED, "a graph that allocates memory cannot be copied");
    std::vector<GraphNode::Edge> edges;
    if (!line)
      for (const std::size_t at : step.after) edges.push_back({nodes[at], {}});
    else if (!nodes.empty())
      edges.push_back({nodes.back(), {}});
    const bool empty = !step.enabled || type == CU_GRAPH_NODE_TYPE_GRAPH;
    nodes.push_back(made->add(empty ? Work{Nothing{}} : *step.work, edges));
  }
  return made;
}

void GraphExec::check_memory() const {
  std::vector<std::uint64_t> freed;
  for (const Step& step : *steps_)
    if (const auto* what = std::get_if<MemoryFree>(step.work.get())) freed.push_back(what->at);
  for (const Step& step : *steps_) {
    const auto* allocation = std::get_if<MemoryAllocation>(step.work.get());
    if (allocation == nullptr) continue;
    GraphMemory& memory = *allocation->owner->memory;
    const bool stays = std::ranges::find(freed, memory.address) == freed.end();
    const bool auto_free = (flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH) != 0;
    require_value(!stays || auto_free || !memory.live,
                  "memory that the graph allocates has not been freed since it last ran");
    memory.live = stays;
    memory.announce();  // so that the program may name it in what follows the launch
  }
  for (const std::uint64_t address : freed)
    if (const auto known = address_map().find_start(address); known && known->of_graph)
      known->of_graph->live = false;
}

void GraphExec::launch(const std::shared_ptr<Stream>& stream) {
  check_memory();
  const auto context = stream->context;
  const bool auto_free = (flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH) != 0;
  std::vector<Point> after;
  if (last_.queue != nullptr) after.push_back(last_);
  const std::shared_ptr<const Steps> steps = steps_;
  std::size_t begin = 0;
  const auto submit_until = [&](std::size_t end) {
    if (begin == end && after.empty()) return;
    const Piece piece{steps, begin, end, auto_free};
    last_ = context->submit(
        *stream, [piece, context = context.get()] { return piece.run(*context); },
        std::exchange(after, {}));
  };
  for (std::size_t i = 0; i < steps->size(); ++i) {
    const Work& work = *(*steps)[i].work;
    if (!of_stream(work)) continue;
    submit_until(i);
    begin = i + 1;
    if (const auto* recording = std::get_if<EventRecording>(&work)) {
      record(*recording->event, *stream);
    } else if (const auto latest = std::get<EventWait>(work).event->latest()) {
      if (!latest->point.reached()) after.push_back(latest->point);
    }
  }
  submit_until(steps->size());
  if (driver().options.launch_blocking) context->wait({last_});
}

std::shared_ptr<GraphExec> find_graph_exec(CUgraphExec handle) {
  auto exec = handles<GraphExec>().find(handle);
  require_value(exec != nullptr, "not an executable graph");
  return exec;
}

}  // namespace vgpu::cpu
