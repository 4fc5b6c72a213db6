#include "shim/cpu/driver/stream.h"

#include <atomic>

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {
namespace {

std::uint64_t next_stream_id() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

std::shared_ptr<Stream> per_thread_stream(const std::shared_ptr<Context>& context) {
  std::shared_ptr<Stream>& mine = thread_state().default_streams[context->id()];
  if (mine == nullptr) {
    mine = std::make_shared<Stream>(context, Stream::Kind::per_thread, 0U, 0);
    context->add_stream(mine);
  }
  return mine;
}

}  // namespace

Stream::Stream(std::shared_ptr<Context> owner, Kind which, unsigned flags_given, int priority_given)
    : context(std::move(owner)),
      kind(which),
      flags(flags_given),
      priority(priority_given),
      id(next_stream_id()) {}

std::shared_ptr<Stream> default_stream(const std::shared_ptr<Context>& context) {
  return thread_state().per_thread_default ? per_thread_stream(context) : context->legacy_stream();
}

std::shared_ptr<Stream> find_stream(CUstream handle, const std::shared_ptr<Context>& context) {
  if (handle == nullptr) return default_stream(context);
  if (handle == stream_legacy()) return context->legacy_stream();
  if (handle == stream_per_thread()) return per_thread_stream(context);
  auto found = handles<Stream>().find(handle);
  require(found != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a stream");
  return found;
}

}  // namespace vgpu::cpu
