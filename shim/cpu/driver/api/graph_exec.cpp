#include "shim/cpu/driver/graph_exec.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/graph_arguments.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

constexpr std::uint64_t kKnownFlags =
    CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH | CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD |
    CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH | CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY;

CUresult instantiate(CUgraphExec* exec, CUgraph handle, std::uint64_t flags) {
  require_value(exec != nullptr, "phGraphExec is null");
  require_value((flags & ~kKnownFlags) == 0, "unknown flags");
  require((flags & CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH) == 0, CUDA_ERROR_NOT_SUPPORTED,
          "graphs cannot be launched by kernels");
  const Lock lock(graph_mutex());
  const auto graph = find_graph(handle);
  require_value(!graph->owned, "a child graph is made ready with the graph that it is in");
  auto made = std::make_shared<GraphExec>(*graph, flags);
  *exec = reinterpret_cast<CUgraphExec>(made.get());
  handles<GraphExec>().add(std::move(made));
  return CUDA_SUCCESS;
}

template <class Make>
CUresult set(CUgraphExec exec, CUgraphNode handle, Make make) {
  const Lock lock(graph_mutex());
  const auto found = find_graph_exec(exec);
  const auto node = find_node(handle);
  found->set_work(*node, make());
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long flags) {
  require_value((flags & CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD) == 0,
                "UPLOAD goes with cuGraphInstantiateWithParams only");
  return instantiate(exec, graph, flags);
}

CUresult cuGraphInstantiate_v2(CUgraphExec* exec, CUgraph graph, CUgraphNode* error_node, char* log,
                               std::size_t size) {
  if (error_node != nullptr) *error_node = nullptr;
  if (log != nullptr && size != 0) *log = '\0';
  return instantiate(exec, graph, 0);
}

CUresult cuGraphInstantiate(CUgraphExec* exec, CUgraph graph, CUgraphNode* error_node, char* log,
                            std::size_t size) {
  return cuGraphInstantiate_v2(exec, graph, error_node, log, size);
}

CUresult cuGraphInstantiateWithParams(CUgraphExec* exec, CUgraph handle,
                                      CUDA_GRAPH_INSTANTIATE_PARAMS* params) {
  require_value(params != nullptr, "instantiateParams is null");
  params->hErrNode_out = nullptr;
  params->result_out = CUDA_GRAPH_INSTANTIATE_ERROR;
  const Lock lock(graph_mutex());
  try {
    find_graph(handle)->ordered();
  } catch (const ApiError&) {
    params->result_out = CUDA_GRAPH_INSTANTIATE_INVALID_STRUCTURE;
    throw;
  }
  instantiate(exec, handle, params->flags);
  params->result_out = CUDA_GRAPH_INSTANTIATE_SUCCESS;
  return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec handle) {
  const Lock lock(graph_mutex());
  find_graph_exec(handle);
  handles<GraphExec>().take(handle);  // a run that is under way goes on
  return CUDA_SUCCESS;
}

CUresult cuGraphExecGetFlags(CUgraphExec exec, cuuint64_t* flags) {
  require_value(flags != nullptr, "flags is null");
  const Lock lock(graph_mutex());
  *flags = find_graph_exec(exec)->flags;
  return CUDA_SUCCESS;
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  const auto context = current_context();
  find_stream(stream, context);
  const Lock lock(graph_mutex());
  find_graph_exec(exec);  // it is where it runs already
  return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream_handle) {
  const auto context = current_context();
  const auto stream = find_stream(stream_handle, context);
  stream->context->check();
  std::shared_ptr<GraphExec> exec;
  {
    const Lock lock(graph_mutex());
    exec = find_graph_exec(handle);
    if (captures(*stream)) {
      capture(stream, ChildGraph{exec->as_graph()});
      return CUDA_SUCCESS;
    }
    exec->launch(stream);
  }
  return CUDA_SUCCESS;
}

CUresult cuGraphExecUpdate_v2(CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo* info) {
  require_value(info != nullptr, "resultInfo is null");
  const Lock lock(graph_mutex());
  *info = {CU_GRAPH_EXEC_UPDATE_ERROR, nullptr, nullptr};
  const auto found = find_graph_exec(exec);
  *info = found->update(*find_graph(graph));
  return info->result == CU_GRAPH_EXEC_UPDATE_SUCCESS ? CUDA_SUCCESS
                                                      : CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
}

CUresult cuGraphExecUpdate(CUgraphExec exec, CUgraph graph, CUgraphNode* error_node,
                           CUgraphExecUpdateResult* result) {
  require_value(error_node != nullptr && result != nullptr, "an output is null");
  CUgraphExecUpdateResultInfo info{};
  const CUresult code = cuGraphExecUpdate_v2(exec, graph, &info);
  *error_node = info.errorNode;
  *result = info.result;
  return code;
}

CUresult cuGraphExecNodeSetParams(CUgraphExec exec, CUgraphNode node, CUgraphNodeParams* params) {
  require_value(params != nullptr, "nodeParams is null");
  if (params->type == CU_GRAPH_NODE_TYPE_GRAPH)
    return cuGraphExecChildGraphNodeSetParams(exec, node, params->graph.graph);
  return set(exec, node, [=] { return work_of(params); });
}

CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node,
                                           const CUDA_KERNEL_NODE_PARAMS_v2* params) {
  return set(exec, node, [=] { return work_of(params); });
}

CUresult cuGraphExecKernelNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                        const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  return set(exec, node, [=] { return work_of(params); });
}

CUresult cuGraphExecMemcpyNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                        const CUDA_MEMCPY3D* params, CUcontext context) {
  return set(exec, node, [=] { return work_of(params, context); });
}

CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                        const CUDA_MEMSET_NODE_PARAMS_v1* params, CUcontext) {
  return set(exec, node, [=] { return work_of(params); });
}

CUresult cuGraphExecHostNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                      const CUDA_HOST_NODE_PARAMS_v1* params) {
  return set(exec, node, [=] { return work_of(params); });
}

CUresult cuGraphExecChildGraphNodeSetParams(CUgraphExec exec, CUgraphNode node, CUgraph child) {
  const Lock lock(graph_mutex());
  const auto found = find_graph_exec(exec);
  found->set_child(*find_node(node), *find_graph(child));
  return CUDA_SUCCESS;
}

CUresult cuGraphExecEventRecordNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
  return set(exec, node, [=] { return work_of_event(event, true); });
}

CUresult cuGraphExecEventWaitNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
  return set(exec, node, [=] { return work_of_event(event, false); });
}

CUresult cuGraphExecBatchMemOpNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                            const CUDA_BATCH_MEM_OP_NODE_PARAMS_v1* params) {
  return set(exec, node, [=] { return work_of(params); });
}

CUresult cuGraphNodeSetEnabled(CUgraphExec exec, CUgraphNode node, unsigned enabled) {
  const Lock lock(graph_mutex());
  const auto found = find_graph_exec(exec);
  found->set_enabled(*find_node(node), enabled != 0);
  return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetEnabled(CUgraphExec exec, CUgraphNode node, unsigned* enabled) {
  require_value(enabled != nullptr, "isEnabled is null");
  const Lock lock(graph_mutex());
  *enabled = find_graph_exec(exec)->step(*find_node(node)).enabled ? 1 : 0;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
