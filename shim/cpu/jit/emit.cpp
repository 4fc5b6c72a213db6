#include "shim/cpu/jit/emit.h"

#include <llvm/IR/Constants.h>

namespace vgpu::jit {

llvm::Value* Emit::constant(ptx::Type t, std::uint64_t bits) {
  llvm::Type* const shape = type(t);
  const unsigned width = shape->getScalarSizeInBits();
  const llvm::APInt value =
      width > 64 ? llvm::APInt(64, bits).zext(width) : llvm::APInt(64, bits).trunc(width);
  llvm::Constant* scalar = llvm::ConstantInt::get(b.getContext(), value);
  if (shape->getScalarType()->isFloatingPointTy())
    scalar = llvm::ConstantFP::get(b.getContext(),
                                   llvm::APFloat(shape->getScalarType()->getFltSemantics(), value));
  if (const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(shape))
    return llvm::ConstantVector::getSplat(vector->getElementCount(), scalar);
  return scalar;
}

void Emit::unsupported(const std::string& why) const {
  std::string text(ptx::name_of(i.op));
  for (const ptx::Mod mod : i.mods) text += "." + std::string(ptx::name_of(mod));
  for (const ptx::Type each : i.types) text += "." + std::string(ptx::name_of(each));
  throw Unsupported("line " + std::to_string(i.at.line) + ": " + text + ": " + why);
}

}  // namespace vgpu::jit
