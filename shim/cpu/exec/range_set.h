#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace vgpu::exec {

/// Free address ranges, best fit first. Neighbours are joined, but never across a multiple of
/// `boundary`.
class RangeSet {
 public:
  explicit RangeSet(std::uint64_t boundary = 0) : boundary_(boundary) {}

  struct Range {
    std::uint64_t at = 0;
    std::uint64_t size = 0;
  };

  /// Adds a free range and returns it with the neighbours that it was joined with.
  Range insert(std::uint64_t at, std::uint64_t size);

  /// Takes `size` units at a multiple of `align` out of the tightest range that has them.
  std::optional<std::uint64_t> take(std::uint64_t size, std::uint64_t align);

  /// Takes exactly [at, at + size), if all of it is free.
  bool take_at(std::uint64_t at, std::uint64_t size);

  /// Removes exactly this range, which must be in the set.
  void erase(const Range& range);

 private:
  bool may_join(std::uint64_t at) const noexcept { return boundary_ == 0 || at % boundary_ != 0; }

  std::uint64_t boundary_;
  std::map<std::uint64_t, std::uint64_t> by_address_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // (size, address)
};

}  // namespace vgpu::exec
