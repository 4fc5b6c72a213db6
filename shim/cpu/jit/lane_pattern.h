#pragma once

#include <llvm/IR/Instructions.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace vgpu::jit {

/// How the lanes of an integer vector probably differ: lane n is (something that all share) +
/// lanes[n].
struct LanePattern {
  std::vector<std::int64_t> lanes;
  bool shares = false;  ///< there is something unknown that all share
};

/// Guesses patterns of vectors from how they are computed. A guess: it takes what lanes share to
/// be a multiple of every power of two, sums not to wrap, and lanes under a mask to be all there.
/// Whoever uses one tests it when the code runs.
class PatternGuess {
 public:
  std::optional<LanePattern> of(llvm::Value* vector) { return visit(vector, 0); }

 private:
  using Found = std::optional<LanePattern>;
  Found visit(llvm::Value* vector, unsigned depth);
  Found compute(llvm::Value* vector, unsigned depth);
  Found constant(llvm::Constant* vector);
  Found binary(llvm::BinaryOperator& op, unsigned depth);
  Found resized(llvm::CastInst& op, unsigned depth);
  Found any_of(llvm::User& op, unsigned first, unsigned depth);
  Found shuffled(llvm::ShuffleVectorInst& op, unsigned depth);

  std::map<llvm::Value*, Found> known_;  ///< while a vector is being looked at: nothing
};

}  // namespace vgpu::jit
