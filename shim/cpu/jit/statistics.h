#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "shim/cpu/jit/program.h"

namespace vgpu::jit {

/// What Statistics is read from; one per process.
struct Counters {
  std::atomic<std::uint64_t> compiled{0};
  std::atomic<std::uint64_t> from_cache{0};
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> not_stored{0};
  std::atomic<std::uint64_t> generate_ns{0};
  std::atomic<std::uint64_t> optimise_ns{0};
  std::atomic<std::uint64_t> emit_ns{0};
  std::atomic<std::uint64_t> load_ns{0};
  std::atomic<std::uint64_t> cache_ns{0};
  std::atomic<std::uint64_t> instructions{0};
  std::atomic<std::uint64_t> optimised{0};
  std::atomic<std::uint64_t> bytes{0};
};

Counters& counters() noexcept;

/// Adds the time that it lives to a counter.
class Stopwatch {
 public:
  explicit Stopwatch(std::atomic<std::uint64_t>& total) : total_(total) {}
  ~Stopwatch() {
    total_ += static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                             std::chrono::steady_clock::now() - start_)
                                             .count());
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::atomic<std::uint64_t>& total_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace vgpu::jit
