#include "shim/cpu/driver/queue.h"

#include <pthread.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace vgpu::cpu {
namespace {

constexpr std::chrono::milliseconds kIdle{500};

thread_local bool is_queue_thread = false;

/// Blocks the program's signals for what is started meanwhile: handlers belong on its own threads.
/// Signals that the processor raises stay deliverable, for the faults of kernels.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&blocked, fault);
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

bool on_queue_thread() noexcept { return is_queue_thread; }

bool Point::reached() const noexcept { return queue == nullptr || queue->reached(ticket); }

void Point::wait() const {
  if (queue != nullptr) queue->wait(ticket);
}

Point Queue::submit(Task task, std::vector<Point> after) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::move(task), std::move(after)});
  if (!running_) {
    try {
      start_thread();
    } catch (...) {
      entries_.pop_back();
      throw;
    }
  }
  work_.notify_one();
  return {shared_from_this(), ++submitted_};
}

Point Queue::last() {
  const std::lock_guard lock(mutex_);
  return {shared_from_this(), submitted_};
}

void Queue::wait(std::uint64_t ticket) {
  if (reached(ticket)) return;
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return reached(ticket); });
}

void Queue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  work_.notify_one();
}

void Queue::start_thread() {
  const SignalsBlocked blocked;
  std::thread([self = shared_from_this()] {
    is_queue_thread = true;
    pthread_setname_np(pthread_self(), "vgpu-stream");
    self->work();
  }).detach();
  running_ = true;
}

void Queue::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait_for(lock, kIdle, [&] { return closed_ || !entries_.empty(); });
    if (entries_.empty()) {
      running_ = false;
      return;
    }
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    lock.unlock();
    for (const Point& point : entry.after) point.wait();
    entry.task();
    entry = {};  // what the task holds ends before anyone hears that it is done
    lock.lock();
    completed_.fetch_add(1, std::memory_order_release);
    done_.notify_all();
  }
}

}  // namespace vgpu::cpu
