#include <algorithm>
#include <numeric>
#include <ranges>

#include "shim/cpu/jit/code.h"
#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Opcode;

namespace {

constexpr int kMaxNesting = 200;  // of loops: bounds our own recursion

std::vector<Block> split(const Code& code) {
  const auto count = static_cast<std::uint32_t>(code.insts.size());
  std::vector<bool> leader(count + 1, false);
  leader[0] = true;
  for (std::uint32_t n = 0; n < count; ++n) {
    const ptx::Instruction& inst = code.insts[n];
    if (!ends_block(inst)) continue;
    leader[n + 1] = true;
    if (inst.op == Opcode::bra_) leader[static_cast<std::size_t>(inst.operands[0].value)] = true;
    if (inst.op == Opcode::brx_)
      for (const auto target : code.target_lists[static_cast<std::size_t>(inst.operands[1].value)])
        leader[static_cast<std::size_t>(target)] = true;
  }
  std::vector<Block> blocks;
  for (std::uint32_t n = 0; n < count; ++n) {
    if (leader[n]) blocks.emplace_back().first = n;
    blocks.back().last = n + 1;
  }
  return blocks;
}

void connect(const Code& code, std::vector<Block>& blocks) {
  std::vector<std::uint32_t> starting(code.insts.size() + 1, 0);
  for (std::uint32_t n = 0; n < blocks.size(); ++n) starting[blocks[n].first] = n;
  const auto end = static_cast<std::int64_t>(code.insts.size());
  const auto link = [&](Block& block, std::int64_t target) {
    if (target >= end) throw Unsupported(code.name + ": control reaches the end of the body");
    block.succs.push_back(starting[static_cast<std::size_t>(target)]);
  };
  for (Block& block : blocks) {
    const ptx::Instruction& inst = code.insts[block.last - 1];
    if (inst.op == Opcode::bra_) {
      link(block, inst.operands[0].value);
      if (inst.guard >= 0) link(block, block.last);
    } else if (inst.op == Opcode::brx_) {
      for (const auto target : code.target_lists[static_cast<std::size_t>(inst.operands[1].value)])
        link(block, target);
    } else if (!ends_block(inst)) {
      link(block, block.last);
    }
  }
}

/// A weak topological order after Bourdoncle: strongly connected components, each led by the
/// block that is reached first and ordered inside in the same way without it.
class Order {
 public:
  explicit Order(const std::vector<Block>& blocks)
      : blocks_(blocks), level_(blocks.size(), 0), number_(blocks.size()), low_(blocks.size()) {}

  void run() { component({0}, 0, -1); }

  std::vector<std::uint32_t> order;
  std::vector<int> loop_of;
  std::vector<Loop> loops;

 private:
  struct Visit {
    std::uint32_t block;
    std::size_t next;
  };

  bool inside(std::uint32_t block, int level) const { return level_[block] == level; }

  void component(const std::vector<std::uint32_t>& roots, int level, int loop) {
    if (level > kMaxNesting) throw Unsupported("loops nested too deeply");
    std::vector<std::vector<std::uint32_t>> found;
    for (const auto root : roots)
      if (inside(root, level)) search(root, level, found);
    for (const auto& each : std::views::reverse(found)) place(each, level, loop);
  }

  /// Tarjan's algorithm with its stack made explicit. Finished blocks leave the level (-1).
  void search(std::uint32_t root, int level, std::vector<std::vector<std::uint32_t>>& found) {
    std::vector<Visit> path;
    std::vector<std::uint32_t> stack;
    const auto enter = [&](std::uint32_t block) {
      number_[block] = low_[block] = ++counter_;
      level_[block] = -2;  // on the stack
      stack.push_back(block);
      path.push_back({block, 0});
    };
    enter(root);
    while (!path.empty()) {
      Visit& top = path.back();
      const auto& succs = blocks_[top.block].succs;
      if (top.next < succs.size()) {
        const auto succ = succs[top.next++];
        if (inside(succ, level))
          enter(succ);
        else if (level_[succ] == -2)
          low_[top.block] = std::min(low_[top.block], number_[succ]);
        continue;
      }
      const auto block = top.block;
      path.pop_back();
      if (!path.empty()) low_[path.back().block] = std::min(low_[path.back().block], low_[block]);
      if (low_[block] != number_[block]) continue;
      const auto first = std::find(stack.begin(), stack.end(), block);
      found.emplace_back(first, stack.end());
      stack.erase(first, stack.end());
      for (const auto member : found.back()) level_[member] = -1;
    }
  }

  void place(const std::vector<std::uint32_t>& members, int level, int loop) {
    const auto head = members.front();  // the first that the search reached
    const auto& succs = blocks_[head].succs;
    const bool loops_itself = std::find(succs.begin(), succs.end(), head) != succs.end();
    int own = loop;
    if (members.size() > 1 || loops_itself) {
      own = static_cast<int>(loops.size());
      loops.push_back({static_cast<std::uint32_t>(order.size()), 0, loop});
    }
    order.push_back(head);
    loop_of.push_back(own);
    if (members.size() > 1) {
      for (const auto member : members) level_[member] = level + 1;
      level_[head] = -1;
      component(succs, level + 1, own);
    }
    if (own != loop)
      loops[static_cast<std::size_t>(own)].end = static_cast<std::uint32_t>(order.size());
  }

  const std::vector<Block>& blocks_;
  std::vector<int> level_;  ///< nesting level being ordered, -2 on the stack, -1 done
  std::vector<std::uint32_t> number_;
  std::vector<std::uint32_t> low_;
  std::uint32_t counter_ = 0;
};

}  // namespace

void build_blocks(Code& code) {
  std::vector<Block> blocks = split(code);
  connect(code, blocks);
  Order order(blocks);
  order.run();
  std::vector<std::uint32_t> position(blocks.size(), 0);
  for (std::uint32_t n = 0; n < order.order.size(); ++n) position[order.order[n]] = n;
  code.blocks.clear();
  code.loops = std::move(order.loops);
  for (std::uint32_t n = 0; n < order.order.size(); ++n) {
    Block& block = code.blocks.emplace_back(std::move(blocks[order.order[n]]));
    block.loop = order.loop_of[n];
    for (auto& succ : block.succs) succ = position[succ];
  }
  for (std::uint32_t n = 0; n < code.blocks.size(); ++n)
    for (const auto succ : code.blocks[n].succs) code.blocks[succ].preds.push_back(n);
}

}  // namespace vgpu::jit
