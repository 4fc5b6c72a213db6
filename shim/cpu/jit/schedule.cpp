#include "shim/cpu/jit/schedule.h"

#include <algorithm>

namespace vgpu::jit {

Schedule::Schedule(const Code& code, const Analysis& analysis)
    : code_(code), analysis_(analysis), deferred_(code.blocks.size()) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t n = 0; n < code.blocks.size(); ++n) changed |= visit(n);
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
  std::vector<std::uint32_t> all = deferred_[block];
  all.insert(all.end(), targets.begin(), targets.end());
  std::sort(all.begin(), all.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(key(block, a), a) < std::pair(key(block, b), b);
  });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool Schedule::visit(std::uint32_t block) {
  const auto& succs = code_.blocks[block].succs;
  bool changed = false;
  const auto chain = [&](const std::vector<std::uint32_t>& sorted) {
    for (std::size_t n = 0; n < sorted.size(); ++n) changed |= defer(sorted, n);
  };
  if (succs.empty() || analysis_.divergent[block]) {
    chain(candidates(block, succs));
    return changed;
  }
  for (const auto succ : succs) {
    const auto sorted = candidates(block, {succ});
    if (sorted.front() == succ)
      changed |= defer(sorted, 0);
    else
      chain(sorted);
  }
  return changed;
}

/// Control goes to sorted[taken] while lanes may be pending at all that follow it.
bool Schedule::defer(const std::vector<std::uint32_t>& sorted, std::size_t taken) {
  const auto target = sorted[taken];
  // Where all lanes of the warp are, none is elsewhere.
  if (!analysis_.partial[target]) return false;
  auto& known = deferred_[target];
  const std::size_t before = known.size();
  for (std::size_t n = taken + 1; n < sorted.size(); ++n) known.push_back(sorted[n]);
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  return known.size() != before;
}

}  // namespace vgpu::jit
