#include "shim/cpu/driver/event.h"

#include <chrono>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

namespace {

/// Records what `stream` has been given so far.
std::shared_ptr<EventRecord> make_record(Stream& stream) {
  auto record = std::make_shared<EventRecord>();
  if (stream.context->pending(stream).empty()) {
    record->time = now();  // everything before it has run: nothing to wait for
    return record;
  }
  // The task keeps the record, so that the event may be destroyed meanwhile.
  record->point = stream.context->submit_always(
      stream, [time = std::shared_ptr<std::atomic<std::int64_t>>(record, &record->time)](CUresult) {
        time->store(now());
      });
  return record;
}

}  // namespace

void record(Event& event, Stream& stream) {
  auto made = make_record(stream);
  const std::lock_guard lock(event.mutex);
  event.record = std::move(made);
}

namespace api {
namespace {

std::shared_ptr<Event> find_event(CUevent handle) {
  auto event = handles<Event>().find(handle);
  require(event != nullptr, CUDA_ERROR_INVALID_HANDLE, "not an event");
  return event;
}

}  // namespace

CUresult cuEventCreate(CUevent* event, unsigned flags) {
  constexpr unsigned kKnown =
      CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS;
  require_value(event != nullptr, "phEvent is null");
  require_value((flags & ~kKnown) == 0, "unknown flags");
  require_value((flags & CU_EVENT_INTERPROCESS) == 0 || (flags & CU_EVENT_DISABLE_TIMING) != 0,
                "an interprocess event has no timing");
  const auto& context = current_context();
  auto made = std::make_shared<Event>(context, context->id(), flags);
  *event = reinterpret_cast<CUevent>(made.get());
  handles<Event>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent handle) {
  current_context();
  require(handles<Event>().take(handle) != nullptr, CUDA_ERROR_INVALID_HANDLE, "not an event");
  return CUDA_SUCCESS;
}

CUresult cuEventRecordWithFlags(CUevent event_handle, CUstream stream_handle, unsigned flags) {
  require_value((flags & ~unsigned{CU_EVENT_RECORD_EXTERNAL}) == 0, "unknown flags");
  const auto context = current_context();
  const auto event = find_event(event_handle);
  const auto stream = find_stream(stream_handle, context);
  require(event->context == stream->context, CUDA_ERROR_INVALID_HANDLE,
          "event and stream are of different contexts");
  if (captures(*stream)) {
    if ((flags & CU_EVENT_RECORD_EXTERNAL) != 0)
      capture(stream, EventRecording{event});
    else
      capture_event(*stream, *event);
    return CUDA_SUCCESS;
  }
  forget_capture(*event);
  record(*event, *stream);
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  return cuEventRecordWithFlags(event, stream, CU_EVENT_RECORD_DEFAULT);
}

CUresult cuEventQuery(CUevent handle) {
  const auto event = find_event(handle);
  event->context->check();
  refuse_captured(*event);
  const auto record = event->latest();
  if (record != nullptr && !record->point.reached()) return CUDA_ERROR_NOT_READY;
  event->context->check();
  return CUDA_SUCCESS;
}

CUresult cuEventSynchronize(CUevent handle) {
  const auto event = find_event(handle);
  refuse_captured(*event);
  const auto record = event->latest();
  std::vector<Point> points;
  if (record != nullptr && !record->point.reached()) points.push_back(record->point);
  event->context->wait(points);
  return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start_handle, CUevent end_handle) {
  require_value(milliseconds != nullptr, "pMilliseconds is null");
  const auto start = find_event(start_handle);
  const auto end = find_event(end_handle);
  refuse_captured(*start);
  refuse_captured(*end);
  require(start->timed() && end->timed(), CUDA_ERROR_INVALID_HANDLE, "an event has no timing");
  require(start->context == end->context, CUDA_ERROR_INVALID_HANDLE,
          "the events are of different contexts");
  const auto from = start->latest();
  const auto to = end->latest();
  require(from != nullptr && to != nullptr, CUDA_ERROR_INVALID_HANDLE,
          "an event has not been recorded");
  start->context->check();
  if (!from->point.reached() || !to->point.reached()) return CUDA_ERROR_NOT_READY;
  start->context->check();
  constexpr double kPerMillisecond = 1e6;
  *milliseconds = static_cast<float>(static_cast<double>(to->time - from->time) / kPerMillisecond);
  return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, start, end);
}

}  // namespace api
}  // namespace vgpu::cpu
