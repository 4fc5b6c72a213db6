#pragma once

#include <llvm/IR/Instructions.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace vgpu::jit {

/// How the lanes of an integer vector probably differ: lane n is (something that all lanes of its
/// group share) + lanes[n].
struct LanePattern {
  std::vector<std::int64_t> lanes;
  bool shares = false;     ///< there is something unknown that lanes share
  std::size_t groups = 1;  ///< equal parts of the vector; more than one only if it shares
};

/// The least number of groups, and at most kMostGroups, of which each has one number in all its
/// lanes; 0 where there is none.
std::size_t groups_of_same(const std::vector<std::int64_t>& lanes);
inline constexpr std::size_t kMostGroups = 4;

/// Metadata of a load and a store in different turns of a warp by which it gets the value back.
inline constexpr const char* kKept = "vgpu.kept";

/// Guesses patterns of vectors from how they are computed. A guess: it takes what lanes share to
/// be a multiple of every power of two, sums not to wrap, and lanes under a mask to be all there.
/// Whoever uses one tests it when the code runs.
class PatternGuess {
 public:
  explicit PatternGuess(llvm::Function& function);
  std::optional<LanePattern> of(llvm::Value* vector) { return visit(vector, 0); }

 private:
  using Found = std::optional<LanePattern>;
  Found visit(llvm::Value* vector, unsigned depth);
  Found compute(llvm::Value* vector, unsigned depth);
  Found constant(llvm::Constant* vector);
  Found binary(llvm::BinaryOperator& op, unsigned depth);
  static Found product(const LanePattern& a, const LanePattern& b);
  Found resized(llvm::CastInst& op, unsigned depth);
  Found any_of(llvm::User& op, unsigned first, unsigned depth);
  Found shuffled(llvm::ShuffleVectorInst& op, unsigned depth);
  Found kept(llvm::LoadInst& load, unsigned depth);

  struct Known {
    Found found;
    bool open = true;  ///< is being looked at
  };
  std::map<llvm::Value*, Known> known_;
  std::map<llvm::MDNode*, llvm::Value*> kept_;  ///< what stores with this mark put aside
  unsigned circles_ = 0;  ///< how often what was asked for is still being looked at
};

}  // namespace vgpu::jit
