#include "shim/cpu/driver/copy.h"

#include <cstring>
#include <vector>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/checked_math.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/work_note.h"
#include "shim/cpu/exec/address.h"

namespace vgpu::cpu {
namespace {

/// Up to here a copy is quicker done by the caller than handed to the stream's thread.
constexpr std::uint64_t kSmall = std::uint64_t{64} << 10;
/// Up to here a busy stream's copy from pageable memory is staged instead of waited for.
constexpr std::uint64_t kStaged = std::uint64_t{64} << 20;

/// What is behind one side of a copy.
enum class Backing : std::uint8_t {
  device,    ///< device or managed memory: the program does not look at it before it synchronises
  pinned,    ///< host memory that the driver knows
  pageable,  ///< any other memory of the program
};

char* pointer(std::uint64_t address) { return static_cast<char*>(exec::pointer(address)); }

std::uint64_t extent(const Copy& copy, const CopySide& side) {
  const std::uint64_t bytes =
      checked_add(checked_add(checked_multiply(copy.depth - 1, side.slice),
                              checked_multiply(copy.height - 1, side.pitch)),
                  copy.width);
  checked_add(side.at, bytes);
  return bytes;
}

Backing check(const Copy& copy, const CopySide& side) {
  const std::uint64_t bytes = extent(copy, side);
  const auto known = address_map().find(side.at);
  if (known == nullptr) {
    require_value(side.type != CU_MEMORYTYPE_DEVICE, "no allocation has this device address");
    require_value(side.at != 0, "the host address is null");
    require_value(!address_map().overlaps(side.at, bytes), "the range runs into an allocation");
    return Backing::pageable;
  }
  require_value(side.type != CU_MEMORYTYPE_HOST || !known->on_device(),
                "device memory was given as host memory");
  if (known->is_host()) {
    // Host memory may go on beyond what is pinned of it.
    if (known->holds(side.at, bytes)) return Backing::pinned;
    require_value(side.type != CU_MEMORYTYPE_DEVICE, "the range leaves its allocation");
    return Backing::pageable;
  }
  require_value(address_map().holds(side.at, bytes), "the range leaves its allocation");
  return Backing::device;
}

void move_bytes(const Copy& copy) {
  const bool packed = copy.to.pitch == copy.width && copy.from.pitch == copy.width;
  for (std::uint64_t z = 0; z < copy.depth; ++z) {
    char* const to = pointer(copy.to.at + z * copy.to.slice);
    const char* const from = pointer(copy.from.at + z * copy.from.slice);
    if (packed || copy.height == 1) {
      std::memmove(to, from, copy.width * copy.height);
      continue;
    }
    for (std::uint64_t y = 0; y < copy.height; ++y)
      std::memmove(to + y * copy.to.pitch, from + y * copy.from.pitch, copy.width);
  }
}

void perform(const Copy& copy) {
  const std::int64_t begin = begin_note();
  move_bytes(copy);
  note_copy(begin, copy);
}

/// Copies in the caller when everything before it in the stream is done.
void perform_now(Stream& stream, const Copy& copy) {
  stream.context->wait(stream.context->pending(stream));
  const WorkingAt here(place_of(stream));
  perform(copy);
}

void submit(Stream& stream, const Copy& copy) {
  stream.context->submit(stream, [copy] {
    perform(copy);
    return CUDA_SUCCESS;
  });
}

/// Takes the source's bytes now, so that the program may change them as soon as we return.
void submit_staged(Stream& stream, const Copy& copy) {
  const std::uint64_t row = copy.width;
  auto staged = std::make_shared<std::vector<char>>(row * copy.height * copy.depth);
  const CopySide middle{CU_MEMORYTYPE_HOST, reinterpret_cast<std::uint64_t>(staged->data()), row,
                        row * copy.height};
  move_bytes({middle, copy.from, copy.width, copy.height, copy.depth});
  const Copy rest{copy.to, middle, copy.width, copy.height, copy.depth};
  stream.context->submit(stream, [rest, staged] {
    perform(rest);
    return CUDA_SUCCESS;
  });
}

bool is_empty(const Copy& copy) { return copy.width == 0 || copy.height == 0 || copy.depth == 0; }

std::uint64_t size_of(const Copy& copy) { return copy.width * copy.height * copy.depth; }

}  // namespace

Copy linear_copy(CUmemorytype to_type, std::uint64_t to, CUmemorytype from_type, std::uint64_t from,
                 std::uint64_t bytes) {
  return {{to_type, to, bytes, bytes}, {from_type, from, bytes, bytes}, bytes, 1, 1};
}

void check_copy(const Copy& copy) {
  if (is_empty(copy)) return;
  check(copy, copy.to);
  check(copy, copy.from);
}

void perform_copy(const Copy& copy) {
  if (!is_empty(copy)) perform(copy);
}

void copy_in_order(const std::shared_ptr<Context>& context, const Copy& copy) {
  const auto stream = default_stream(context);
  refuse_in_capture(*stream);
  if (is_empty(copy)) return;
  const bool on_device =
      check(copy, copy.to) == Backing::device && check(copy, copy.from) == Backing::device;
  // Only copies inside the device may still be running when the call returns.
  if (on_device && (size_of(copy) > kSmall || !context->pending(*stream).empty()))
    submit(*stream, copy);
  else {
    check(copy, copy.from);
    perform_now(*stream, copy);
  }
}

void copy_async(const std::shared_ptr<Stream>& stream, const Copy& copy) {
  stream->context->check();
  if (is_empty(copy)) return;
  const Backing to = check(copy, copy.to);
  const Backing from = check(copy, copy.from);
  if (captures(*stream)) return capture(stream, copy);
  const bool idle = size_of(copy) <= kSmall && stream->context->pending(*stream).empty();
  if (to == Backing::pageable || idle)
    perform_now(*stream, copy);
  else if (from != Backing::pageable)
    submit(*stream, copy);
  else if (size_of(copy) > kStaged || stream->context->pending(*stream).empty())
    perform_now(*stream, copy);
  else
    submit_staged(*stream, copy);
}

}  // namespace vgpu::cpu
