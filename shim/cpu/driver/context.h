#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/driver/queue.h"

namespace vgpu::cpu {

struct Device;
struct Stream;

/// A context: the owner of streams, events, modules and memory. A device's primary context is one
/// object for the life of the process with many incarnations, each with an id of its own.
class Context : public std::enable_shared_from_this<Context> {
 public:
  /// Work of a stream. Returns what went wrong: it becomes the context's failure.
  using Work = std::function<CUresult()>;

  Context(Device& device, bool primary, unsigned flags);

  Device& device() const noexcept { return device_; }
  bool primary() const noexcept { return primary_; }
  std::uint64_t id() const noexcept { return id_; }
  bool active() const noexcept { return active_; }
  CUresult failure() const noexcept { return failure_; }

  /// Errors: CONTEXT_IS_DESTROYED, or the failure that poisoned the context.
  void check() const;
  /// Poisons the context: the first failure stays.
  void poison(CUresult failure) noexcept;

  /// Begins a new incarnation.
  void activate(unsigned new_flags);
  /// Ends the incarnation: waits for its work, then frees all that it owns. False when it was not
  /// active.
  bool end();

  /// Adds a stream of the program's, or of a thread.
  void add_stream(std::shared_ptr<Stream> stream);
  std::shared_ptr<Stream> legacy_stream();

  /// Runs `work` in `stream`'s order, unless the context has failed by then.
  Point submit(Stream& stream, Work work, std::vector<Point> after = {});
  /// The same for what must run in a failed context, too: it is told the failure.
  Point submit_always(Stream& stream, std::function<void(CUresult)> work,
                      std::vector<Point> after = {});
  /// What an operation on `stream` has to wait for when it runs in the caller; empty when nothing
  /// is pending.
  std::vector<Point> pending(Stream& stream);
  /// Everything that is pending in the context.
  std::vector<Point> pending();

  /// Waits for `points`, then check()s. Errors: also NOT_PERMITTED on a stream's own thread.
  void wait(const std::vector<Point>& points) const;
  void synchronize() { wait(pending()); }

  std::atomic<unsigned> flags;
  std::atomic<int> cache_config{0};
  std::atomic<int> shared_config{0};
  std::array<std::atomic<std::size_t>, 10> limits{};  ///< by CUlimit
  std::atomic<unsigned> peers{0};                     ///< bit n: access to device n is enabled

 private:
  std::vector<Point> before_locked(Stream& stream);
  void forget_finished_streams_locked();
  void free_owned();

  Device& device_;
  const bool primary_;
  std::atomic<std::uint64_t> id_{0};
  std::atomic<bool> active_{false};
  std::atomic<CUresult> failure_{CUDA_SUCCESS};

  std::mutex order_;  ///< held while work is put in order: dependencies only ever point back
  std::shared_ptr<Stream> legacy_;
  std::vector<std::shared_ptr<Stream>> streams_;  ///< without the legacy one
};

/// The context behind a handle. Errors: INVALID_CONTEXT.
std::shared_ptr<Context> find_context(CUcontext handle);

inline CUcontext handle_of(Context& context) noexcept {
  return reinterpret_cast<CUcontext>(&context);
}

}  // namespace vgpu::cpu
