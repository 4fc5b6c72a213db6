#pragma once

#include <llvm/ADT/ArrayRef.h>
#include <llvm/IR/IRBuilder.h>

#include <vector>

#include "shim/cpu/jit/host_features.h"

namespace vgpu::jit {

// Several products of bytes at once, for processors with VNNI. Factors wait on the stack in the
// order in which they are needed, "packed": a line of tiles of A once for every column that it is
// multiplied with, spread so that each vector of it is a factor as it is; B in pieces of 16 bytes,
// which are spread as they are loaded. Nothing else of the processor competes with the products.

/// The kinds of factors: bytes with or without signs.
struct ByteFactors {
  bool a_with_sign;
  bool b_with_sign;

  /// The processor multiplies bytes without a sign by bytes with one. Where both are alike B is
  /// packed with its signs flipped, which is 128 more or less, and sums start with what that costs.
  bool flips_b() const noexcept { return a_with_sign == b_with_sign; }
  friend bool operator==(const ByteFactors&, const ByteFactors&) = default;
};

/// Tiles that one call multiplies at most: of A above each other, and side by side.
inline constexpr unsigned kMostRows = 4;
inline constexpr unsigned kMostDepth = 2;

/// Packed factors on the stack of a function; those that were used last stay.
class PackedFactors {
 public:
  explicit PackedFactors(llvm::Function& function) : function_(function) {}

  /// Where the tiles of A, one for each step of depth, wait; code for that is made where needed.
  llvm::Value* line_of_a(llvm::IRBuilder<>& b, ByteFactors kind,
                         llvm::ArrayRef<llvm::Value*> tiles);
  /// The same of B.
  llvm::Value* column_of_b(llvm::IRBuilder<>& b, ByteFactors kind,
                           llvm::ArrayRef<llvm::Value*> tiles);
  /// Where results go.
  llvm::Value* sums();

  /// From here on nothing is known to be packed.
  void forget();

 private:
  struct Home {
    llvm::Value* at = nullptr;
    ByteFactors kind{};  ///< the same registers may be factors of several
    std::vector<llvm::Value*> tiles;
    unsigned used = 0;
  };
  llvm::Value* space(unsigned vectors, const char* name);
  /// The home that has `tiles` packed for `kind`, or an empty one that is to have them.
  Home& find(std::vector<Home>& homes, unsigned most, ByteFactors kind,
             llvm::ArrayRef<llvm::Value*> tiles);

  llvm::Function& function_;
  std::vector<Home> a_;
  std::vector<Home> b_;
  llvm::Value* sums_ = nullptr;
  unsigned clock_ = 0;
};

/// The products of `lines` (of packed A) and `column` (of packed B), two registers for each line.
/// `like` is a function with the attributes that code has.
std::vector<llvm::Value*> multiply_packed(llvm::IRBuilder<>& b, ByteFactors kind, unsigned depth,
                                          llvm::ArrayRef<llvm::Value*> lines, llvm::Value* column,
                                          llvm::Value* sums, const llvm::Function& like);

}  // namespace vgpu::jit
