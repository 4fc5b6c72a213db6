#include "shim/cpu/driver/capture.h"

#include <algorithm>
#include <unordered_set>

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/event.h"
#include "shim/cpu/driver/leaked.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {

std::atomic<int> capture_count{0};

namespace {

using Lock = std::lock_guard<std::recursive_mutex>;
using Nodes = std::vector<std::shared_ptr<GraphNode>>;

/// The captures that have begun and not ended. Guarded by graph_mutex().
std::vector<std::shared_ptr<Capture>>& all_captures() {
  return leaked<std::vector<std::shared_ptr<Capture>>>();
}

bool nobody_captures() { return capture_count.load(std::memory_order_acquire) == 0; }

template <class Chosen>
bool break_captures(Chosen chosen) {
  bool any = false;
  for (const auto& capture : all_captures())
    if (chosen(*capture)) any = capture->invalid = true;
  return any;
}

bool takes_part(const Capture& capture, const Context& context, bool blocking_only) {
  return std::ranges::any_of(capture.streams, [&](const std::weak_ptr<Stream>& weak) {
    const auto stream = weak.lock();
    return stream != nullptr && stream->context.get() == &context &&
           (!blocking_only || stream->blocking());
  });
}

void leave(Stream& stream) {
  stream.capture = nullptr;
  stream.frontier.clear();
}

void join(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Capture>& capture) {
  stream->capture = capture;
  capture->streams.push_back(stream);
}

void merge(Nodes& into, const Nodes& more) {
  for (const auto& node : more)
    if (std::ranges::find(into, node) == into.end()) into.push_back(node);
}

/// True when every node of the capture's other streams comes before `end`.
bool is_joined(const Capture& capture, const Nodes& end) {
  std::unordered_set<const GraphNode*> before;
  std::vector<const GraphNode*> next;
  const auto reach = [&](const GraphNode* node) {
    if (before.insert(node).second) next.push_back(node);
  };
  for (const auto& node : end) reach(node.get());
  while (!next.empty()) {
    const GraphNode* const node = next.back();
    next.pop_back();
    for (const auto& edge : node->dependencies) reach(edge.from.get());
  }
  const auto all_before = [&](const Nodes& nodes) {
    return std::ranges::all_of(nodes, [&](const auto& node) {
      return node->graph == nullptr || before.contains(node.get());
    });
  };
  return all_before(capture.left_behind) &&
         std::ranges::all_of(capture.streams, [&](const std::weak_ptr<Stream>& weak) {
           const auto stream = weak.lock();
           return stream == nullptr || all_before(stream->frontier);
         });
}

std::uint64_t next_capture_id() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Capture::Capture(std::shared_ptr<Graph> into, const Stream& begun_in, CUstreamCaptureMode how)
    : id(next_capture_id()), mode(how), graph(std::move(into)), origin(begun_in.id) {}

void begin_capture(const std::shared_ptr<Stream>& stream, CUstreamCaptureMode mode,
                   std::shared_ptr<Graph> graph, Nodes after) {
  const Lock lock(graph_mutex());
  require(stream->kind != Stream::Kind::legacy, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
          "the legacy stream cannot be captured");
  require(stream->capture == nullptr, CUDA_ERROR_ILLEGAL_STATE, "the stream is capturing already");
  const auto made = std::make_shared<Capture>(std::move(graph), *stream, mode);
  join(stream, made);
  stream->frontier = std::move(after);
  all_captures().push_back(made);
  ++capture_count;
}

std::shared_ptr<Graph> end_capture(Stream& stream) {
  const Lock lock(graph_mutex());
  const auto capture = stream.capture;
  require(capture != nullptr, CUDA_ERROR_ILLEGAL_STATE, "the stream is not capturing");
  require(capture->origin == stream.id, CUDA_ERROR_STREAM_CAPTURE_UNMATCHED,
          "the capture began in another stream");
  require(capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED ||
              capture->thread == std::this_thread::get_id(),
          CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "the capture began in another thread");
  const bool joined = is_joined(*capture, stream.frontier);
  for (const auto& weak : capture->streams)
    if (const auto other = weak.lock()) leave(*other);
  leave(stream);
  std::erase(all_captures(), capture);
  --capture_count;
  require(!capture->invalid, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture was broken");
  require(joined, CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
          "a stream that joined the capture has not been waited for");
  return capture->graph;
}

CUstreamCaptureStatus capture_status(const Stream& stream) {
  const Lock lock(graph_mutex());
  if (stream.capture != nullptr)
    return stream.capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                   : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  const bool implicit = stream.kind == Stream::Kind::legacy &&
                        std::ranges::any_of(all_captures(), [&](const std::shared_ptr<Capture>& c) {
                          return takes_part(*c, *stream.context, true);
                        });
  require(!implicit, CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
          "the legacy stream waits for a capturing stream");
  return CU_STREAM_CAPTURE_STATUS_NONE;
}

bool captures_slowly(Stream& stream) {
  const Lock lock(graph_mutex());
  if (stream.capture != nullptr) {
    require(!stream.capture->invalid, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
            "the capture was broken by an operation before");
    return true;
  }
  if (stream.kind == Stream::Kind::legacy &&
      break_captures([&](const Capture& c) { return takes_part(c, *stream.context, true); }))
    fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the legacy stream waits for a capturing stream");
  return false;
}

void capture(const std::shared_ptr<Stream>& stream, Work work) {
  const Lock lock(graph_mutex());
  require(stream->capture != nullptr, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
          "the capture was ended by another thread");
  std::vector<GraphNode::Edge> edges;
  for (const auto& node : stream->frontier)
    if (node->graph == stream->capture->graph.get()) edges.push_back({node, {}});
  stream->frontier = {stream->capture->graph->add(std::move(work), edges)};
}

void capture_event(Stream& stream, Event& event) {
  const Lock lock(graph_mutex());
  event.capture = stream.capture;
  event.captured = stream.frontier;
}

bool capture_wait(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Event>& event,
                  bool external) {
  if (nobody_captures()) return false;
  const Lock lock(graph_mutex());
  const bool mine = captures(*stream);
  if (mine && external) {
    capture(stream, EventWait{event});
    return true;
  }
  const auto theirs = event->capture;
  const bool live =
      theirs != nullptr && std::ranges::find(all_captures(), theirs) != all_captures().end();
  if (!live) {
    if (!mine) return false;
    if (event->capture == nullptr && event->latest() == nullptr)
      return true;  // nothing to wait for
    stream->capture->invalid = true;
    fail(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "the event was recorded outside of the capture");
  }
  if (mine && stream->capture != theirs) {
    stream->capture->invalid = theirs->invalid = true;
    fail(CUDA_ERROR_STREAM_CAPTURE_MERGE, "the event is of another capture");
  }
  require(!theirs->invalid, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture was broken");
  if (!mine) {
    if (stream->kind == Stream::Kind::legacy) {
      theirs->invalid = true;
      fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the legacy stream cannot join a capture");
    }
    join(stream, theirs);
  }
  merge(stream->frontier, event->captured);
  return true;
}

void forget_capture(Event& event) {
  const Lock lock(graph_mutex());
  event.capture = nullptr;
  event.captured.clear();
}

void refuse_in_capture(Stream& stream) {
  if (nobody_captures()) return;
  const Lock lock(graph_mutex());
  if (!captures_slowly(stream)) return;
  stream.capture->invalid = true;
  fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a capturing stream cannot do this");
}

void refuse_captures_of(const Context& context) {
  if (nobody_captures()) return;
  const Lock lock(graph_mutex());
  if (break_captures([&](const Capture& c) { return takes_part(c, context, false); }))
    fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a stream of the context is capturing");
}

void refuse_if_unsafe() {
  if (nobody_captures()) return;
  const CUstreamCaptureMode mine = thread_state().capture_mode;
  if (mine == CU_STREAM_CAPTURE_MODE_RELAXED) return;
  const Lock lock(graph_mutex());
  const auto forbids = [mine](const Capture& c) {
    const bool global = c.mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (c.thread == std::this_thread::get_id()) return c.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    return global && mine == CU_STREAM_CAPTURE_MODE_GLOBAL;
  };
  if (break_captures(forbids))
    fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the call is not safe during a capture");
}

void refuse_captured(const Event& event) {
  const Lock lock(graph_mutex());
  if (event.capture == nullptr) return;
  event.capture->invalid = true;
  fail(CUDA_ERROR_CAPTURED_EVENT, "the event was last recorded in a capture");
}

void abandon_capture(Stream& stream) {
  const Lock lock(graph_mutex());
  if (stream.capture == nullptr) return;
  const auto capture = stream.capture;
  if (capture->origin != stream.id) {
    merge(capture->left_behind, stream.frontier);
    return leave(stream);
  }
  for (const auto& weak : capture->streams)
    if (const auto other = weak.lock()) leave(*other);
  leave(stream);
  std::erase(all_captures(), capture);
  --capture_count;
}

}  // namespace vgpu::cpu
