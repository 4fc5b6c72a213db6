#include "launcher/channel.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tracer/sys/errors.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

struct Wire {
  News news;
  int value;
  std::array<char, 504> text;  // ends in a zero
};

/// A message header with room for one descriptor.
struct Envelope {
  explicit Envelope(Wire& wire) noexcept : part{&wire, sizeof wire} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }

  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

}  // namespace

void Channel::raise() noexcept {
  constexpr int kHigh = 1000;  // below the usual limit
  UniqueFd high(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, kHigh));
  if (high) fd_ = std::move(high);
}

bool Channel::send(News news, int value, const char* text, int attached_fd) const noexcept {
  Wire wire{news, value, {}};
  std::memcpy(wire.text.data(), text, std::min(std::strlen(text), wire.text.size() - 1));
  Envelope envelope(wire);
  if (attached_fd < 0) {
    envelope.header.msg_control = nullptr;
    envelope.header.msg_controllen = 0;
  } else {
    cmsghdr* const item = CMSG_FIRSTHDR(&envelope.header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(item), &attached_fd, sizeof attached_fd);
  }
  ssize_t sent = -1;
  do sent = ::sendmsg(fd_.get(), &envelope.header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof wire);
}

std::optional<Message> Channel::receive() const {
  Wire wire{};
  Envelope envelope(wire);
  ssize_t size = -1;
  do size = ::recvmsg(fd_.get(), &envelope.header, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0 && errno == ECONNRESET) return std::nullopt;
  if (check_sys(size, "hear from another process of vgpu-run") == 0) return std::nullopt;
  wire.text.back() = '\0';
  Message message{wire.news, wire.value, wire.text.data(), UniqueFd()};
  const cmsghdr* const item = CMSG_FIRSTHDR(&envelope.header);
  if (item != nullptr && item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
    message.fd = UniqueFd(fd);
  }
  return message;
}

std::pair<Channel, Channel> make_channel() {
  int ends[2];
  check_sys(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {Channel(UniqueFd(ends[0])), Channel(UniqueFd(ends[1]))};
}

}  // namespace vgpu::launcher
