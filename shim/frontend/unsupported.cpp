#include "shim/frontend/unsupported.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "shim/api/api_error.h"
#include "shim/api/error_text.h"
#include "shim/frontend/export_tables.h"
#include "shim/frontend/process_state.h"
#include "shim/trace/call.h"

namespace vgpu::frontend {
namespace {

std::string name_of(std::size_t index) {
  return index < kEntryCount ? entry_name(static_cast<Entry>(index))
                             : export_table_word_name(index - kEntryCount);
}

CUresult count(std::size_t index) noexcept {
  try {
    auto& times = process_state().unsupported[index];
    const std::uint32_t before = times.fetch_add(1, std::memory_order_relaxed);
    if (trace::on()) trace::send_unsupported("cuda", name_of(index), std::uint64_t{before} + 1);
  } catch (...) {  // without a page of memory there is no count, but still the answer
  }
  return CUDA_ERROR_NOT_SUPPORTED;
}

std::string line_start() {
  return "vgpu-run: " + std::to_string(::getpid()) + " " + program_invocation_short_name + ": ";
}

void print(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody listens
    done += static_cast<std::size_t>(written);
  }
}

bool is_for_what_is_missing(CUresult code) {
  return code == CUDA_ERROR_NOT_SUPPORTED || code == CUDA_ERROR_NO_BINARY_FOR_GPU ||
         code == CUDA_ERROR_INVALID_PTX || code == CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
}

/// One line for a process: who loads one image that does not fit loads hundreds.
void say_once_that_code_does_not_fit(const NoCodeForGpu& error) {
  static std::atomic_flag said;
  if (said.test_and_set(std::memory_order_relaxed)) return;
  print(line_start() + "its code does not fit the virtual GPU: " + error.what() +
        " (vgpu-run --explain says what to do)\n");
}

}  // namespace

CUresult not_supported(Entry entry) noexcept { return count(static_cast<std::size_t>(entry)); }

CUresult table_word_not_supported(std::size_t word_index) noexcept {
  return count(kEntryCount + word_index);
}

std::string unsupported_report() {
  const auto& counts = process_state().unsupported;
  const std::string head = line_start() + "not supported: ";
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto times = counts[i].load(std::memory_order_relaxed);
    if (times != 0) text += head + name_of(i) + " x" + std::to_string(times) + "\n";
  }
  return text;
}

void explain(Entry entry, const ApiError& error) noexcept {
  try {
    if (!config().report_unsupported) {
      const auto* const no_code = dynamic_cast<const NoCodeForGpu*>(&error);
      if (no_code != nullptr && config().show_messages) say_once_that_code_does_not_fit(*no_code);
      return;
    }
    if (!is_for_what_is_missing(error.code)) return;
    const ErrorText* const text = find_error_text(error.code);
    print(line_start() + entry_name(entry) + ": " + (text != nullptr ? text->name : "unknown") +
          ": " + error.what() + "\n");
  } catch (...) {  // no memory for the message: the code says enough
  }
}

void report_unsupported_at_exit() {
  if (std::atexit([] { print(unsupported_report()); }) != 0)
    throw ApiError(CUDA_ERROR_OPERATING_SYSTEM, "atexit refused the report of what is missing");
}

}  // namespace vgpu::frontend
