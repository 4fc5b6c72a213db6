#include <algorithm>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/graph_arguments.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/exec/address.h"

namespace vgpu::cpu::api {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

template <class Make>
CUresult set(CUgraphNode handle, Make make) {
  const Lock lock(graph_mutex());
  const auto node = find_node(handle);
  Work work = make();
  require_value(work.index() == node->work->index(), "the node is of another type");
  node->work = std::make_shared<const Work>(std::move(work));
  return CUDA_SUCCESS;
}

CUDA_KERNEL_NODE_PARAMS_v2 kernel_params(GraphNode& node) {
  const auto& request = work_as<LaunchRequest>(node);
  node.argument_pointers.clear();
  for (const auto& param : request.function->info().params)
    node.argument_pointers.push_back(const_cast<std::byte*>(request.params.data() + param.offset));
  return {reinterpret_cast<CUfunction>(request.function.get()),
          request.grid.x,
          request.grid.y,
          request.grid.z,
          request.block.x,
          request.block.y,
          request.block.z,
          request.dynamic_shared,
          node.argument_pointers.data(),
          nullptr,
          nullptr,
          handle_of(*request.module->context)};
}

CUmemorytype type_at(const CopySide& side) {
  const auto known = address_map().find(side.at);
  if (known == nullptr || known->is_host()) return CU_MEMORYTYPE_HOST;
  return CU_MEMORYTYPE_DEVICE;
}

CUDA_MEMCPY3D copy_params_of(const Copy& copy) {
  CUDA_MEMCPY3D params{};
  params.srcMemoryType = type_at(copy.from);
  params.srcHost = exec::pointer(copy.from.at);
  params.srcDevice = copy.from.at;
  params.srcPitch = copy.from.pitch;
  params.srcHeight = copy.from.pitch == 0 ? 0 : copy.from.slice / copy.from.pitch;
  params.dstMemoryType = type_at(copy.to);
  params.dstHost = exec::pointer(copy.to.at);
  params.dstDevice = copy.to.at;
  params.dstPitch = copy.to.pitch;
  params.dstHeight = copy.to.pitch == 0 ? 0 : copy.to.slice / copy.to.pitch;
  params.WidthInBytes = copy.width;
  params.Height = copy.height;
  params.Depth = copy.depth;
  return params;
}

const CUlaunchAttribute* find_attribute(const LaunchRequest& request, CUlaunchAttributeID id) {
  const auto at = std::ranges::find(request.attributes, id, &CUlaunchAttribute::id);
  return at == request.attributes.end() ? nullptr : &*at;
}

}  // namespace

CUresult cuGraphNodeSetParams(CUgraphNode node, CUgraphNodeParams* params) {
  return set(node, [=] { return work_of(params); });
}

CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS_v2* params) {
  require_value(params != nullptr, "nodeParams is null");
  const Lock lock(graph_mutex());
  *params = kernel_params(*find_node(node));
  return CUDA_SUCCESS;
}

CUresult cuGraphKernelNodeGetParams(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "nodeParams is null");
  const Lock lock(graph_mutex());
  const CUDA_KERNEL_NODE_PARAMS_v2 wide = kernel_params(*find_node(node));
  *params = {wide.func,      wide.gridDimX,  wide.gridDimY,       wide.gridDimZ,     wide.blockDimX,
             wide.blockDimY, wide.blockDimZ, wide.sharedMemBytes, wide.kernelParams, nullptr};
  return CUDA_SUCCESS;
}

CUresult cuGraphKernelNodeSetParams_v2(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v2* params) {
  return set(node, [=] { return work_of(params); });
}

CUresult cuGraphKernelNodeSetParams(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  return set(node, [=] { return work_of(params); });
}

CUresult cuGraphKernelNodeGetAttribute(CUgraphNode node, CUlaunchAttributeID attribute,
                                       CUlaunchAttributeValue* value) {
  require_value(value != nullptr, "value_out is null");
  const Lock lock(graph_mutex());
  const auto& request = work_as<LaunchRequest>(*find_node(node));
  LaunchRequest scratch;
  CUlaunchAttribute probe{};
  probe.id = attribute;
  if (attribute == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) probe.value.clusterDim = {1, 1, 1};
  apply_attribute(probe, scratch);  // only to refuse what is none
  const CUlaunchAttribute* const found = find_attribute(request, attribute);
  *value = found == nullptr ? CUlaunchAttributeValue{} : found->value;
  if (attribute == CU_LAUNCH_ATTRIBUTE_COOPERATIVE) value->cooperative = request.cooperative;
  return CUDA_SUCCESS;
}

CUresult cuGraphKernelNodeSetAttribute(CUgraphNode node, CUlaunchAttributeID attribute,
                                       const CUlaunchAttributeValue* value) {
  require_value(value != nullptr, "value is null");
  return set(node, [=] {
    LaunchRequest request = work_as<LaunchRequest>(*find_node(node));
    CUlaunchAttribute given{};
    given.id = attribute;
    given.value = *value;
    apply_attribute(given, request);
    return Work{std::move(request)};
  });
}

