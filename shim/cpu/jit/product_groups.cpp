#include "shim/cpu/jit/product_groups.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "shim/cpu/jit/product_code.h"

namespace vgpu::jit {

using llvm::CallInst;
using llvm::Value;

namespace {

constexpr const char* kMark = "vgpu-product";
constexpr unsigned kAfterAll = std::numeric_limits<unsigned>::max();

/// Fewer tiles of A are not worth the way over the stack.
constexpr unsigned kFewestTiles = 4;

/// What a marked function multiplies, in tiles; B is one column of them.
struct Marked {
  ByteFactors kind;
  unsigned rows;
  unsigned depth;
};

std::optional<Marked> marked(const CallInst& call) {
  const llvm::Function* const callee = call.getCalledFunction();
  if (callee == nullptr || !callee->hasFnAttribute(kMark)) return std::nullopt;
  const llvm::StringRef text = callee->getFnAttribute(kMark).getValueAsString();
  const auto digit = [&](unsigned n) { return static_cast<unsigned>(text[n] - '0'); };
  return Marked{{digit(0) != 0, digit(1) != 0}, digit(2), digit(3)};
}

/// Products of which each adds to what the one before gave; the last one's result is theirs.
struct Chain {
  Marked each;
  std::vector<CallInst*> calls;

  unsigned depth() const { return each.depth * static_cast<unsigned>(calls.size()); }
  Value* a(unsigned row, unsigned k) const {
    return calls[k / each.depth]->getArgOperand(row + each.rows * (k % each.depth));
  }
  Value* b(unsigned k) const {
    return calls[k / each.depth]->getArgOperand(each.rows * each.depth + k % each.depth);
  }
  unsigned first_c() const { return (each.rows + 1) * each.depth; }
  Value* c(unsigned n) const { return calls.front()->getArgOperand(first_c() + n); }
  std::vector<Value*> column() const {
    std::vector<Value*> all;
    for (unsigned k = 0; k < depth(); ++k) all.push_back(b(k));
    return all;
  }
};

/// Chains that one call makes. Positions count the instructions of the block.
struct Group {
  std::vector<Chain> chains;
  unsigned rows = 0;
  unsigned first = kAfterAll;  ///< where the first of the chains ends
  unsigned ready = 0;          ///< after this all that is needed is there
  unsigned used = kAfterAll;   ///< where a result is needed

  unsigned place() const { return std::max(first, ready); }
};

/// The product whose results `call` adds to, each of them and nobody else.
CallInst* continued(const CallInst& call, const Marked& mark) {
  const unsigned first_c = (mark.rows + 1) * mark.depth;
  CallInst* from = nullptr;
  for (unsigned n = first_c; n < call.arg_size(); ++n) {
    auto* const part = llvm::dyn_cast<llvm::ExtractValueInst>(call.getArgOperand(n));
    if (part == nullptr || part->getIndices()[0] != n - first_c || !part->hasOneUse())
      return nullptr;
    auto* const source = llvm::dyn_cast<CallInst>(part->getAggregateOperand());
    if (source == nullptr || (from != nullptr && from != source)) return nullptr;
    from = source;
  }
  const bool alone = from != nullptr && from->getParent() == call.getParent() &&
                     from->getCalledFunction() == call.getCalledFunction() &&
                     from->hasNUses(call.arg_size() - first_c);
  return alone ? from : nullptr;
}

class BlockGroups {
 public:
  explicit BlockGroups(llvm::BasicBlock& block) : block_(block) {
    unsigned n = 0;
    for (llvm::Instruction& each : block) order_[&each] = ++n;
  }

  /// In the order of their places.
  std::vector<Group> find() {
    find_chains();
    for (const Chain& chain : chains_) add(chain);
    std::erase_if(groups_, [](const Group& group) {
      return group.rows * group.chains.front().depth() < kFewestTiles;
    });
    std::stable_sort(groups_.begin(), groups_.end(),
                     [](const Group& x, const Group& y) { return x.place() < y.place(); });
    return std::move(groups_);
  }

  /// The first instruction that comes after everything a group needs.
  llvm::Instruction* place(const Group& group) {
    const auto after = [&](const llvm::Instruction& each) {
      const auto known = order_.find(&each);
      return known != order_.end() && (known->second > group.ready && known->second >= group.first);
    };
    return &*std::find_if(block_.begin(), block_.end(), after);
  }

 private:
  void find_chains() {
    for (llvm::Instruction& each : block_) {
      auto* const call = llvm::dyn_cast<CallInst>(&each);
      const auto mark = call == nullptr ? std::nullopt : marked(*call);
      if (!mark || mark->rows > kMostRows || mark->depth > kMostDepth) continue;
      CallInst* const before = continued(*call, *mark);
      const auto known = std::find_if(chains_.begin(), chains_.end(), [&](const Chain& chain) {
        return before != nullptr && chain.calls.back() == before &&
               chain.depth() + mark->depth <= kMostDepth;
      });
      if (known != chains_.end())
        known->calls.push_back(call);
      else
        chains_.push_back({*mark, {call}});
    }
  }

