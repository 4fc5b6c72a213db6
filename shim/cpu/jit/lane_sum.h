#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "shim/cpu/jit/lane_pattern.h"

namespace vgpu::jit {

/// An integer vector as a scalar for each group of lanes, and constants: where all conditions hold,
/// lane n is its group's scalar + lanes[n], modulo the type's size.
struct LaneSum {
  std::vector<llvm::Value*> scalars{nullptr};  ///< of equal parts of the vector; all null for zero
  std::vector<std::int64_t> lanes;             ///< with their sign
  std::set<std::size_t> conditions;            ///< see LaneSums::holds
  std::vector<llvm::Value*> made_of;           ///< what it was followed down to; empty for a leaf
  bool is_splat = false;  ///< one scalar in all lanes, which is so without conditions
  unsigned height = 0;    ///< above the leaves

  std::size_t groups() const noexcept { return scalars.size(); }
  std::size_t group_width() const noexcept { return lanes.size() / groups(); }
  bool is_constant() const noexcept { return scalars.front() == nullptr; }
};

/// Finds such sums, and makes the scalars and conditions beside the vectors: arithmetic is followed
/// down to leaves, vectors of which PatternGuess says how their lanes probably differ. A leaf's
/// condition compares all its lanes; the conditions on the way, that nothing wraps and that low
/// bits are zero, are scalars'. What nobody asks for is left to dead code elimination.
class LaneSums {
 public:
  explicit LaneSums(llvm::Function& function);

  /// The sum that `vector` is, or nullptr. Good as long as this object lives.
  const LaneSum* of(llvm::Value* vector) { return visit(vector, 0); }
  /// All conditions of `sum`, and all lanes of `mask`; an i1, made where `b` stands.
  llvm::Value* holds(llvm::IRBuilder<>& b, const LaneSum& sum, llvm::Value* mask) const;
  /// `vector` computed once more from the leaves, where `b` stands.
  llvm::Value* again(llvm::IRBuilder<>& b, llvm::Value* vector) const;

 private:
  using Found = std::optional<LaneSum>;
  using Copies = std::map<llvm::Value*, llvm::Value*>;
  const LaneSum* visit(llvm::Value* vector, unsigned depth);
  Found compute(llvm::Value* vector, unsigned depth);
  Found leaf(llvm::Value* vector);
  Found counted(llvm::PHINode& phi, unsigned depth);
  llvm::Value* first_lane(llvm::Value* vector, unsigned depth);
  Found binary(llvm::BinaryOperator& op, unsigned depth);
  Found added(llvm::BinaryOperator& op, const LaneSum& a, const LaneSum& b);
  Found joined(LaneSum result, const LaneSum& low, const LaneSum& high);
  Found multiplied(LaneSum result, const LaneSum& a, const LaneSum& b, unsigned bits);
  Found by_groups(LaneSum result, const LaneSum& a, const LaneSum& b, unsigned bits);
  Found shifted_down(llvm::BinaryOperator& op, LaneSum result, unsigned by);
  Found masked(llvm::BinaryOperator& op, LaneSum result, std::uint64_t mask);
  Found resized(llvm::CastInst& op, unsigned depth);
  bool multiple_of(LaneSum& sum, unsigned bits);
  bool within(LaneSum& sum, const llvm::APInt& low, const llvm::APInt& high);
  bool group_within(LaneSum& sum, std::size_t group, const llvm::APInt& low,
                    const llvm::APInt& high);
  void require(LaneSum& sum, llvm::Value* condition);
  static llvm::Value* scalar_of(const LaneSum& sum, std::size_t group, std::size_t groups,
                                llvm::Type* type);
  llvm::Value* whole(const LaneSum& sum, std::size_t group, std::size_t groups, llvm::Type* type);
  llvm::Value* copy(llvm::IRBuilder<>& b, llvm::Value* vector, Copies& copies) const;

  llvm::IRBuilder<> b_;
  const llvm::DataLayout& layout_;
  PatternGuess guess_;
  std::map<llvm::Value*, Found> known_;  ///< while a vector is being looked at: nothing
  std::vector<llvm::Value*> conditions_;
};

}  // namespace vgpu::jit
