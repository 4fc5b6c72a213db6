#include "tracer/ptrace/hand_over.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "tracer/sys/pidfd.h"
#include "tracer/syscalls/guest_memory.h"
#include "tracer/syscalls/guest_status.h"

namespace vgpu::tracer {
namespace {

// Source: arch/x86/entry/syscalls/syscall_32.tbl.
constexpr int kClose32 = 6;
constexpr int kFcntl32 = 55;
constexpr int kMunmap32 = 91;
constexpr int kMmap32 = 192;
constexpr int kSocket32 = 359;
constexpr int kSocketpair32 = 360;
constexpr int kBind32 = 361;
constexpr int kConnect32 = 362;
constexpr int kGetsockname32 = 367;
constexpr int kRecvmsg32 = 372;
constexpr int kPageSize = 4096;
constexpr std::uint64_t kRedZone = 128;  // below the stack pointer. Source: System V ABI, x86-64

// A message with room for one descriptor, in the guest's memory. Source: struct msghdr, and its
// compat twin.
template <typename Word, typename Size>
struct Letter {
  Word name;
  Word name_size;
  Word parts;
  Word part_count;
  Word control;
  Word control_size;
  Word flags;
  Word part;
  Word part_size;
  Size item_size;
  std::int32_t level;
  std::int32_t type;
  std::int32_t fd;
  std::int32_t pad;
  std::array<std::int32_t, 2> pair;
  std::uint64_t byte;
};
using Letter64 = Letter<std::uint64_t, std::uint64_t>;
using Letter32 = Letter<std::uint32_t, std::uint32_t>;

template <typename L>
L empty_letter(std::uint64_t at) {
  using Word = decltype(L::name);
  const auto address = [at](std::size_t offset) { return static_cast<Word>(at + offset); };
  L letter{};
  letter.parts = address(offsetof(L, part));
  letter.part_count = 1;
  letter.part = address(offsetof(L, byte));
  letter.part_size = 1;
  letter.control = address(offsetof(L, item_size));
  letter.control_size = offsetof(L, pad) - offsetof(L, item_size) + sizeof(Word) - sizeof(int);
  return letter;
}

// An address that the kernel chose, in the guest's memory.
struct Address {
  sockaddr_un name;
  socklen_t size;
};

// `to`: nullptr if the socket is connected.
int send_descriptor(int socket, int fd, Address* to = nullptr) noexcept {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr header{};
  if (to != nullptr) {
    header.msg_name = &to->name;
    header.msg_namelen = to->size;
  }
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* const item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(item), &fd, sizeof fd);
  return ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

std::uint64_t unsigned_of(std::int64_t value) noexcept { return static_cast<std::uint64_t>(value); }

template <typename L>
class HandOver {
 public:
  HandOver(HeldThread& thread, int fd, bool cloexec)
      : thread_(thread), fd_(fd), cloexec_(cloexec) {}

  int run(int lowest) {
    if (sizeof(L::name) == sizeof(std::uint32_t)) return run_in_new_page(lowest);
    std::array<std::byte, std::max(sizeof(L), sizeof(Address))> before;
    const std::span<std::byte> bytes(before);
    // The thread does not run, so what is there is nobody's; but it is put back all the same.
    at_ = (thread_.registers().rsp - kRedZone - before.size()) & ~std::uint64_t{15};
    if (!read_memory(thread_.tid(), GuestPtr{at_}, bytes)) return -EFAULT;
    const int number = transfer(lowest);
    write_memory(thread_.tid(), GuestPtr{at_}, bytes);
    return number;
  }

 private:
  // A 64-bit program may come by the 32-bit gate, and its stack is out of the gate's reach. The
  // sixth argument, an offset, does not count for memory without a file.
  int run_in_new_page(int lowest) {
    const std::int64_t page = make(
        {SYS_mmap,
         kMmap32,
         {0, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~std::uint64_t{0}}});
    if (page < 0 && page > -kPageSize) return static_cast<int>(page);
    at_ = static_cast<std::uint32_t>(page);
    const int number = transfer(lowest);
    make({SYS_munmap, kMunmap32, {at_, kPageSize}});
    return number;
  }

  std::int64_t make(const OwnCall& call) {
    std::int64_t result = -ESRCH;
    return thread_.run(call, result) ? result : -ESRCH;
  }
  void close(std::int64_t number) { make({SYS_close, kClose32, {unsigned_of(number)}}); }

  int transfer(int lowest) {
    const std::int64_t made =
        make({SYS_socketpair,
              kSocketpair32,
              {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, at_ + offsetof(L, pair)}});
    if (made < 0) return static_cast<int>(made);
    L letter{};
    if (!read_memory(thread_.tid(), GuestPtr{at_}, std::as_writable_bytes(std::span(&letter, 1))))
      return -EFAULT;
    const int sent = send(letter.pair[0]);
    if (sent == -EACCES) {
      close(letter.pair[0]);
      close(letter.pair[1]);
      return transfer_by_name(lowest);
    }
    // The receiving end moves out of the way, so that what comes gets the lowest number by itself:
    // to dup and close it afterwards would cost the process its record locks on the file. Source:
    // fcntl(2), F_SETLK.
    const std::int64_t end = duplicate(letter.pair[1], true, 0);
    close(letter.pair[0]);
    close(letter.pair[1]);
    return finish(end, sent, lowest);
  }

