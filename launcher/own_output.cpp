#include "launcher/own_output.h"

#include <fcntl.h>
#include <fmt/format.h>
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

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

constexpr int kStandardDescriptors = 3;

void close_between(unsigned first, unsigned last) noexcept {
  ::syscall(SYS_close_range, first, last, 0);
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

void OwnOutput::line(std::string_view text) const noexcept {
  const UniqueFd borrowed = copy_ ? UniqueFd() : borrow();
  const int fd = copy_ ? copy_.get() : borrowed.get();
  if (fd < 0) return;
  try {
    const std::string whole = fmt::format("vgpu-run: {}\n", text);
    [[maybe_unused]] const ssize_t ignored = ::write(fd, whole.data(), whole.size());
  } catch (const std::exception&) {  // no memory for a message: nobody is left to tell
  }
}

UniqueFd OwnOutput::borrow() const noexcept {
  if (program_ < 0) return {};
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_getfd, program_, STDERR_FILENO, 0)));
  struct stat status {};
  const bool same =
      fd && ::fstat(fd.get(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (!same) return {};
  return fd;
}

void OwnOutput::let_go(std::initializer_list<int> kept, const UniqueFd& program) {
  program_ = program.get();
  if (is_pipe_) copy_ = UniqueFd();
  const UniqueFd null(check_sys(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"));
  for (int fd = 0; fd < kStandardDescriptors; ++fd) ::dup3(null.get(), fd, O_CLOEXEC);

  std::vector<int> stay(kept);
  stay.insert(stay.end(), {null.get(), program.get(), copy_.get()});
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
