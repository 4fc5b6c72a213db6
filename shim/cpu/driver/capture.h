#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "shim/cpu/driver/graph.h"

namespace vgpu::cpu {

struct Event;
struct Stream;

/// A capture: what its streams are given becomes nodes of a graph instead of running. Guarded by
/// graph_mutex().
class Capture {
 public:
  Capture(std::shared_ptr<Graph> into, const Stream& begun_in, CUstreamCaptureMode how);

  const std::uint64_t id;
  const CUstreamCaptureMode mode;
  const std::shared_ptr<Graph> graph;
  const std::thread::id thread = std::this_thread::get_id();
  const std::uint64_t origin;                  ///< Stream::id of the stream that it began in
  bool invalid = false;                        ///< an operation broke it; it only waits to be ended
  std::vector<std::weak_ptr<Stream>> streams;  ///< that take part, the origin included
  /// What streams that were destroyed would have gone on from: it must be joined all the same.
  std::vector<std::shared_ptr<GraphNode>> left_behind;
};

/// How many captures there are: work that meets none need not ask further.
extern std::atomic<int> capture_count;

void begin_capture(const std::shared_ptr<Stream>& stream, CUstreamCaptureMode mode,
                   std::shared_ptr<Graph> graph, std::vector<std::shared_ptr<GraphNode>> after);
/// Errors: ILLEGAL_STATE, STREAM_CAPTURE_{INVALIDATED,UNMATCHED,UNJOINED,WRONG_THREAD}.
std::shared_ptr<Graph> end_capture(Stream& stream);

/// Errors: STREAM_CAPTURE_IMPLICIT for the legacy stream while one that it waits for captures.
CUstreamCaptureStatus capture_status(const Stream& stream);

/// Whether the stream's work is to be captured.
/// Errors: STREAM_CAPTURE_INVALIDATED; STREAM_CAPTURE_IMPLICIT when it would run in the legacy
/// stream, which waits for the capturing ones.
bool captures_slowly(Stream& stream);
inline bool captures(Stream& stream) {
  return capture_count.load(std::memory_order_acquire) != 0 && captures_slowly(stream);
}
/// Captures work of a stream for which captures() is true.
void capture(const std::shared_ptr<Stream>& stream, Work work);

void capture_event(Stream& stream, Event& event);
/// A wait for an event, if the stream or the event is captured: the stream then joins the event's
/// capture. Errors: STREAM_CAPTURE_{ISOLATION,MERGE}.
bool capture_wait(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Event>& event,
                  bool external);
void forget_capture(Event& event);

/// Break the captures that a call disturbs, and throw STREAM_CAPTURE_UNSUPPORTED if there are any:
/// what cannot be done in a capturing stream, in a context with one, or while this thread or
/// another captures in a mode that forbids it; CAPTURED_EVENT for an event that was recorded in a
/// capture.
void refuse_in_capture(Stream& stream);
void refuse_captures_of(const Context& context);
void refuse_if_unsafe();
void refuse_captured(const Event& event);
/// For a stream that is destroyed: ends the capture that began in it, without a graph.
void abandon_capture(Stream& stream);

}  // namespace vgpu::cpu
