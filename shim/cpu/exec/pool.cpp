#include "shim/cpu/exec/pool.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <new>
#include <system_error>
#include <thread>

namespace vgpu::exec {

namespace {

std::uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

/// Blocks the signals that are for the program's own threads for as long as it lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigdelset(&all, fault);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

std::atomic<Pool*> current{nullptr};
std::mutex making;

}  // namespace

Pool& Pool::instance() {
  Pool* pool = current.load(std::memory_order_acquire);
  if (pool != nullptr && pool->owner_ == ::getpid()) return *pool;
  const std::lock_guard lock(making);
  pool = current.load(std::memory_order_acquire);
  if (pool == nullptr || pool->owner_ != ::getpid()) {
    // After fork the threads of the old pool are gone and its locks may be held for ever.
    pool = new Pool;
    current.store(pool, std::memory_order_release);
  }
  return *pool;
}

Pool::Pool() : owner_(::getpid()), cores_(usable_cores()) {}

void Pool::start_threads() {
  const BlockedSignals blocked;
  while (threads_ < cores_) {
    try {
      std::thread([this, worker = threads_] { thread_main(worker); }).detach();
    } catch (const std::system_error&) {
      return;  // as many as the system gives
    }
    ++threads_;
  }
}

void Pool::thread_main(std::uint32_t worker) {
  ::pthread_setname_np(::pthread_self(), "vgpu-worker");
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto job =
        std::find_if(jobs_.begin(), jobs_.end(), [](const Job& each) { return each.wanted != 0; });
    if (job == jobs_.end()) {
      work_.wait(lock);
      continue;
    }
    --job->wanted;
    ++job->inside;
    lock.unlock();
    job->grid->work(worker);
    lock.lock();
    job->wanted = 0;  // nothing is left to take
    if (--job->inside == 0) done_.notify_all();
  }
}

void Pool::run(GridRun& grid, bool on_own_stack) {
  const auto helpers = static_cast<std::uint32_t>(std::min<std::uint64_t>(cores_, grid.blocks())) -
                       (on_own_stack ? 0 : 1);
  grid.set_workers(helpers + (on_own_stack ? 0 : 1));
  if (helpers == 0) return grid.work(cores_);
  std::list<Job>::iterator job;
  {
    const std::lock_guard lock(mutex_);
    start_threads();
    job = jobs_.insert(jobs_.end(), {&grid, helpers, 0});
  }
  work_.notify_all();
  if (!on_own_stack || threads_ == 0) grid.work(cores_);
  std::unique_lock lock(mutex_);
  if (on_own_stack) done_.wait(lock, [&] { return job->wanted == 0 && job->inside == 0; });
  job->wanted = 0;
  done_.wait(lock, [&] { return job->inside == 0; });
  jobs_.erase(job);
}

}  // namespace vgpu::exec
