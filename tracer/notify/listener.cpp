#include "tracer/notify/listener.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "tracer/filter/filter.h"
#include "tracer/ptrace/redirect.h"
#include "tracer/sys/errors.h"

// Newer than the headers of Debian 12. Source: linux/seccomp.h, Linux 6.6.
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

namespace vgpu::tracer {

Listener::Listener(UniqueFd fd) : fd_(std::move(fd)) {
  // The running kernel's structures may be longer than our headers'.
  seccomp_notif_sizes sizes{};
  check_sys(::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes), "seccomp notif sizes");
  request_.resize(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)));
  response_.resize(std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp)));
  wake_on_our_processor(true);
}

// Waking another processor costs up to fifty times the call on a virtual machine.
void Listener::wake_on_our_processor(bool on) noexcept {
  // EINVAL before Linux 6.6: slower, not wrong.
  const std::uint64_t flags = on ? SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP : 0;
  static_cast<void>(::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags));
  wakes_on_our_processor_ = on;
}

// A caller that has just been answered and waits again was quicker than we, because an idle
// processor took it from ours. Woken there it would have to be woken from afar at each call; so it
// comes back.
void Listener::choose_processor(const Call& call) noexcept {
  const bool elsewhere = waited_ && call.tid != served_;
  served_ = call.tid;
  if (elsewhere == wakes_on_our_processor_) wake_on_our_processor(!elsewhere);
}

std::optional<Call> Listener::next() {
  std::ranges::fill(request_, std::byte{});  // the kernel rejects a request that is not zeroed
  if (::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_RECV, request_.data()) < 0) {
    if (errno == EINTR || errno == ENOENT) return std::nullopt;
    throw fmt::system_error(errno, "receive a notification");
  }
  seccomp_notif request{};
  std::memcpy(&request, request_.data(), sizeof request);
  const Abi abi = request.data.arch == AUDIT_ARCH_I386 ? Abi::i386 : Abi::x86_64;
  Call call{
      request.id, static_cast<pid_t>(request.pid), find_syscall(request.data.nr, abi), abi, {}};
  ensure(call.def != nullptr, "the filter stopped a syscall that has no row");
  std::ranges::copy(request.data.args, call.args.begin());
  return call;
}

bool Listener::serve(short events, const std::function<void(const Call&)>& handle) {
  if ((events & POLLIN) == 0) return false;  // POLLHUP: no guest is left
  if (const auto call = next()) {
    choose_processor(*call);
    handle(*call);
  }
  return true;
}

bool Listener::is_alone() const noexcept {
  pollfd guests{fd_.get(), POLLIN, 0};
  return ::poll(&guests, 1, 0) == 1 && (guests.revents & POLLHUP) != 0;
}

bool Listener::still_waiting(const Call& call) const noexcept {
  return ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0;
}

int Listener::lend(const Call& call, int fd, bool cloexec) const noexcept {
  seccomp_notif_addfd add{};
  add.id = call.id;
  add.srcfd = static_cast<__u32>(fd);
  add.newfd_flags = cloexec ? O_CLOEXEC : 0;
  const int number = ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &add);
  return number < 0 ? -errno : number;
}

void Listener::send(const Call& call, std::int64_t value, int error, bool pass) {
  seccomp_notif_resp response{};
  response.id = call.id;
  response.val = value;
  response.error = -error;
  response.flags = pass ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
  std::memcpy(response_.data(), &response, sizeof response);
  if (::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, response_.data()) == 0) return;
  // ENOENT: killed, or interrupted and about to call again. EINPROGRESS: already answered, which
  // a signal can bring about between an addfd and its answer.
  if (errno == ENOENT || errno == EINPROGRESS) return;
  throw fmt::system_error(errno, "answer {}", call.def->name);
}

// The number, if the call is answered. The kernel would close what has this number; that somebody
// takes it between our look and our answer would need a guest that hands out such numbers by
// itself.
std::optional<int> Listener::give_marked(const Call& call, seccomp_notif_addfd add) const {
  add.flags |= SECCOMP_ADDFD_FLAG_SETFD;
  for (int number = kFirstMarkedFd; number < kFirstMarkedFd + kMarkedFds; ++number) {
    struct stat taken {};
    const auto path = fmt::format("/proc/{}/fd/{}", call.tid, number);
    if (::lstat(path.c_str(), &taken) == 0) continue;
    add.newfd = static_cast<__u32>(number);
    if (::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0) return number;
    break;
  }
  return std::nullopt;
}

std::int64_t Listener::give(const Call& call, const GiveFd& reply) {
  seccomp_notif_addfd add{};
  add.id = call.id;
  add.flags = SECCOMP_ADDFD_FLAG_SEND;  // install and answer in one step; Linux 5.14
  add.srcfd = static_cast<__u32>(reply.fd.get());
  add.newfd_flags = reply.cloexec ? O_CLOEXEC : 0;
  if (reply.marked)
    if (const auto number = give_marked(call, add)) return *number;
  const int number = ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &add);
  if (number >= 0) return number;
  const int error = errno;
  // Its table of descriptors is full, say: it still waits for an answer.
  if (error != ENOENT && error != EINPROGRESS) send(call, 0, error, false);
  return -error;
}

std::optional<std::int64_t> Listener::answer(const Call& call, const Reply& reply) {
  if (const auto* fail = std::get_if<Fail>(&reply)) {
    send(call, 0, fail->error, false);
    return -fail->error;
  }
  if (const auto* value = std::get_if<Return>(&reply)) {
    send(call, value->value, 0, false);
    return value->value;
  }
  if (const auto* gift = std::get_if<GiveFd>(&reply)) return give(call, *gift);
  if (const auto* moved = std::get_if<ReturnAndSeek>(&reply)) return seek(*this, call, *moved);
  if (const auto* enter = std::get_if<EnterDirectory>(&reply))
    enter_directory(*this, call, *enter);
  else if (const auto* run = std::get_if<Execute>(&reply))
    execute(*this, call, *run);
  else
    send(call, 0, 0, true);
  return std::nullopt;
}

}  // namespace vgpu::tracer
