#include "launcher/trace/explanation.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "launcher/explain/report.h"
#include "tracer/sys/errors.h"

namespace vgpu::launcher {
namespace {

constexpr int kFirstFree = 3;
constexpr int kPatience = 10'000;  // Units: milliseconds

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    pollfd room{fd, POLLOUT, 0};
    if (::poll(&room, 1, kPatience) != 1 || (room.revents & POLLOUT) == 0) return;
    // A pipe that has room for this much does not make us wait; one that has less might.
    const ssize_t written = ::write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return;
    text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
}

}  // namespace

tracer::UniqueFd open_explanation(const TraceRequest& request) {
  if (!request.explain) return {};
  return tracer::UniqueFd(tracer::check_sys(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kFirstFree),
                                            "--explain: standard error"));
}

Explanation::Explanation(const TraceRequest& request, tracer::UniqueFd output)
    : output_(std::move(output)),
      shown_(request.selection),
      has_lines_(
          request.on && !request.file.empty() && !request.per_process && !request.summary &&
          (request.format == tracer::Format::jsonl || request.format == tracer::Format::html)) {}

void Explanation::take(const tracer::Event& event) {
  const bool shown = has_lines_ && tracer::is_selected(event, shown_);
  if (shown) ++line_;
  facts_.take(event, shown ? line_ : 0);
}

std::string Explanation::text() const { return explain::print_report(facts_); }

void Explanation::print() const { write_all(output_.get(), text()); }

}  // namespace vgpu::launcher
