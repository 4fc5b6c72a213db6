#pragma once

#include <llvm/ADT/BitVector.h>

#include <cstdint>
#include <vector>

#include "shim/cpu/jit/shape.h"

namespace vgpu::jit {

/// The order in which a warp goes through blocks. Lanes that have to run another block first wait
/// at theirs ("pending"). Everything that may be pending while a block runs is in its `deferred`.
class Schedule {
 public:
  Schedule(const Code& code, const Analysis& analysis);

  /// Blocks that may have pending lanes while `block` runs.
  const llvm::BitVector& deferred(std::uint32_t block) const { return deferred_[block]; }

  /// Where control may go after `block` when lanes take its edges to `targets`, first to last.
  std::vector<std::uint32_t> candidates(std::uint32_t block,
                                        const std::vector<std::uint32_t>& targets) const;

 private:
  std::uint64_t key(std::uint32_t from, std::uint32_t to) const;
  void visit(std::uint32_t block);
  void take(const std::vector<std::uint32_t>& sorted, bool first_only);

  const Code& code_;
  const Analysis& analysis_;
  std::vector<llvm::BitVector> deferred_;
  llvm::BitVector stale_;  ///< blocks to visit again
};

}  // namespace vgpu::jit
