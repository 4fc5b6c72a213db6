#include "shim/cpu/jit/progress.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>

#include "shim/cpu/jit/program.h"
#include "shim/cpu/jit/statistics.h"

namespace vgpu::jit {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kFirst = std::chrono::seconds(1);
constexpr auto kAgain = std::chrono::seconds(5);
constexpr std::size_t kLongestName = 100;

/// What the watching thread looks at. Never destroyed: the thread may outlive `main`.
struct Watch {
  std::mutex mutex;
  std::string kernel;    ///< the last one begun
  unsigned running = 0;  ///< kernels being compiled
  bool watched = false;  ///< the thread lives
  Clock::time_point next;
};

std::atomic<bool>& wanted() noexcept {
  static constinit std::atomic<bool> yes{false};
  return yes;
}

Watch& shared_watch() {
  static auto* const watch = new Watch;
  return *watch;
}

/// One call, so that lines of several processes do not mix; nobody needs to hear it.
void print(const std::string& line) {
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

void say(const std::string& kernel) {
  const std::string line = "vgpu-run: compiling " + kernel.substr(0, kLongestName) +
                           " for this processor (" + std::to_string(counters().compiled.load()) +
                           " done)\n";
  print(line);
}

/// Speaks when it is time, until nothing is being compiled at such a moment.
void watch_over() {
  Watch& watch = shared_watch();
  std::unique_lock lock(watch.mutex);
  while (true) {
    const Clock::time_point next = watch.next;
    lock.unlock();
    std::this_thread::sleep_until(next);
    lock.lock();
    if (watch.running == 0) break;
    watch.next = Clock::now() + kAgain;
    const std::string kernel = watch.kernel;
    lock.unlock();
    say(kernel);
    lock.lock();
  }
  watch.watched = false;
}

/// Starts the thread; it must not take the program's signals.
void start_thread() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(watch_over).detach();
  } catch (...) {  // no thread to be had: no messages
    shared_watch().watched = false;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void show_statistics_at_exit() {
  const int refused = std::atexit([] {
    const Statistics all = statistics();
    char seconds[32];
    static_cast<void>(
        std::snprintf(seconds, sizeof seconds, "%.1f",
                      static_cast<double>(all.generate_ns + all.optimise_ns + all.emit_ns) / 1e9));
    print("vgpu-run: " + std::to_string(::getpid()) + " " + program_invocation_short_name +
          ": kernels: " + std::to_string(all.compiled) + " compiled in " + seconds + " s, " +
          std::to_string(all.from_cache) + " from the cache, " + std::to_string(all.stored) +
          " kept, " + std::to_string(all.not_stored) + " not kept\n");
  });
  if (refused != 0) throw std::bad_alloc();
}

void show_progress(bool yes) noexcept { wanted() = yes; }

Progress::Progress(const std::string& kernel) : counted_(wanted()) {
  if (!counted_) return;
  Watch& watch = shared_watch();
  const std::lock_guard lock(watch.mutex);
  watch.kernel = kernel;
  ++watch.running;
  if (watch.watched) return;
  watch.watched = true;
  watch.next = Clock::now() + kFirst;
  start_thread();
}

Progress::~Progress() {
  if (!counted_) return;
  Watch& watch = shared_watch();
  const std::lock_guard lock(watch.mutex);
  --watch.running;
}

}  // namespace vgpu::jit
