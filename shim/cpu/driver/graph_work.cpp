#include "shim/cpu/driver/graph_work.h"

#include <array>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/word_operation.h"
#include "shim/cpu/exec/fault_guard.h"

namespace vgpu::cpu {
namespace {

/// By the alternative of Work.
constexpr std::array kTypes{
    CU_GRAPH_NODE_TYPE_KERNEL,     CU_GRAPH_NODE_TYPE_MEMCPY,       CU_GRAPH_NODE_TYPE_MEMSET,
    CU_GRAPH_NODE_TYPE_HOST,       CU_GRAPH_NODE_TYPE_GRAPH,        CU_GRAPH_NODE_TYPE_EMPTY,
    CU_GRAPH_NODE_TYPE_WAIT_EVENT, CU_GRAPH_NODE_TYPE_EVENT_RECORD, CU_GRAPH_NODE_TYPE_MEM_ALLOC,
    CU_GRAPH_NODE_TYPE_MEM_FREE,   CU_GRAPH_NODE_TYPE_BATCH_MEM_OP};
static_assert(kTypes.size() == std::variant_size_v<Work>);

/// Runs a function that owns nothing; a bad address in it is an error of the program's.
template <class Body>
CUresult guarded(Body& body) noexcept {
  exec::Fault fault;
  const bool ended = exec::run_guarded([](void* at) { (*static_cast<Body*>(at))(); }, &body, fault);
  return ended ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_ADDRESS;
}

CUresult free_memory(CUdeviceptr at) {
  const auto known = address_map().take(at);
  if (known == nullptr) return CUDA_ERROR_INVALID_VALUE;
  release_memory(*known);
  return CUDA_SUCCESS;
}

struct Performer {
  const Context& context;
  bool auto_free;

  CUresult operator()(const LaunchRequest& request) const { return run_launch(request); }
  CUresult operator()(const Copy& copy) const {
    auto body = [&copy] { perform_copy(copy); };
    return guarded(body);
  }
  CUresult operator()(const Fill& fill) const {
    auto body = [&fill] { perform_fill(fill); };
    return guarded(body);
  }
  CUresult operator()(const HostCall& call) const {
    call.function(call.user_data);
    return CUDA_SUCCESS;
  }
  CUresult operator()(const ChildGraph&) const { return CUDA_SUCCESS; }  // its nodes follow it
  CUresult operator()(const Nothing&) const { return CUDA_SUCCESS; }
  CUresult operator()(const EventWait&) const { return CUDA_SUCCESS; }
  CUresult operator()(const EventRecording&) const { return CUDA_SUCCESS; }
  CUresult operator()(const MemoryAllocation& allocation) const {
    if (auto_free) allocation.owner->memory->unmap();
    return allocation.owner->memory->map();
  }
  CUresult operator()(const MemoryFree& what) const { return free_memory(what.at); }
  CUresult operator()(const WordOperations& words) const {
    for (const auto& operation : words.operations) {
      auto body = [&] { perform_word_operation(operation, context); };
      const CUresult result = guarded(body);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  }
};

}  // namespace

CUgraphNodeType type_of(const Work& work) noexcept { return kTypes[work.index()]; }

CUresult perform(const Work& work, const Context& context, bool auto_free) noexcept {
  try {
    return std::visit(Performer{context, auto_free}, work);
  } catch (...) {
    return CUDA_ERROR_UNKNOWN;
  }
}

}  // namespace vgpu::cpu
