#include "shim/cpu/exec/device_output.h"

#include <unistd.h>

#include <cstdio>
#include <mutex>

namespace vgpu::exec {

namespace {

constexpr std::size_t kMaxKept = 1u << 20;  // past it the oldest text goes out early

struct Output {
  std::mutex mutex;
  std::string text;
};

Output& output() {
  static auto* const kept = new Output;  // outlives every thread
  return *kept;
}

void write_out(std::string& text) {
  if (text.empty()) return;
  // Through stdio, so that the order with what the program itself prints is kept.
  // Nobody is there to be told that standard output is gone, no more than on a GPU.
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stdout));
  static_cast<void>(std::fflush(stdout));
  text.clear();
}

}  // namespace

void add_output(const std::string& text) {
  Output& kept = output();
  const std::lock_guard lock(kept.mutex);
  if (kept.text.size() + text.size() > kMaxKept) write_out(kept.text);
  kept.text += text;
}

void flush_output() {
  Output& kept = output();
  const std::lock_guard lock(kept.mutex);
  write_out(kept.text);
}

void complain(const std::string& text) noexcept {
  for (std::size_t done = 0; done < text.size();) {
    const auto wrote = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (wrote <= 0) return;
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace vgpu::exec
