#include "shim/cpu/driver/capture.h"

#include <algorithm>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/graph_arguments.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

std::shared_ptr<Stream> usable_stream(CUstream handle) {
  const auto context = current_context();
  auto stream = find_stream(handle, context);
  stream->context->check();
  return stream;
}

void require_mode(CUstreamCaptureMode mode) {
  require_value(mode >= CU_STREAM_CAPTURE_MODE_GLOBAL && mode <= CU_STREAM_CAPTURE_MODE_RELAXED,
                "no such mode");
}

/// What a stream's capture is; only what is asked for. Null edges: the caller knows none.
struct CaptureInfo {
  CUstreamCaptureStatus* status;
  cuuint64_t* id;
  CUgraph* graph;
  const CUgraphNode** nodes;
  const CUgraphEdgeData** edges;
  std::size_t* count;
};

CUresult tell(CUstream handle, const CaptureInfo& to) {
  require_value(to.status != nullptr, "captureStatus_out is null");
  const auto stream = usable_stream(handle);
  const Lock lock(graph_mutex());
  *to.status = capture_status(*stream);
  if (*to.status != CU_STREAM_CAPTURE_STATUS_ACTIVE) return CUDA_SUCCESS;
  if (to.id != nullptr) *to.id = stream->capture->id;
  if (to.graph != nullptr) *to.graph = handle_of(*stream->capture->graph);
  stream->told_nodes.clear();
  for (const auto& node : stream->frontier) stream->told_nodes.push_back(handle_of(*node));
  stream->told_edges.assign(stream->told_nodes.size(), CUgraphEdgeData{});
  if (to.nodes != nullptr) *to.nodes = stream->told_nodes.data();
  if (to.edges != nullptr) *to.edges = stream->told_edges.data();
  if (to.count != nullptr) *to.count = stream->told_nodes.size();
  return CUDA_SUCCESS;
}

std::vector<std::shared_ptr<GraphNode>> nodes_of(const Graph& graph, const CUgraphNode* nodes,
                                                 const CUgraphEdgeData* data, std::size_t count) {
  std::vector<std::shared_ptr<GraphNode>> found;
  for (auto& edge : edges_of(nodes, data, count)) {
    require_value(edge.from->graph == &graph, "a node of another graph");
    require_value(std::ranges::find(found, edge.from) == found.end(), "a node is named twice");
    found.push_back(std::move(edge.from));
  }
  return found;
}

}  // namespace

CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  require_mode(mode);
  const auto stream = usable_stream(handle);
  const Lock lock(graph_mutex());
  auto graph = std::make_shared<Graph>();
  begin_capture(stream, mode, graph, {});
  handles<Graph>().add(std::move(graph));
  return CUDA_SUCCESS;
}

CUresult cuStreamBeginCapture(CUstream stream) {
  return cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
}

CUresult cuStreamBeginCaptureToGraph(CUstream handle, CUgraph graph_handle,
                                     const CUgraphNode* dependencies, const CUgraphEdgeData* edges,
                                     std::size_t count, CUstreamCaptureMode mode) {
  require_mode(mode);
  const auto stream = usable_stream(handle);
  const Lock lock(graph_mutex());
  const auto graph = find_graph(graph_handle);
  begin_capture(stream, mode, graph, nodes_of(*graph, dependencies, edges, count));
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  require_value(graph != nullptr, "phGraph is null");
  const auto stream = usable_stream(handle);
  const Lock lock(graph_mutex());
  *graph = nullptr;
  const auto before = stream->capture;
  try {
    *graph = handle_of(*end_capture(*stream));
  } catch (...) {
    // A capture that has ended without a result takes its graph with it.
    if (before != nullptr && stream->capture == nullptr) handles<Graph>().take(before->graph.get());
    throw;
  }
  return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
  require_value(status != nullptr, "captureStatus is null");
  *status = capture_status(*usable_stream(handle));
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCaptureInfo(CUstream handle, CUstreamCaptureStatus* status, cuuint64_t* id) {
  return tell(handle, {status, id, nullptr, nullptr, nullptr, nullptr});
}

CUresult cuStreamGetCaptureInfo_v2(CUstream handle, CUstreamCaptureStatus* status, cuuint64_t* id,
                                   CUgraph* graph, const CUgraphNode** nodes, std::size_t* count) {
  return tell(handle, {status, id, graph, nodes, nullptr, count});
}

CUresult cuStreamGetCaptureInfo_v3(CUstream handle, CUstreamCaptureStatus* status, cuuint64_t* id,
                                   CUgraph* graph, const CUgraphNode** nodes,
                                   const CUgraphEdgeData** edges, std::size_t* count) {
  return tell(handle, {status, id, graph, nodes, edges, count});
}

CUresult cuStreamUpdateCaptureDependencies_v2(CUstream handle, CUgraphNode* nodes,
                                              const CUgraphEdgeData* edges, std::size_t count,
                                              unsigned flags) {
  require_value(flags <= CU_STREAM_SET_CAPTURE_DEPENDENCIES, "unknown flags");
  const auto stream = usable_stream(handle);
  const Lock lock(graph_mutex());
  require(captures(*stream), CUDA_ERROR_ILLEGAL_STATE, "the stream is not capturing");
  auto named = nodes_of(*stream->capture->graph, nodes, edges, count);
  if (flags == CU_STREAM_SET_CAPTURE_DEPENDENCIES) stream->frontier.clear();
  for (auto& node : named)
    if (std::ranges::find(stream->frontier, node) == stream->frontier.end())
      stream->frontier.push_back(std::move(node));
  return CUDA_SUCCESS;
}

CUresult cuStreamUpdateCaptureDependencies(CUstream stream, CUgraphNode* nodes, std::size_t count,
                                           unsigned flags) {
  return cuStreamUpdateCaptureDependencies_v2(stream, nodes, nullptr, count, flags);
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  require_value(mode != nullptr, "mode is null");
  require_mode(*mode);
  std::swap(*mode, thread_state().capture_mode);
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
