#include <algorithm>
#include <span>

#include "tracer/perform/perform.h"
#include "tracer/perform/permission.h"
#include "tracer/syscalls/guest_memory.h"

namespace vgpu::tracer {

Reply perform_read_link(const Request& request) {
  const Place& place = request.place;
  const int room = request.call.int_arg(Arg::size);
  if (room <= 0) return Fail{EINVAL};
  if (place.error) return Fail{place.error};
  std::string text = place.magic_target;
  if (place.node != nullptr) {
    if (!place.node->is_symlink()) return Fail{EINVAL};
    text = place.node->row->content;
  } else if (text.empty()) {
    if (!is_like_us(request.guest)) return Fail{EACCES};
    auto real = request.guest.read_link(place.path);
    if (!real) return Fail{errno};
    text = *std::move(real);
  }
  const std::size_t size = std::min(text.size(), static_cast<std::size_t>(room));  // no NUL
  const bool written = write_memory(request.call.tid, request.call.pointer(Arg::result),
                                    std::as_bytes(std::span(text.data(), size)));
  if (!written) return Fail{EFAULT};
  return Return{static_cast<std::int64_t>(size)};
}

Reply perform_get_directory(const Engine& engine, const Call& call, const GuestView& guest) {
  const auto path = guest.virtual_directory();
  if (!path || !engine.still_waiting(call)) return Pass{};
  const std::size_t size = path->size() + 1;
  if (call.arg(Arg::size) < size) return Fail{ERANGE};
  const bool written = write_memory(call.tid, call.pointer(Arg::result),
                                    std::as_bytes(std::span(path->c_str(), size)));
  if (!written) return Fail{EFAULT};
  return Return{static_cast<std::int64_t>(size)};
}

}  // namespace vgpu::tracer
