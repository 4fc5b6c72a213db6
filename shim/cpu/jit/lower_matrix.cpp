#include "shim/cpu/jit/lower_matrix.h"

#include <numeric>

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;
using ptx::Type;

namespace {

constexpr MatrixShape kShapes[] = {
    {Mod::m8n8k4_, 8, 8, 4},       {Mod::m8n8k16_, 8, 8, 16},     {Mod::m8n8k32_, 8, 8, 32},
    {Mod::m8n8k128_, 8, 8, 128},   {Mod::m16n8k4_, 16, 8, 4},     {Mod::m16n8k8_, 16, 8, 8},
    {Mod::m16n8k16_, 16, 8, 16},   {Mod::m16n8k32_, 16, 8, 32},   {Mod::m16n8k64_, 16, 8, 64},
    {Mod::m16n8k128_, 16, 8, 128}, {Mod::m16n8k256_, 16, 8, 256}, {Mod::m16n16k8_, 16, 16, 8},
    {Mod::m16n16k16_, 16, 16, 16}, {Mod::m32n8k16_, 32, 8, 16},   {Mod::m8n32k16_, 8, 32, 16},
};

constexpr MatrixElement kElements[] = {
    {Type::f16, 16, true}, {Type::bf16, 16, true}, {Type::tf32, 32, true}, {Type::f32, 32, true},
    {Type::f64, 64, true}, {Type::e4m3, 8, true},  {Type::e5m2, 8, true},  {Type::s8, 8, true},
    {Type::u8, 8, false},  {Type::s4, 4, true},    {Type::u4, 4, false},   {Type::b1, 1, false},
    {Type::s32, 32, true},
};

}  // namespace

const MatrixShape& matrix_shape(const Emit& e) {
  for (const MatrixShape& shape : kShapes)
    if (e.i.has(shape.mod)) return shape;
  e.unsupported("a matrix of this shape");
}

const MatrixElement& matrix_element(const Emit& e, Type type) {
  for (const MatrixElement& element : kElements)
    if (element.type == type) return element;
  e.unsupported("matrices of this type");
}

Type register_type(const MatrixElement& element) noexcept {
  if (element.type == Type::f64 || element.type == Type::f32) return element.type;
  return Type::b32;
}

std::span<const Operand> elements_of(const Operand& operand) noexcept {
  if (operand.kind == Operand::Kind::vector) return operand.elements;
  return {&operand, 1};
}

std::span<const Operand> elements_of(Emit& e, unsigned index, unsigned count) {
  if (index >= e.i.operands.size()) e.unsupported("too few operands");
  const std::span<const Operand> elements = elements_of(e.i.operands[index]);
  if (elements.size() != count) e.unsupported("a fragment of another size");
  return elements;
}

Value* slice(llvm::IRBuilder<>& b, Value* vector, unsigned first, unsigned count) {
  if (llvm::cast<llvm::FixedVectorType>(vector->getType())->getNumElements() == count)
    return vector;
  return picked(b, vector, count, [&](unsigned n) { return first + n; });
}

Value* joined(llvm::IRBuilder<>& b, llvm::ArrayRef<Value*> values) {
  Values level(values.begin(), values.end());
  while (level.size() > 1) {
    Values next;
    for (std::size_t n = 0; n < level.size(); n += 2) {
      llvm::SmallVector<int, 64> picks(
          std::size_t{2} *
          llvm::cast<llvm::FixedVectorType>(level[n]->getType())->getNumElements());
      std::iota(picks.begin(), picks.end(), 0);
      next.push_back(b.CreateShuffleVector(level[n], level[n + 1], picks));
    }
    level = std::move(next);
  }
  return level.front();
}

}  // namespace vgpu::jit
