#include "shim/cpu/driver/api/graph_arguments.h"

#include <algorithm>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/event.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/library.h"
#include "shim/cpu/driver/thread_state.h"
#include "shim/cpu/driver/word_operation.h"

namespace vgpu::cpu::api {
namespace {

constexpr unsigned char kLastPort = 2;  // default, programmatic, launch order

std::shared_ptr<Function> function_of(const CUDA_KERNEL_NODE_PARAMS_v2& params) {
  if (params.func != nullptr) return find_function(params.func);
  const auto kernel = handles<LibraryKernel>().find(params.kern);
  require(kernel != nullptr, CUDA_ERROR_INVALID_HANDLE, "neither a function nor a kernel");
  return kernel->function_in(params.ctx == nullptr ? current_context() : find_context(params.ctx));
}

std::shared_ptr<Context> given_or_current(CUcontext handle) {
  auto context = handle == nullptr ? current_context() : find_context(handle);
  context->check();
  return context;
}

}  // namespace

std::vector<GraphNode::Edge> edges_of(const CUgraphNode* nodes, const CUgraphEdgeData* data,
                                      std::size_t count) {
  require_value(count == 0 || nodes != nullptr, "nodes are counted and not given");
  std::vector<GraphNode::Edge> edges;
  for (std::size_t i = 0; i < count; ++i) {
    GraphNode::Edge edge{find_node(nodes[i]), data == nullptr ? CUgraphEdgeData{} : data[i]};
    require_value(edge.data.type <= CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC &&
                      edge.data.from_port <= kLastPort && edge.data.to_port == 0,
                  "no such kind of edge");
    edges.push_back(std::move(edge));
  }
  return edges;
}

void tell_edges(const std::vector<GraphNode::Edge>& found, CUgraphNode* nodes,
                CUgraphEdgeData* data, std::size_t* count) {
  require_value(count != nullptr, "the count is null");
  if (nodes != nullptr)
    for (std::size_t i = 0; i < *count; ++i) {
      nodes[i] = i < found.size() ? handle_of(*found[i].from) : nullptr;
      if (data != nullptr) data[i] = i < found.size() ? found[i].data : CUgraphEdgeData{};
    }
  *count = nodes == nullptr ? found.size() : std::min(*count, found.size());
}

Work work_of(const CUDA_KERNEL_NODE_PARAMS_v2* params) {
  require_value(params != nullptr, "nodeParams is null");
  LaunchRequest request;
  request.function = function_of(*params);
  request.grid = {params->gridDimX, params->gridDimY, params->gridDimZ};
  request.block = {params->blockDimX, params->blockDimY, params->blockDimZ};
  request.dynamic_shared = params->sharedMemBytes;
  check_shape(request, CUDA_ERROR_INVALID_VALUE);
  request.params = copy_params(request.function->info(), params->kernelParams, params->extra);
  make_ready(request);
  return request;
}

Work work_of(const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "nodeParams is null");
  const CUDA_KERNEL_NODE_PARAMS_v2 wide{
      params->func,         params->gridDimX,  params->gridDimY,  params->gridDimZ,
      params->blockDimX,    params->blockDimY, params->blockDimZ, params->sharedMemBytes,
      params->kernelParams, params->extra,     nullptr,           nullptr};
  return work_of(&wide);
}

Work work_of(const CUDA_MEMCPY3D* params, CUcontext context) {
  const Copy copy = copy_of(params, *given_or_current(context));
  check_copy(copy);
  return copy;
}

Work work_of(const CUDA_MEMSET_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "memsetParams is null");
  const Fill fill{params->dst,   params->height == 1 ? 0 : params->pitch,
                  params->value, params->elementSize,
                  params->width, params->height};
  require_value(!fill.empty(), "nothing is to be set");
  check_fill(fill);
  return fill;
}

