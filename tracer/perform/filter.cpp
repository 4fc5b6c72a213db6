#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <span>
#include <vector>

#include "tracer/perform/perform.h"
#include "tracer/syscalls/guest_memory.h"

namespace vgpu::tracer {
namespace {

// What the guest points to: struct sock_fprog of a 64-bit program. Source: linux/filter.h.
struct GuestProgram {
  std::uint16_t size;
  std::array<std::uint16_t, 3> pad;
  std::uint64_t lines;
};

bool asks_a_tracer(const sock_filter& line) noexcept {
  return line.code == (BPF_RET | BPF_K) && (line.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

}  // namespace

Reply perform_install_filter(const Call& call) {
  GuestProgram program{};
  if (!read_memory(call.tid, call.pointer(Arg::filter),
                   std::as_writable_bytes(std::span(&program, 1))) ||
      program.size > BPF_MAXINSNS)
    return Pass{};
  std::vector<sock_filter> lines(program.size);
  if (!read_memory(call.tid, GuestPtr{program.lines}, std::as_writable_bytes(std::span(lines))))
    return Pass{};
  return std::ranges::any_of(lines, asks_a_tracer) ? Reply(Fail{EINVAL}) : Reply(Pass{});
}

}  // namespace vgpu::tracer