  unsigned position(const Value* value) const {
    const auto known = order_.find(llvm::dyn_cast<llvm::Instruction>(value));
    return known == order_.end() ? 0 : known->second;
  }

  /// Where what `chain` needs is there.
  unsigned ready(const Chain& chain) const {
    unsigned last = 0;
    for (const CallInst* const call : chain.calls)
      for (const Value* const each : call->args()) {
        const auto* const part = llvm::dyn_cast<llvm::ExtractValueInst>(each);
        const Value* const from = part == nullptr ? nullptr : part->getAggregateOperand();
        if (std::find(chain.calls.begin(), chain.calls.end(), from) == chain.calls.end())
          last = std::max(last, position(each));
      }
    return last;
  }

  unsigned used(const Chain& chain) const {
    unsigned first = kAfterAll;
    for (const llvm::User* const part : chain.calls.back()->users())
      for (const llvm::User* const user : part->users())
        if (!llvm::isa<llvm::PHINode>(user) && position(user) != 0)
          // A product may come to be made as early as what it needs is there.
          first = std::min(first, position(llvm::isa<CallInst>(user) ? part : user));
    return first;
  }

  void add(const Chain& chain) {
    const auto same = [&](const Group& group) {
      const Chain& other = group.chains.front();
      return other.each.kind == chain.each.kind && other.column() == chain.column();
    };
    const auto known = std::find_if(groups_.rbegin(), groups_.rend(), same);
    if (known != groups_.rend() && join(*known, chain)) return;
    Group fresh;
    if (join(fresh, chain)) groups_.push_back(fresh);
  }

  bool join(Group& group, const Chain& chain) {
    const unsigned ready = std::max(group.ready, this->ready(chain));
    const unsigned used = std::min(group.used, this->used(chain));
    if (ready >= used || group.rows + chain.each.rows > kMostRows) return false;
    group.chains.push_back(chain);
    group.rows += chain.each.rows;
    group.first = std::min(group.first, position(chain.calls.back()));
    group.ready = ready;
    group.used = used;
    return true;
  }

  llvm::BasicBlock& block_;
  llvm::DenseMap<const llvm::Instruction*, unsigned> order_;
  std::vector<Chain> chains_;
  std::vector<Group> groups_;
};

/// Makes `group` before `place`, in place of its products, which nobody needs then.
void make(PackedFactors& factors, const Group& group, llvm::Instruction* place) {
  llvm::IRBuilder<> b(place);
  const ByteFactors kind = group.chains.front().each.kind;
  const unsigned depth = group.chains.front().depth();
  std::vector<Value*> lines;
  for (const Chain& chain : group.chains)
    for (unsigned row = 0; row < chain.each.rows; ++row) {
      std::vector<Value*> tiles;
      for (unsigned k = 0; k < depth; ++k) tiles.push_back(chain.a(row, k));
      lines.push_back(factors.line_of_a(b, kind, tiles));
    }
  Value* const column = factors.column_of_b(b, kind, group.chains.front().column());
  const std::vector<Value*> sums =
      multiply_packed(b, kind, depth, lines, column, factors.sums(),
                      *group.chains.front().calls.front()->getCalledFunction());
  std::size_t first = 0;
  for (const Chain& chain : group.chains) {
    std::vector<Value*> results;
    for (unsigned n = 0; n < 2 * chain.each.rows; ++n)
      results.push_back(b.CreateAdd(sums[first + n], chain.c(n)));
    first += results.size();
    for (llvm::User* const user : llvm::make_early_inc_range(chain.calls.back()->users())) {
      auto* const part = llvm::cast<llvm::ExtractValueInst>(user);
      part->replaceAllUsesWith(results[part->getIndices()[0]]);
      part->eraseFromParent();
    }
  }
}

}  // namespace

void mark_product(llvm::Function& function, const MatrixProduct& product) {
  if (product.a.bits != 8 || product.c.type != ptx::Type::s32 || product.saturate ||
      product.columns() != 1)
    return;
  const auto digit = [](unsigned value) { return static_cast<char>('0' + value); };
  function.addFnAttr(
      kMark, std::string{digit(product.a.with_sign ? 1 : 0), digit(product.b.with_sign ? 1 : 0),
                         digit(product.rows()), digit(product.depth())});
}

void group_products(llvm::Function& function, const HostFeatures& features) {
  if (!features.avx512f || !features.avx512_vnni) return;
  const auto is_marked = [](const llvm::Function& each) { return each.hasFnAttribute(kMark); };
  if (std::none_of(function.getParent()->begin(), function.getParent()->end(), is_marked)) return;
  PackedFactors factors(function);
  for (llvm::BasicBlock& block : function) {
    BlockGroups groups(block);
    for (const Group& group : groups.find()) make(factors, group, groups.place(group));
    factors.forget();
  }
}

}  // namespace vgpu::jit
