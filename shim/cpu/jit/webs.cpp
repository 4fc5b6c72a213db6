#include <llvm/ADT/BitVector.h>

#include <algorithm>
#include <numeric>

#include "shim/cpu/jit/code.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

namespace {

/// Live-in sets of registers, by iteration to a fixed point.
std::vector<llvm::BitVector> liveness(const Code& code, std::size_t regs) {
  const std::size_t count = code.blocks.size();
  const auto size = static_cast<unsigned>(regs);
  std::vector<llvm::BitVector> uses(count, llvm::BitVector(size));
  std::vector<llvm::BitVector> defs(count, llvm::BitVector(size));
  for (std::size_t n = 0; n < count; ++n) {
    const Block& block = code.blocks[n];
    for (auto at = block.first; at < block.last; ++at) {
      const ptx::Instruction& inst = code.insts[at];
      const auto use = [&](std::int64_t reg) {
        if (!defs[n].test(static_cast<unsigned>(reg))) uses[n].set(static_cast<unsigned>(reg));
      };
      for_each_use(inst, use);
      if (inst.guard >= 0) use(inst.guard);
      for_each_def(inst, [&](std::int64_t reg) {
        // Where the guard does not hold the old value lives on.
        if (inst.guard >= 0) use(reg);
        defs[n].set(static_cast<unsigned>(reg));
      });
    }
  }
  std::vector<llvm::BitVector> live = uses;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t n = count; n-- > 0;) {
      llvm::BitVector out(size);
      for (const auto succ : code.blocks[n].succs) out |= live[succ];
      out.reset(defs[n]);
      out |= live[n];
      if (out != live[n]) {
        live[n] = std::move(out);
        changed = true;
      }
    }
  }
  return live;
}

/// Union-find over definitions and over the values that enter blocks.
class Webs {
 public:
  explicit Webs(Code& code) : code_(code), live_(liveness(code, code.regs.size())) {}

  void build() {
    number_entries();
    walk(false);
    join_edges();
    walk(true);
    code_.regs.clear();
  }

 private:
  std::uint32_t node() {
    parent_.push_back(static_cast<std::uint32_t>(parent_.size()));
    return parent_.back();
  }
  std::uint32_t find(std::uint32_t n) {
    while (parent_[n] != n) n = parent_[n] = parent_[parent_[n]];
    return n;
  }
  void join(std::uint32_t a, std::uint32_t b) { parent_[find(a)] = find(b); }

  void number_entries() {
    entry_.resize(code_.blocks.size());
    for (std::size_t n = 0; n < code_.blocks.size(); ++n)
      for (const unsigned reg : live_[n].set_bits()) entry_[n].emplace_back(reg, node());
    out_.resize(code_.blocks.size());
  }

  /// The first pass makes the nodes of definitions and joins them with what guards keep; the
  /// second writes web numbers into the instructions.
  void walk(bool write) {
    auto next_def = static_cast<std::uint32_t>(parent_.size());
    if (write) next_def = first_def_;
    first_def_ = next_def;
    std::vector<std::uint32_t> current(code_.regs.size(), kNone);
    for (std::uint32_t n = 0; n < code_.blocks.size(); ++n) {
      std::vector<std::int64_t> touched;
      for (const auto& [reg, entry] : entry_[n]) {
        current[reg] = entry;
        touched.push_back(reg);
      }
      for (auto at = code_.blocks[n].first; at < code_.blocks[n].last; ++at)
        instruction(n, at, write, next_def, current, touched);
      if (!write)
        for (const auto succ : code_.blocks[n].succs)
          for (const auto& [reg, entry] : entry_[succ]) out_[n].emplace_back(entry, current[reg]);
      for (const auto reg : touched) current[static_cast<std::size_t>(reg)] = kNone;
    }
  }

