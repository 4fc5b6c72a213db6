#include "launcher/own_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <initializer_list>
#include <string>
#include <vector>

#include "tracer/sys/errors.h"
#include "tracer/sys/pidfd.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

constexpr int kStandardDescriptors = 3;
/// Units: bytes. A pipe that has any room takes PIPE_BUF bytes at once.
constexpr std::size_t kLongest = PIPE_BUF / 2;

void close_between(unsigned first, unsigned last) noexcept {
  ::syscall(SYS_close_range, first, last, 0);
}

std::string link_to(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

UniqueFd watch_closings(int fd) {
  UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (watch && ::inotify_add_watch(watch.get(), link_to(fd).c_str(), IN_CLOSE_WRITE) < 0) return {};
  return watch;
}

// Some kernels take the watch of a pipe and then say nothing.
bool hears_of_closed_pipes() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  const UniqueFd watch = watch_closings(in.get());
  in = UniqueFd();
  pollfd heard{watch.get(), POLLIN, 0};
  return watch && ::poll(&heard, 1, 0) == 1;
}

}  // namespace

OwnOutput::OwnOutput() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) < 0) return;
  is_pipe_ = S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  copy_ = UniqueFd(check_sys(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kStandardDescriptors),
                             "copy standard error"));
}

void OwnOutput::line(std::string_view text) noexcept {
  const UniqueFd borrowed = copy_ ? UniqueFd() : borrow();
  const int fd = copy_ ? copy_.get() : borrowed.get();
  if (fd < 0) return;
  pollfd room{fd, POLLOUT, 0};
  if (!may_wait_ && ::poll(&room, 1, 0) != 1) {
    ++dropped_;
    return;
  }
  if (!may_wait_) text = text.substr(0, kLongest);
  try {
    const std::string before =
        dropped_ == 0 ? "" : fmt::format("vgpu-run: lines dropped here: {}\n", dropped_);
    const std::string whole = fmt::format("{}vgpu-run: {}\n", before, text);
    [[maybe_unused]] const ssize_t ignored = ::write(fd, whole.data(), whole.size());
    dropped_ = 0;
  } catch (const std::exception&) {  // no memory for a message: nobody is left to tell
  }
}

UniqueFd OwnOutput::borrow() const noexcept {
  if (!program_) return {};
  UniqueFd fd = tracer::copy_fd(program_, STDERR_FILENO);
  struct stat status {};
  const bool same =
      fd && ::fstat(fd.get(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (!same) return {};
  return fd;
}

void OwnOutput::hold() noexcept {
  if (!copy_) copy_ = borrow();
}

void OwnOutput::keep_pipe() noexcept {
  if (!is_pipe_ || !copy_) return;
  try {
    if (!hears_of_closed_pipes()) return;
    // Not O_WRONLY alone: to open a pipe without a reader would wait for one. A socket, or a pipe
    // of another user, cannot be opened at all.
    UniqueFd own(::open(link_to(copy_.get()).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!own) return;
    closings_ = watch_closings(own.get());
    if (closings_) copy_ = std::move(own);
  } catch (const std::exception&) {  // no memory: as where it cannot be kept
  }
}

void OwnOutput::drop_pipe() noexcept {
  if (!closings_) return;
  closings_ = UniqueFd();
  copy_ = UniqueFd();
}

void OwnOutput::let_go(std::initializer_list<int> kept, const UniqueFd& program) {
  // Our own, since we may outlive the caller's.
  if (program)
    program_ = UniqueFd(check_sys(::fcntl(program.get(), F_DUPFD_CLOEXEC, kStandardDescriptors),
                                  "copy the program's pidfd"));
  may_wait_ = false;
  if (is_pipe_ && !closings_) copy_ = UniqueFd();
  const UniqueFd null(check_sys(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"));
  for (int fd = 0; fd < kStandardDescriptors; ++fd) ::dup3(null.get(), fd, O_CLOEXEC);

  std::vector<int> stay(kept);
  stay.insert(stay.end(),
              {null.get(), program.get(), program_.get(), copy_.get(), closings_.get()});
  std::ranges::sort(stay);
  int next = kStandardDescriptors;
  for (const int fd : stay) {
    if (fd < next) continue;
    if (fd > next) close_between(static_cast<unsigned>(next), static_cast<unsigned>(fd - 1));
    next = fd + 1;
  }
  close_between(static_cast<unsigned>(next), UINT_MAX);
}

void fill_standard_descriptors() noexcept {
  for (int fd = 0; fd < kStandardDescriptors; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR | O_CLOEXEC);
}

}  // namespace vgpu::launcher
