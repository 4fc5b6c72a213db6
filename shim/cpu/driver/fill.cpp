#include "shim/cpu/driver/fill.h"

#include <algorithm>
#include <cstdint>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/checked_math.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/work_note.h"

namespace vgpu::cpu {
namespace {

template <class T>
void fill_rows(const Fill& fill) {
  for (std::size_t y = 0; y < fill.height; ++y) {
    // NOLINTNEXTLINE: an address is a number
    auto* const row = reinterpret_cast<T*>(fill.to + y * fill.pitch);
    std::fill_n(row, fill.width, static_cast<T>(fill.value));
  }
}

}  // namespace

bool check_fill(const Fill& fill) {
  require_value(fill.element == 1 || fill.element == 2 || fill.element == 4,
                "elements are of 1, 2 or 4 bytes");
  require_value(fill.to % fill.element == 0 && (fill.height == 1 || fill.pitch % fill.element == 0),
                "address or pitch is not aligned to the element");
  const std::uint64_t row = checked_multiply(fill.width, fill.element);
  require_value(fill.height == 1 || fill.pitch >= row, "the pitch is smaller than a row");
  const std::uint64_t bytes =
      fill.height == 1 ? row : checked_add(checked_multiply(fill.height - 1, fill.pitch), row);
  const auto known = address_map().find(fill.to);
  require_value(known != nullptr && address_map().holds(fill.to, bytes),
                "the range is not in one allocation");
  return known->is_host();
}

void perform_fill(const Fill& fill) {
  const std::int64_t begin = begin_note();
  switch (fill.element) {
    case 1:
      fill_rows<std::uint8_t>(fill);
      break;
    case 2:
      fill_rows<std::uint16_t>(fill);
      break;
    default:
      fill_rows<std::uint32_t>(fill);
      break;
  }
  note_fill(begin, fill.width * fill.height * fill.element);
}

}  // namespace vgpu::cpu
