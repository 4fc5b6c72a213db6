#include <vector>

#include "shim/cpu/jit/code.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Mod;
using ptx::Opcode;

namespace {

/// What a loop's polling instructions decide.
class Loops {
 public:
  explicit Loops(const Code& code) : code_(code) {}

  /// True if `inst`, in block `block`, makes a loop around it go on or end.
  bool polls(std::uint32_t at, std::uint32_t block) {
    const ptx::Instruction& inst = code_.insts[at];
    const bool loads = (inst.op == Opcode::ld_ && is_strong(inst));
    if (!loads && inst.op != Opcode::atom_) return false;
    for (int n = code_.blocks[block].loop; n >= 0;
         n = code_.loops[static_cast<std::size_t>(n)].parent) {
      const Loop& loop = code_.loops[static_cast<std::size_t>(n)];
      if (inst.has(Mod::cas_) && is_retry(inst, loop)) continue;
      if (decides(inst, loop, loads)) return true;
    }
    return false;
  }

 private:
  static bool is_strong(const ptx::Instruction& inst) {
    return inst.has(Mod::volatile_) || inst.has(Mod::relaxed_) || inst.has(Mod::acquire_) ||
           inst.has(Mod::mmio_) || inst.has(Mod::cv_);
  }

  bool defined_in(std::int64_t web, const Loop& loop) const {
    for (const Def& def : code_.webs[static_cast<std::size_t>(web)].defs)
      if (def.block >= loop.head && def.block < loop.end) return true;
    return false;
  }

  /// A compare-and-swap that expects what the loop has read tries again until it is alone, which
  /// needs nothing of the others; one that expects a fixed value waits for them.
  bool is_retry(const ptx::Instruction& inst, const Loop& loop) const {
    const ptx::Operand& expected = inst.operands.at(2);
    return expected.kind == ptx::Operand::Kind::reg && defined_in(expected.value, loop);
  }

  bool leaves(const Block& block, const Loop& loop) const {
    for (const auto succ : block.succs)
      if (succ < loop.head || succ >= loop.end) return true;
    return false;
  }

  /// True if a branch of `loop` depends on what `inst` gives: one that leaves it, or `any` one.
  bool decides(const ptx::Instruction& inst, const Loop& loop, bool any) const {
    std::vector<bool> depends(code_.webs.size(), false);
    for_each_def(inst, [&](std::int64_t web) { depends[static_cast<std::size_t>(web)] = true; });
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t n = loop.head; n < loop.end; ++n) {
        const Block& block = code_.blocks[n];
        for (auto at = block.first; at < block.last; ++at) {
          const ptx::Instruction& each = code_.insts[at];
          bool here = each.guard >= 0 && depends[static_cast<std::size_t>(each.guard)];
          for_each_use(each,
                       [&](std::int64_t web) { here |= depends[static_cast<std::size_t>(web)]; });
          if (!here) continue;
          if (ends_block(each) && (any || leaves(block, loop))) return true;
          for_each_def(each, [&](std::int64_t web) {
            changed |= !depends[static_cast<std::size_t>(web)];
            depends[static_cast<std::size_t>(web)] = true;
          });
        }
      }
    }
    return false;
  }

  const Code& code_;
};

}  // namespace

void find_polling(Code& code) {
  code.polls.clear();
  if (code.loops.empty()) return;
  Loops loops(code);
  for (std::uint32_t n = 0; n < code.blocks.size(); ++n) {
    if (code.blocks[n].loop < 0) continue;
    for (auto at = code.blocks[n].first; at < code.blocks[n].last; ++at)
      if (loops.polls(at, n)) code.polls.insert(at);
  }
}

}  // namespace vgpu::jit
