#include <algorithm>

#include "shim/cpu/jit/operands.h"
#include "shim/cpu/jit/shape.h"

namespace vgpu::jit {

namespace {

/// Blocks from which control reaches the exit, in post-order of the reversed graph. A trap ends
/// the grid, so that what other lanes do after it does not matter: it is no way to the exit.
std::vector<std::uint32_t> reverse_post_order(const Code& code) {
  std::vector<std::uint32_t> order;
  std::vector<bool> seen(code.blocks.size(), false);
  struct Visit {
    std::uint32_t block;
    std::size_t next;
  };
  std::vector<Visit> path;
  const auto enter = [&](std::uint32_t block) {
    if (seen[block]) return;
    seen[block] = true;
    path.push_back({block, 0});
  };
  for (std::uint32_t n = 0; n < code.blocks.size(); ++n) {
    const auto op = code.insts[code.blocks[n].last - 1].op;
    if (op != ptx::Opcode::ret_ && op != ptx::Opcode::exit_) continue;
    enter(n);
    while (!path.empty()) {
      Visit& top = path.back();
      const auto& preds = code.blocks[top.block].preds;
      if (top.next < preds.size()) {
        enter(preds[top.next++]);
        continue;
      }
      order.push_back(top.block);
      path.pop_back();
    }
  }
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace

std::vector<std::uint32_t> post_dominators(const Code& code) {
  const auto exit = static_cast<std::uint32_t>(code.blocks.size());
  constexpr std::uint32_t kUnset = ~0u;
  std::vector<std::uint32_t> result(exit + 1, kUnset);
  std::vector<std::uint32_t> number(exit + 1, 0);
  const auto order = reverse_post_order(code);
  for (std::uint32_t n = 0; n < order.size(); ++n) number[order[n]] = n + 1;
  result[exit] = exit;
  const auto intersect = [&](std::uint32_t a, std::uint32_t b) {
    while (a != b) {
      while (number[a] > number[b]) a = result[a];
      while (number[b] > number[a]) b = result[b];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto block : order) {
      const auto op = code.insts[code.blocks[block].last - 1].op;
      std::uint32_t best = op == ptx::Opcode::ret_ || op == ptx::Opcode::exit_ ? exit : kUnset;
      for (const auto succ : code.blocks[block].succs) {
        if (result[succ] == kUnset) continue;
        best = best == kUnset ? succ : intersect(best, succ);
      }
      if (best != kUnset && result[block] != best) {
        result[block] = best;
        changed = true;
      }
    }
  }
  for (auto& each : result)
    if (each == kUnset) each = exit;  // an endless loop or a trap
  return result;
}

namespace {

class Spread {
 public:
  Spread(const Code& code, std::uint32_t branch, std::uint32_t join, Analysis& analysis)
      : code_(code),
        branch_(branch),
        join_(join),
        analysis_(analysis),
        reached_(code.blocks.size(), 0) {}

  bool run() {
    const auto& succs = code_.blocks[branch_].succs;
    std::uint32_t path = 0;
    for (const auto succ : succs) reach(succ, ++path);
    for (std::uint32_t n = 0; n < reached_.size(); ++n)
      if (reached_[n] != 0) analysis_.partial[n] = true;
    for (const auto block : joins_) at_join(block);
    if (join_ < code_.blocks.size()) at_join(join_);
    return changed_;
  }

 private:
  /// Blocks on the way from one edge of the branch to where all ways meet again.
  void reach(std::uint32_t from, std::uint32_t path) {
    std::vector<bool> seen(code_.blocks.size(), false);
    std::vector<std::uint32_t> todo{from};
    while (!todo.empty()) {
      const auto block = todo.back();
      todo.pop_back();
      if (block == join_ || seen[block]) continue;
      seen[block] = true;
      if (reached_[block] != 0 && reached_[block] != path) joins_.push_back(block);
      reached_[block] = path;
      for (const auto succ : code_.blocks[block].succs) todo.push_back(succ);
    }
  }

  /// Lanes come here by different ways, or after different numbers of rounds of a loop: what
  /// they wrote on the way differs from lane to lane.
  void at_join(std::uint32_t join) {
    for (const auto index : code_.live_in[join]) {
      if (analysis_.blend[index]) continue;
      const Web& web = code_.webs[index];
      const bool several = web.defs.size() > 1 || web.live_at_entry;
      for (const Def& def : web.defs) {
        if (reached_[def.block] == 0) continue;
        if (!several && !leaves_loop(def.block, join)) continue;
        analysis_.blend[index] = true;
        analysis_.webs[index] = Shape::varying();
        changed_ = true;
        break;
      }
    }
  }

  /// A loop with this branch runs the definition again for some lanes after others have left.
  bool leaves_loop(std::uint32_t def, std::uint32_t join) const {
    for (int n = code_.blocks[def].loop; n >= 0;
         n = code_.loops[static_cast<std::size_t>(n)].parent) {
      const Loop& loop = code_.loops[static_cast<std::size_t>(n)];
      const auto inside = [&](std::uint32_t b) { return loop.head <= b && b < loop.end; };
      if (inside(branch_) && !inside(join)) return true;
    }
    return false;
  }

  const Code& code_;
  std::uint32_t branch_;
  std::uint32_t join_;
  Analysis& analysis_;
  std::vector<std::uint32_t> reached_;
  std::vector<std::uint32_t> joins_;
  bool changed_ = false;
};

}  // namespace

void spread_irreducible(const Code& code, Analysis& analysis) {
  for (const Loop& loop : code.loops) {
    bool irreducible = false;
    for (std::uint32_t n = loop.head + 1; n < loop.end; ++n)
      for (const auto pred : code.blocks[n].preds)
        irreducible |= pred < loop.head || pred >= loop.end;
    if (!irreducible) continue;
    for (std::uint32_t n = loop.head; n < loop.end; ++n) analysis.partial[n] = true;
    for (std::size_t web = 0; web < code.webs.size(); ++web) {
      for (const Def& def : code.webs[web].defs) {
        if (def.block < loop.head || def.block >= loop.end) continue;
        analysis.blend[web] = true;
        analysis.webs[web] = Shape::varying();
      }
    }
  }
}

bool spread_divergence(const Code& code, const std::vector<std::uint32_t>& post_dominators,
                       std::uint32_t block, Analysis& analysis) {
  return Spread(code, block, post_dominators[block], analysis).run();
}

}  // namespace vgpu::jit