  // Where pidfd_getfd is forbidden (Docker): the guest's socket is found by its address, which
  // works within a network namespace. It is connected to ours first, so that nobody else's message
  // gets in.
  int transfer_by_name(int lowest) {
    const UniqueFd ours(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    Address address{};
    address.name.sun_family = AF_UNIX;
    auto* const name = reinterpret_cast<sockaddr*>(&address.name);
    address.size = sizeof address.name;
    if (!ours || ::bind(ours.get(), name, sizeof address.name.sun_family) != 0 ||
        ::getsockname(ours.get(), name, &address.size) != 0)
      return -EACCES;
    const std::int64_t first =
        make({SYS_socket, kSocket32, {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0}});
    if (first < 0) return static_cast<int>(first);
    const int sent = find_and_send(ours.get(), unsigned_of(first), address);
    const std::int64_t end = duplicate(first, true, 0);
    close(first);
    return finish(end, sent, lowest);
  }

  int find_and_send(int ours, std::uint64_t socket, Address& address) {
    const auto bytes = std::as_writable_bytes(std::span(&address, 1));
    const std::uint64_t size_at = at_ + offsetof(Address, size);
    const socklen_t size = address.size;
    address.size = sizeof address.name;
    if (!write_memory(thread_.tid(), GuestPtr{at_}, bytes)) return -EFAULT;
    std::int64_t done = make({SYS_connect, kConnect32, {socket, at_, size}});
    if (done == 0) done = make({SYS_bind, kBind32, {socket, at_, sizeof address.name.sun_family}});
    if (done == 0) done = make({SYS_getsockname, kGetsockname32, {socket, at_, size_at}});
    if (done != 0) return -EACCES;
    if (!read_memory(thread_.tid(), GuestPtr{at_}, bytes)) return -EFAULT;
    if (address.size > sizeof address.name) return -EACCES;
    return send_descriptor(ours, fd_, &address);
  }

  int finish(std::int64_t end, int sent, int lowest) {
    if (end < 0) return static_cast<int>(end);
    std::int64_t number = sent == 0 ? receive(end) : sent;
    close(end);
    if (number >= 0 && lowest > 0) number = raise(number, lowest);
    return static_cast<int>(number);
  }

  std::int64_t duplicate(std::int64_t number, bool cloexec, int lowest) {
    const int command = cloexec ? F_DUPFD_CLOEXEC : F_DUPFD;
    return make({SYS_fcntl,
                 kFcntl32,
                 {unsigned_of(number), static_cast<std::uint64_t>(command),
                  static_cast<std::uint64_t>(lowest)}});
  }

  int send(int their_socket) {
    const auto status = read_guest_status(thread_.tid());
    if (!status) return -ESRCH;
    const UniqueFd process = open_pidfd(status->tgid);
    const UniqueFd socket = process ? copy_fd(process, their_socket) : UniqueFd();
    return socket ? send_descriptor(socket.get(), fd_) : -EACCES;
  }

  std::int64_t receive(std::int64_t socket) {
    L letter = empty_letter<L>(at_);
    if (!write_memory(thread_.tid(), GuestPtr{at_}, std::as_bytes(std::span(&letter, 1))))
      return -EFAULT;
    const std::uint64_t flags = MSG_DONTWAIT | (cloexec_ ? MSG_CMSG_CLOEXEC : 0);
    const std::int64_t size = make({SYS_recvmsg, kRecvmsg32, {unsigned_of(socket), at_, flags}});
    if (size < 0) return size;
    if (!read_memory(thread_.tid(), GuestPtr{at_}, std::as_writable_bytes(std::span(&letter, 1))))
      return -EFAULT;
    return (letter.flags & MSG_CTRUNC) != 0 || letter.control_size == 0 ? -EMFILE : letter.fd;
  }

  // Only marked descriptors: nobody locks those.
  std::int64_t raise(std::int64_t number, int lowest) {
    const std::int64_t higher = duplicate(number, cloexec_, lowest);
    if (higher < 0) return number;  // beyond its limit
    close(number);
    return higher;
  }

  HeldThread& thread_;
  int fd_;
  bool cloexec_;
  std::uint64_t at_ = 0;
};

}  // namespace

int hand_over(HeldThread& thread, int fd, bool cloexec, int lowest) {
  return thread.abi() == Abi::i386 ? HandOver<Letter32>(thread, fd, cloexec).run(lowest)
                                   : HandOver<Letter64>(thread, fd, cloexec).run(lowest);
}

}  // namespace vgpu::tracer
