#include "shim/cpu/exec/range_set.h"

namespace vgpu::exec {

RangeSet::Range RangeSet::insert(std::uint64_t at, std::uint64_t size) {
  const auto next = by_address_.lower_bound(at);
  if (next != by_address_.end() && next->first == at + size && may_join(next->first)) {
    size += next->second;
    erase({next->first, next->second});
  }
  const auto after = by_address_.lower_bound(at);
  if (after != by_address_.begin() && may_join(at)) {
    const auto [before, length] = *std::prev(after);
    if (before + length == at) {
      erase({before, length});
      at = before;
      size += length;
    }
  }
  by_address_.emplace(at, size);
  by_size_.emplace(size, at);
  return {at, size};
}

std::optional<std::uint64_t> RangeSet::take(std::uint64_t size, std::uint64_t align) {
  for (auto fit = by_size_.lower_bound({size, 0}); fit != by_size_.end(); ++fit) {
    const auto [length, at] = *fit;
    const std::uint64_t start = (at + align - 1) / align * align;
    if (start - at > length || length - (start - at) < size) continue;
    erase({at, length});
    if (start != at) insert(at, start - at);
    if (start + size != at + length) insert(start + size, at + length - start - size);
    return start;
  }
  return std::nullopt;
}

bool RangeSet::take_at(std::uint64_t at, std::uint64_t size) {
  const auto after = by_address_.upper_bound(at);
  if (after == by_address_.begin()) return false;
  const auto [start, length] = *std::prev(after);
  if (at - start > length || length - (at - start) < size) return false;
  erase({start, length});
  if (start != at) insert(start, at - start);
  if (start + length != at + size) insert(at + size, start + length - at - size);
  return true;
}

void RangeSet::erase(const Range& range) {
  by_address_.erase(range.at);
  by_size_.erase({range.size, range.at});
}

}  // namespace vgpu::exec
