#include "shim/cpu/driver/stream.h"

#include <algorithm>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/event.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

constexpr int kGreatestPriority = -5;

std::shared_ptr<Stream> usable_stream(CUstream handle) {
  const auto context = current_context();
  auto stream = find_stream(handle, context);
  stream->context->check();
  return stream;
}

/// What the stream still has to do: for the legacy stream that includes what it waits for.
std::vector<Point> unfinished(Stream& stream) {
  if (stream.kind == Stream::Kind::legacy) return stream.context->pending(stream);
  Point last = stream.queue->last();
  if (last.reached()) return {};
  return {std::move(last)};
}

}  // namespace

CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  require_value(stream != nullptr, "phStream is null");
  require_value((flags & ~unsigned{CU_STREAM_NON_BLOCKING}) == 0, "unknown flags");
  const auto& context = current_context();
  auto made = std::make_shared<Stream>(context, Stream::Kind::created, flags,
                                       std::clamp(priority, kGreatestPriority, 0));
  context->add_stream(made);
  *stream = reinterpret_cast<CUstream>(made.get());
  handles<Stream>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  return cuStreamCreateWithPriority(stream, flags, 0);
}

CUresult cuStreamDestroy_v2(CUstream handle) {
  current_context();
  const auto stream = handles<Stream>().take(handle);
  require(stream != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a stream of the program's");
  abandon_capture(*stream);
  // Work that is under way goes on; the context drops the stream when it is done.
  stream->destroyed = true;
  stream->queue->close();
  return CUDA_SUCCESS;
}

CUresult cuStreamGetPriority(CUstream stream, int* priority) {
  require_value(priority != nullptr, "priority is null");
  *priority = usable_stream(stream)->priority;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetFlags(CUstream stream, unsigned* flags) {
  require_value(flags != nullptr, "flags is null");
  *flags = usable_stream(stream)->flags;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetDevice(CUstream stream, CUdevice* device) {
  require_value(device != nullptr, "device is null");
  *device = usable_stream(stream)->context->device().ordinal;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetId(CUstream stream, unsigned long long* id) {
  require_value(id != nullptr, "streamId is null");
  *id = usable_stream(stream)->id;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx(CUstream stream, CUcontext* context) {
  require_value(context != nullptr, "pctx is null");
  *context = handle_of(*usable_stream(stream)->context);
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx_v2(CUstream stream, CUcontext* context, CUgreenCtx* green) {
  require_value(context != nullptr && green != nullptr, "pCtx or pGreenCtx is null");
  *green = nullptr;
  return cuStreamGetCtx(stream, context);
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent event_handle, unsigned flags) {
  require_value((flags & ~unsigned{CU_EVENT_WAIT_EXTERNAL}) == 0, "unknown flags");
  const auto stream = usable_stream(handle);
  const auto event = handles<Event>().find(event_handle);
  require(event != nullptr, CUDA_ERROR_INVALID_HANDLE, "not an event");
  const bool external = (flags & CU_EVENT_WAIT_EXTERNAL) != 0;
  if (capture_wait(stream, event, external)) return CUDA_SUCCESS;
  const auto record = event->latest();
  if (record == nullptr || record->point.reached()) return CUDA_SUCCESS;
  stream->context->submit_always(*stream, [](CUresult) {}, {record->point});
  return CUDA_SUCCESS;
}

CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void* user_data,
                             unsigned flags) {
  require_value(callback != nullptr && flags == 0, "callback is null, or flags are not 0");
  const auto stream = usable_stream(handle);
  refuse_in_capture(*stream);
  stream->context->submit_always(*stream,
                                 [=](CUresult status) { callback(handle, status, user_data); });
  return CUDA_SUCCESS;
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* user_data) {
  require_value(function != nullptr, "fn is null");
  const auto stream = usable_stream(handle);
  if (captures(*stream)) {
    capture(stream, HostCall{function, user_data});
    return CUDA_SUCCESS;
  }
  stream->context->submit(*stream, [=] {
    function(user_data);
    return CUDA_SUCCESS;
  });
  return CUDA_SUCCESS;
}

CUresult cuStreamQuery(CUstream handle) {
  const auto stream = usable_stream(handle);
  refuse_in_capture(*stream);
  if (!unfinished(*stream).empty()) return CUDA_ERROR_NOT_READY;
  stream->context->check();
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream handle) {
  const auto stream = usable_stream(handle);
  refuse_in_capture(*stream);
  stream->context->wait(unfinished(*stream));
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
