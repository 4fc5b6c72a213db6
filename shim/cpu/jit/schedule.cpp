#include "shim/cpu/jit/schedule.h"

#include <algorithm>

namespace vgpu::jit {

Schedule::Schedule(const Code& code, const Analysis& analysis)
    : code_(code),
      analysis_(analysis),
      deferred_(code.blocks.size(), llvm::BitVector(static_cast<unsigned>(code.blocks.size()))),
      stale_(static_cast<unsigned>(code.blocks.size()), true) {
  while (stale_.any()) {
    for (std::uint32_t n = 0; n < code.blocks.size(); ++n) {
      if (!stale_.test(n)) continue;
      stale_.reset(n);
      visit(n);
    }
  }
}

/// Position of `to` among what may follow `from`: forward in block order, but the head of a loop
/// around `from` comes after the rest of that loop.
std::uint64_t Schedule::key(std::uint32_t from, std::uint32_t to) const {
  if (to > from) return 2ull * to;
  for (int n = code_.blocks[from].loop; n >= 0;
       n = code_.loops[static_cast<std::size_t>(n)].parent) {
    const Loop& loop = code_.loops[static_cast<std::size_t>(n)];
    if (loop.head == to) return 2ull * loop.end - 1;
  }
  return 2ull * to;
}

std::vector<std::uint32_t> Schedule::candidates(std::uint32_t block,
                                                const std::vector<std::uint32_t>& targets) const {
  llvm::BitVector set = deferred_[block];
  for (const auto target : targets) set.set(target);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed;
  for (const unsigned each : set.set_bits()) keyed.emplace_back(key(block, each), each);
  std::sort(keyed.begin(), keyed.end());
  std::vector<std::uint32_t> all;
  for (const auto& [position, each] : keyed) all.push_back(each);
  return all;
}

void Schedule::visit(std::uint32_t block) {
  const auto& succs = code_.blocks[block].succs;
  if (succs.empty() || analysis_.divergent[block]) return take(candidates(block, succs), false);
  for (const auto succ : succs) {
    const auto sorted = candidates(block, {succ});
    take(sorted, sorted.front() == succ);
  }
}

/// Control goes to the first of `sorted` that has lanes, while those after it may have some.
void Schedule::take(const std::vector<std::uint32_t>& sorted, bool first_only) {
  llvm::BitVector left(static_cast<unsigned>(code_.blocks.size()));
  for (const auto each : sorted) left.set(each);
  for (const auto target : sorted) {
    left.reset(target);
    // Where all lanes of the warp are, none is elsewhere.
    if (analysis_.partial[target] && left.test(deferred_[target])) {
      deferred_[target] |= left;
      stale_.set(target);
    }
    if (first_only) return;
  }
}

}  // namespace vgpu::jit
