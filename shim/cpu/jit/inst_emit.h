#pragma once

#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

/// What a lowering sees of the instruction that the generator is at.
class InstEmit final : public Emit {
 public:
  InstEmit(Generator& generator, const ptx::Instruction& inst, bool uniform)
      : Emit(generator.b_, inst), generator_(generator), uniform_(uniform) {}

  bool uniform() const override { return uniform_; }

  llvm::Type* type(ptx::Type t) override {
    llvm::Type* const scalar = generator_.emit_type(t);
    return uniform_ ? scalar : generator_.wide(scalar);
  }

  llvm::Value* src(unsigned index, ptx::Type t) override {
    if (index >= i.operands.size()) unsupported("it has too few operands");
    return src(i.operands[index], t);
  }

  llvm::Value* src(const ptx::Operand& operand, ptx::Type t) override {
    const Lanes value = generator_.operand(operand, t);
    return uniform_ ? value.base : generator_.vector(value);
  }

  void dst(unsigned index, llvm::Value* value, ptx::Type t) override {
    if (index >= i.operands.size()) unsupported("it has too few operands");
    dst(i.operands[index], value, t);
  }

  void dst(const ptx::Operand& operand, llvm::Value* value, ptx::Type t) override {
    if (operand.kind != ptx::Operand::Kind::reg) return;  // the sink
    const ptx::Type own = generator_.code_.webs[static_cast<std::size_t>(operand.value)].type;
    const Shape shape = value->getType()->isVectorTy() ? Shape::varying() : Shape::uniform();
    generator_.write(operand.value, {shape, generator_.to_storage(value, t, own), nullptr, nullptr},
                     i);
  }

  llvm::Value* addresses(unsigned index) override {
    if (index >= i.operands.size() || i.operands[index].kind != ptx::Operand::Kind::memory)
      unsupported("an address is missing");
    return generator_.vector(generator_.address(i, i.operands[index]));
  }

  llvm::Value* active() override { return generator_.active(i); }
  llvm::Value* splat(llvm::Value* value) override { return generator_.splat(value); }
  bool flushes_by_mode() const override { return generator_.code_.flush_by_mode; }

  llvm::Value* carry() override {
    return generator_.b_.CreateLoad(carry_slot()->getAllocatedType(), carry_slot());
  }
  void set_carry(llvm::Value* value) override {
    generator_.b_.CreateStore(generator_.splat(value), carry_slot());
  }

 private:
  llvm::AllocaInst* carry_slot() {
    if (generator_.carry_ == nullptr)
      generator_.carry_ = generator_.variable(generator_.wide(b.getInt1Ty()), "carry");
    return generator_.carry_;
  }

  Generator& generator_;
  bool uniform_;
};

}  // namespace vgpu::jit
