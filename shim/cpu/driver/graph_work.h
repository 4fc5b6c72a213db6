#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "shim/cpu/driver/copy.h"
#include "shim/cpu/driver/fill.h"
#include "shim/cpu/driver/graph_memory.h"
#include "shim/cpu/driver/launch.h"

namespace vgpu::cpu {

struct Event;
class Graph;

/// What a node of a graph does. All of it was checked, and is ours: nothing of it the program's.
struct HostCall {
  CUhostFn function = nullptr;
  void* user_data = nullptr;
};
struct ChildGraph {
  std::shared_ptr<Graph> graph;
};
struct Nothing {};
struct EventWait {
  std::shared_ptr<Event> event;
};
struct EventRecording {
  std::shared_ptr<Event> event;
};
/// Owns the address for the graph: when the last of its nodes is gone, an address without memory
/// is forgotten. Memory that is there stays until the program frees it.
struct MemoryOwner {
  explicit MemoryOwner(std::shared_ptr<GraphMemory> of) : memory(std::move(of)) {}
  MemoryOwner(const MemoryOwner&) = delete;
  MemoryOwner& operator=(const MemoryOwner&) = delete;
  ~MemoryOwner() {
    if (!memory->mapped()) memory->free();
  }
  const std::shared_ptr<GraphMemory> memory;
};
struct MemoryAllocation {
  std::shared_ptr<MemoryOwner> owner;
  CUmemPoolProps properties{};
};
struct MemoryFree {
  CUdeviceptr at = 0;
};
struct WordOperations {
  std::shared_ptr<Context> context;
  std::vector<CUstreamBatchMemOpParams_v1> operations;
};

using Work = std::variant<LaunchRequest, Copy, Fill, HostCall, ChildGraph, Nothing, EventWait,
                          EventRecording, MemoryAllocation, MemoryFree, WordOperations>;

CUgraphNodeType type_of(const Work& work) noexcept;

/// Runs work here and now, on a stream's thread. Events are not for it: they are of streams.
/// A bad address is ILLEGAL_ADDRESS; exec::arm_fault_handlers() must have been called.
CUresult perform(const Work& work, const Context& context, bool auto_free) noexcept;

}  // namespace vgpu::cpu
