#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace vgpu::cpu {

class Queue;

/// A place in a queue: reached when everything submitted up to it has run.
struct Point {
  std::shared_ptr<Queue> queue;
  std::uint64_t ticket = 0;

  bool reached() const noexcept;
  void wait() const;
};

/// Tasks that run one after the other on a thread of the queue's own. The thread is started by the
/// first task and ends when there has been nothing to do for a while.
class Queue : public std::enable_shared_from_this<Queue> {
 public:
  using Task = std::function<void()>;

  /// Runs `task` after every earlier one, and after `after` has been reached. `task` must not
  /// throw. Errors: std::system_error when no thread can be had; nothing is then submitted.
  Point submit(Task task, std::vector<Point> after);

  /// The end of what has been submitted so far.
  Point last();

  bool reached(std::uint64_t ticket) const noexcept {
    return completed_.load(std::memory_order_acquire) >= ticket;
  }
  void wait(std::uint64_t ticket);

  /// Lets the thread end as soon as it has nothing to do.
  void close();

 private:
  struct Entry {
    Task task;
    std::vector<Point> after;
  };
  void start_thread();
  void work();

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<Entry> entries_;
  std::uint64_t submitted_ = 0;
  std::atomic<std::uint64_t> completed_{0};
  bool running_ = false;
  bool closed_ = false;
};

/// True on a queue's thread: what runs there must not wait for queues.
bool on_queue_thread() noexcept;

}  // namespace vgpu::cpu