CUresult cuGraphKernelNodeCopyAttributes(CUgraphNode to, CUgraphNode from) {
  return set(to, [=] {
    LaunchRequest request = work_as<LaunchRequest>(*find_node(to));
    const auto& source = work_as<LaunchRequest>(*find_node(from));
    request.attributes = source.attributes;
    request.cooperative = source.cooperative;
    return Work{std::move(request)};
  });
}

CUresult cuGraphMemcpyNodeGetParams(CUgraphNode node, CUDA_MEMCPY3D* params) {
  require_value(params != nullptr, "nodeParams is null");
  const Lock lock(graph_mutex());
  *params = copy_params_of(work_as<Copy>(*find_node(node)));
  return CUDA_SUCCESS;
}

CUresult cuGraphMemcpyNodeSetParams(CUgraphNode node, const CUDA_MEMCPY3D* params) {
  return set(node, [=] { return work_of(params, nullptr); });
}

CUresult cuGraphMemsetNodeGetParams(CUgraphNode node, CUDA_MEMSET_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "nodeParams is null");
  const Lock lock(graph_mutex());
  const Fill& fill = work_as<Fill>(*find_node(node));
  *params = {fill.to, fill.pitch, fill.value, fill.element, fill.width, fill.height};
  return CUDA_SUCCESS;
}

CUresult cuGraphMemsetNodeSetParams(CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS_v1* params) {
  return set(node, [=] { return work_of(params); });
}

CUresult cuGraphHostNodeGetParams(CUgraphNode node, CUDA_HOST_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "nodeParams is null");
  const Lock lock(graph_mutex());
  const auto& call = work_as<HostCall>(*find_node(node));
  *params = {call.function, call.user_data};
  return CUDA_SUCCESS;
}

CUresult cuGraphHostNodeSetParams(CUgraphNode node, const CUDA_HOST_NODE_PARAMS_v1* params) {
  return set(node, [=] { return work_of(params); });
}

CUresult cuGraphChildGraphNodeGetGraph(CUgraphNode node, CUgraph* child) {
  require_value(child != nullptr, "phGraph is null");
  const Lock lock(graph_mutex());
  *child = handle_of(*work_as<ChildGraph>(*find_node(node)).graph);
  return CUDA_SUCCESS;
}

CUresult cuGraphEventRecordNodeGetEvent(CUgraphNode node, CUevent* event) {
  require_value(event != nullptr, "event_out is null");
  const Lock lock(graph_mutex());
  *event = reinterpret_cast<CUevent>(work_as<EventRecording>(*find_node(node)).event.get());
  return CUDA_SUCCESS;
}

CUresult cuGraphEventRecordNodeSetEvent(CUgraphNode node, CUevent event) {
  return set(node, [=] { return work_of_event(event, true); });
}

CUresult cuGraphEventWaitNodeGetEvent(CUgraphNode node, CUevent* event) {
  require_value(event != nullptr, "event_out is null");
  const Lock lock(graph_mutex());
  *event = reinterpret_cast<CUevent>(work_as<EventWait>(*find_node(node)).event.get());
  return CUDA_SUCCESS;
}

CUresult cuGraphEventWaitNodeSetEvent(CUgraphNode node, CUevent event) {
  return set(node, [=] { return work_of_event(event, false); });
}

CUresult cuGraphMemAllocNodeGetParams(CUgraphNode node, CUDA_MEM_ALLOC_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "params_out is null");
  const Lock lock(graph_mutex());
  const auto& allocation = work_as<MemoryAllocation>(*find_node(node));
  const GraphMemory& memory = *allocation.owner->memory;
  *params = {allocation.properties, nullptr, 0, memory.size, memory.address};
  return CUDA_SUCCESS;
}

CUresult cuGraphMemFreeNodeGetParams(CUgraphNode node, CUdeviceptr* address) {
  require_value(address != nullptr, "dptr_out is null");
  const Lock lock(graph_mutex());
  *address = work_as<MemoryFree>(*find_node(node)).at;
  return CUDA_SUCCESS;
}

CUresult cuGraphBatchMemOpNodeGetParams(CUgraphNode node,
                                        CUDA_BATCH_MEM_OP_NODE_PARAMS_v1* params) {
  require_value(params != nullptr, "nodeParams_out is null");
  const Lock lock(graph_mutex());
  const auto& words = work_as<WordOperations>(*find_node(node));
  *params = {handle_of(*words.context), static_cast<unsigned>(words.operations.size()),
             const_cast<CUstreamBatchMemOpParams_v1*>(words.operations.data()), 0};
  return CUDA_SUCCESS;
}

CUresult cuGraphBatchMemOpNodeSetParams(CUgraphNode node,
                                        const CUDA_BATCH_MEM_OP_NODE_PARAMS_v1* params) {
  return set(node, [=] { return work_of(params); });
}

}  // namespace vgpu::cpu::api