  void instruction(std::uint32_t block, std::uint32_t at, bool write, std::uint32_t& next_def,
                   std::vector<std::uint32_t>& current, std::vector<std::int64_t>& touched) {
    ptx::Instruction& inst = code_.insts[at];
    const auto use = [&](auto& reg) {
      if (write)
        reg = web_of(current[static_cast<std::size_t>(reg)], static_cast<std::size_t>(reg));
    };
    std::vector<std::int64_t> written;
    for_each_def(inst, [&](std::int64_t reg) { written.push_back(reg); });
    for_each_use(inst, use);
    if (inst.guard >= 0) {  // read before anything is written
      std::int64_t guard = inst.guard;
      use(guard);
      inst.guard = static_cast<std::int32_t>(guard);
    }
    for (const auto reg : written) {
      auto& value = current[static_cast<std::size_t>(reg)];
      const std::uint32_t def = write ? next_def++ : node();
      if (!write && inst.guard >= 0 && value != kNone) join(def, value);
      value = def;
      touched.push_back(reg);
    }
    if (!write) return;
    for_each_def(inst, [&](std::int64_t& reg) {
      const auto old = static_cast<std::size_t>(reg);
      reg = web_of(current[old], old);
      code_.webs[static_cast<std::size_t>(reg)].defs.push_back({at, block});
    });
  }

  void join_edges() {
    for (const auto& edges : out_)
      for (const auto& [entry, value] : edges)
        if (value != kNone) join(entry, value);
  }

  std::int64_t web_of(std::uint32_t value, std::size_t reg) {
    // A register that is read where nothing was written: any value will do.
    const std::uint32_t root = value == kNone ? node() : find(value);
    const auto [found, added] = web_.try_emplace(root, code_.webs.size());
    if (added) {
      Web& web = code_.webs.emplace_back();
      web.type = code_.regs[reg].type;
    }
    return static_cast<std::int64_t>(found->second);
  }

  static constexpr std::uint32_t kNone = ~0u;
  Code& code_;
  std::vector<llvm::BitVector> live_;
  std::vector<std::uint32_t> parent_;
  std::uint32_t first_def_ = 0;
  std::vector<std::vector<std::pair<unsigned, std::uint32_t>>> entry_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> out_;
  std::map<std::uint32_t, std::size_t> web_;
};

/// The number that a web always is: what its only definition moves into it. Where that has not run
/// any number will do.
const ptx::Operand* constant_of(const Code& code, const ptx::Operand& operand) {
  if (operand.kind != ptx::Operand::Kind::reg) return nullptr;
  const Web& web = code.webs[static_cast<std::size_t>(operand.value)];
  if (web.defs.size() != 1 || size_of(web.type) != 4) return nullptr;
  const ptx::Instruction& def = code.insts[web.defs.front().inst];
  if (def.op != ptx::Opcode::mov_ || def.guard >= 0 || def.operands.size() != 2) return nullptr;
  const ptx::Operand& source = def.operands.back();
  return source.kind == ptx::Operand::Kind::imm_int && source.name.empty() ? &source : nullptr;
}

/// Compilers keep the distances of shuffles in registers, which do not stay constants where they
/// are kept over a barrier. A shuffle by a constant is a fraction of one that is not.
void name_distances(Code& code) {
  for (ptx::Instruction& inst : code.insts) {
    if (inst.op != ptx::Opcode::shfl_) continue;
    const std::size_t value = destination_count(inst);
    for (std::size_t n = value + 1; n < inst.operands.size(); ++n)
      if (const ptx::Operand* const number = constant_of(code, inst.operands[n]))
        inst.operands[n] = *number;
  }
}

}  // namespace

void build_webs(Code& code) {
  Webs(code).build();
  name_distances(code);
  const auto live = liveness(code, code.webs.size());
  code.live_in.clear();
  for (const auto& set : live) {
    auto& list = code.live_in.emplace_back();
    for (const unsigned web : set.set_bits()) list.push_back(web);
  }
  for (const auto web : code.live_in.front()) code.webs[web].live_at_entry = true;
}

}  // namespace vgpu::jit
