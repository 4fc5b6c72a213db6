#include "shim/cpu/driver/context.h"

#include <algorithm>
#include <system_error>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/event.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/module.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/work_note.h"

namespace vgpu::cpu {
namespace {

/// Source: H100, driver 580.
constexpr std::array<std::size_t, 10> kDefaultLimits{1024,     // stack size
                                                     8650752,  // printf FIFO
                                                     8388608,  // malloc heap
                                                     0,        // sync depth: unsupported
                                                     2048,     // pending launches
                                                     64,       // L2 fetch granularity
                                                     0,        // persisting L2, from the profile
                                                     0,        // shared memory, from the profile
                                                     0,       0};

void keep_pending(std::vector<Point>& points, Point point) {
  if (!point.reached()) points.push_back(std::move(point));
}

}  // namespace

Context::Context(Device& device, bool primary, unsigned new_flags)
    : flags(new_flags), device_(device), primary_(primary) {}

void Context::check() const {
  require(active_, CUDA_ERROR_CONTEXT_IS_DESTROYED, "the current context is not active");
  const CUresult failed = failure_;
  if (failed != CUDA_SUCCESS) fail(failed, "the context has failed before");
}

void Context::poison(CUresult failure) noexcept {
  CUresult none = CUDA_SUCCESS;
  failure_.compare_exchange_strong(none, failure);
}

void Context::activate(unsigned new_flags) {
  static std::atomic<std::uint64_t> next_id{1};
  const std::lock_guard lock(order_);
  require(device_.usage.open(), CUDA_ERROR_OUT_OF_MEMORY, "too many processes use the device");
  id_ = next_id.fetch_add(1);
  flags = new_flags;
  failure_ = CUDA_SUCCESS;
  peers = 0;
  cache_config = 0;
  shared_config = 0;
  for (std::size_t i = 0; i < limits.size(); ++i) limits[i] = kDefaultLimits[i];
  limits[CU_LIMIT_SHMEM_SIZE] =
      static_cast<std::size_t>(device_.profile.attributes[97]);  // shared memory, opted in
  limits[CU_LIMIT_PERSISTING_L2_CACHE_SIZE] =
      static_cast<std::size_t>(device_.profile.attributes[108]) * 3 / 10;  // as on the H100
  legacy_ = std::make_shared<Stream>(shared_from_this(), Stream::Kind::legacy, 0U, 0);
  active_ = true;
}

bool Context::end() {
  if (!active_.exchange(false)) return false;
  for (const Point& point : pending()) point.wait();
  free_owned();
  const std::lock_guard lock(order_);
  for (const auto& stream : streams_) stream->queue->close();
  streams_.clear();
  if (legacy_ != nullptr) legacy_->queue->close();
  legacy_ = nullptr;
  device_.usage.close();
  return true;
}

void Context::free_owned() {
  const auto mine = [this](const auto& object) { return object.context.get() == this; };
  for (const auto& stream : handles<Stream>().take_if(mine)) {
    abandon_capture(*stream);
    stream->destroyed = true;
  }
  handles<Event>().take_if(mine);
  forget_modules(*this);
  for (const auto& allocation : address_map().take_all(id_)) release_memory(*allocation);
}

void Context::add_stream(std::shared_ptr<Stream> stream) {
  const std::lock_guard lock(order_);
  streams_.push_back(std::move(stream));
}

std::shared_ptr<Stream> Context::legacy_stream() {
  const std::lock_guard lock(order_);
  require(legacy_ != nullptr, CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context is not active");
  return legacy_;
}

void Context::forget_finished_streams_locked() {
  std::erase_if(streams_, [](const std::shared_ptr<Stream>& stream) {
    return stream->destroyed && stream->queue->last().reached();
  });
}

std::vector<Point> Context::before_locked(Stream& stream) {
  std::vector<Point> points;
  if (!stream.blocking() || legacy_ == nullptr) return points;
  if (stream.kind != Stream::Kind::legacy) {
    keep_pending(points, legacy_->queue->last());
    return points;
  }
  forget_finished_streams_locked();
  for (const auto& other : streams_)
    if (other->blocking()) keep_pending(points, other->queue->last());
  return points;
}

Point Context::submit(Stream& stream, Work work, std::vector<Point> after) {
  return submit_always(
      stream,
      [this, place = place_of(stream), work = std::move(work)](CUresult failed) {
        if (failed != CUDA_SUCCESS) return;
        const WorkingAt here(place);
        const CUresult result = work();
        if (result != CUDA_SUCCESS) poison(result);
      },
      std::move(after));
}

Point Context::submit_always(Stream& stream, std::function<void(CUresult)> work,
                             std::vector<Point> after) {
  const std::lock_guard lock(order_);
  std::vector<Point> points = before_locked(stream);
  for (Point& point : after) keep_pending(points, std::move(point));
  try {
    return stream.queue->submit(
        [self = shared_from_this(), work = std::move(work)] { work(self->failure()); },
        std::move(points));
  } catch (const std::system_error& error) {
    fail(CUDA_ERROR_OPERATING_SYSTEM, error.what());
  }
}

std::vector<Point> Context::pending(Stream& stream) {
  const std::lock_guard lock(order_);
  std::vector<Point> points = before_locked(stream);
  keep_pending(points, stream.queue->last());
  return points;
}

std::vector<Point> Context::pending() {
  const std::lock_guard lock(order_);
  forget_finished_streams_locked();
  std::vector<Point> points;
  for (const auto& stream : streams_) keep_pending(points, stream->queue->last());
  if (legacy_ != nullptr) keep_pending(points, legacy_->queue->last());
  return points;
}

void Context::wait(const std::vector<Point>& points) const {
  require(points.empty() || !on_queue_thread(), CUDA_ERROR_NOT_PERMITTED,
          "a callback of a stream must not wait for streams");
  for (const Point& point : points) point.wait();
  check();
}

std::shared_ptr<Context> find_context(CUcontext handle) {
  auto found = handles<Context>().find(handle);
  require(found != nullptr, CUDA_ERROR_INVALID_CONTEXT, "not a context");
  return found;
}

}  // namespace vgpu::cpu