Work work_of(const CUDA_HOST_NODE_PARAMS_v1* params) {
  require_value(params != nullptr && params->fn != nullptr, "nodeParams or fn is null");
  return HostCall{params->fn, params->userData};
}

Work work_of(const CUDA_BATCH_MEM_OP_NODE_PARAMS_v1* params) {
  require_value(params != nullptr && params->flags == 0 &&
                    (params->count == 0 || params->paramArray != nullptr),
                "nodeParams or paramArray is null, or flags are not 0");
  WordOperations words{given_or_current(params->ctx),
                       {params->paramArray, params->paramArray + params->count}};
  for (const auto& operation : words.operations) check_word_operation(operation);
  return words;
}

Work work_of_child(CUgraph child) { return ChildGraph{find_graph(child)->clone()}; }

Work work_of_event(CUevent handle, bool records) {
  auto event = handles<Event>().find(handle);
  require(event != nullptr, CUDA_ERROR_INVALID_HANDLE, "not an event");
  if (records) return EventRecording{std::move(event)};
  return EventWait{std::move(event)};
}

Work work_of(CUDA_MEM_ALLOC_NODE_PARAMS_v1* params) {
  require_value(params != nullptr && params->bytesize != 0, "nodeParams is null, or bytesize 0");
  const CUmemPoolProps& pool = params->poolProps;
  require_value(pool.allocType == CU_MEM_ALLOCATION_TYPE_PINNED &&
                    pool.location.type == CU_MEM_LOCATION_TYPE_DEVICE &&
                    pool.handleTypes == CU_MEM_HANDLE_TYPE_NONE,
                "graphs allocate pinned memory of devices only");
  require_value(params->accessDescCount == 0 || params->accessDescs != nullptr,
                "access is counted and not given");
  const Device& device = device_at(pool.location.id);
  const auto mine = current_context();
  const auto memory = std::make_shared<GraphMemory>(
      &mine->device() == &device ? mine : device.primary, params->bytesize);
  memory->announce();
  params->dptr = memory->address;
  return MemoryAllocation{std::make_shared<MemoryOwner>(memory), pool};
}

Work work_of_free(CUdeviceptr address) {
  require_value(is_graph_memory(address), "not the start of memory that a graph allocates");
  return MemoryFree{address};
}

Work work_of(CUgraphNodeParams* params) {
  require_value(params != nullptr, "nodeParams is null");
  switch (params->type) {
    case CU_GRAPH_NODE_TYPE_KERNEL:
      return work_of(&params->kernel);
    case CU_GRAPH_NODE_TYPE_MEMCPY:
      return work_of(&params->memcpy.copyParams, params->memcpy.copyCtx);
    case CU_GRAPH_NODE_TYPE_MEMSET:
      return work_of(reinterpret_cast<const CUDA_MEMSET_NODE_PARAMS_v1*>(&params->memset));
    case CU_GRAPH_NODE_TYPE_HOST:
      return work_of(&params->host);
    case CU_GRAPH_NODE_TYPE_GRAPH:
      require(params->graph.ownership == CU_GRAPH_CHILD_GRAPH_OWNERSHIP_CLONE,
              CUDA_ERROR_NOT_SUPPORTED, "child graphs are always copied");
      return work_of_child(params->graph.graph);
    case CU_GRAPH_NODE_TYPE_EMPTY:
      return Nothing{};
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
      return work_of_event(params->eventWait.event, false);
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
      return work_of_event(params->eventRecord.event, true);
    case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
      return work_of(&params->alloc);
    case CU_GRAPH_NODE_TYPE_MEM_FREE:
      return work_of_free(params->free.dptr);
    case CU_GRAPH_NODE_TYPE_BATCH_MEM_OP:
      return work_of(&params->memOp);
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL:
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT:
    case CU_GRAPH_NODE_TYPE_CONDITIONAL:
      fail(CUDA_ERROR_NOT_SUPPORTED, "nodes of this type are not supported");
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such type of node");
}

}  // namespace vgpu::cpu::api
