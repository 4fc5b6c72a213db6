#include "shim/cpu/jit/lower_lanes.h"

#include <llvm/IR/Constants.h>

#include <numeric>

#include "shim/cpu/jit/lower_common.h"

namespace vgpu::jit {

using llvm::Value;

namespace {

llvm::FixedVectorType* vector_type(Value* value) {
  return llvm::cast<llvm::FixedVectorType>(value->getType());
}

Value* piece(llvm::IRBuilder<>& b, Value* value, unsigned first, unsigned count) {
  llvm::SmallVector<int, 64> picks(count);
  std::iota(picks.begin(), picks.end(), static_cast<int>(first));
  return b.CreateShuffleVector(value, picks);
}

Value* joined(llvm::IRBuilder<>& b, Value* low, Value* high) {
  llvm::SmallVector<int, 128> picks(vector_type(low)->getNumElements() +
                                    vector_type(high)->getNumElements());
  std::iota(picks.begin(), picks.end(), 0);
  return b.CreateShuffleVector(low, high, picks);
}

}  // namespace

Value* by_pieces(llvm::IRBuilder<>& b, unsigned bits, llvm::ArrayRef<Value*> values,
                 const std::function<Value*(llvm::ArrayRef<Value*>)>& f) {
  const unsigned total =
      vector_type(values[0])->getNumElements() * values[0]->getType()->getScalarSizeInBits();
  llvm::SmallVector<Value*, 16> done;
  for (unsigned at = 0; at < total; at += bits) {
    llvm::SmallVector<Value*, 4> parts;
    for (Value* value : values) {
      const unsigned size = value->getType()->getScalarSizeInBits();
      parts.push_back(piece(b, value, at / size, bits / size));
    }
    done.push_back(f(parts));
  }
  // In pairs, so that both sides always have the same type. Sizes are powers of two.
  while (done.size() > 1) {
    for (std::size_t n = 0; n < done.size() / 2; ++n)
      done[n] = joined(b, done[2 * n], done[2 * n + 1]);
    done.resize(done.size() / 2);
  }
  return done.front();
}

Value* mask_bits(Emit& e, Value* lanes) { return e.b.CreateBitCast(lanes, e.b.getInt32Ty()); }

Value* lane_numbers(Emit& e) {
  std::vector<std::uint32_t> numbers(kWarpSize);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return llvm::ConstantDataVector::get(e.b.getContext(), numbers);
}

}  // namespace vgpu::jit
