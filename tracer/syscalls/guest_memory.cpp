#include "tracer/syscalls/guest_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vgpu::tracer {
namespace {

constexpr std::size_t kPage = 4096;      // the smallest; a larger one only costs a second read
constexpr std::size_t kFirstRead = 256;  // nearly all paths are shorter

// An address of the other process: never dereferenced here.
void* remote_pointer(std::uint64_t at) noexcept {
  return reinterpret_cast<void*>(at);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

std::string_view read_string(pid_t tid, GuestPtr start, PathBuffer& buffer) noexcept {
  auto at = static_cast<std::uint64_t>(start);
  std::size_t size = 0;
  while (size < buffer.size()) {
    // Never across a page: the string may end right before memory that is not there.
    const std::size_t to_page_end = kPage - at % kPage;
    const std::size_t wanted =
        std::min({to_page_end, buffer.size() - size, size == 0 ? kFirstRead : kPage});
    iovec local{buffer.data() + size, wanted};
    iovec remote{remote_pointer(at), wanted};
    const ssize_t got = ::process_vm_readv(tid, &local, 1, &remote, 1, 0);
    if (got <= 0) return {};
    const auto count = static_cast<std::size_t>(got);
    if (const void* end = std::memchr(buffer.data() + size, 0, count))
      return {buffer.data(),
              static_cast<std::size_t>(static_cast<const char*>(end) - buffer.data())};
    size += count;
    at += count;
  }
  return {};
}

bool read_memory(pid_t tid, GuestPtr at, std::span<std::byte> out) noexcept {
  iovec local{out.data(), out.size()};
  iovec remote{remote_pointer(static_cast<std::uint64_t>(at)), out.size()};
  return ::process_vm_readv(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(out.size());
}

bool write_memory(pid_t tid, GuestPtr at, std::span<const std::byte> data) noexcept {
  // The kernel does not write to it, but its type lacks the const.
  iovec local{const_cast<std::byte*>(data.data()), data.size()};
  iovec remote{remote_pointer(static_cast<std::uint64_t>(at)), data.size()};
  return ::process_vm_writev(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(data.size());
}

}  // namespace vgpu::tracer
