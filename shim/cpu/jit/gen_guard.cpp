#include <llvm/IR/Constants.h>
#include <llvm/IR/InlineAsm.h>

#include <cstdint>

#include "shim/cpu/exec/address_space.h"
#include "shim/cpu/jit/gather.h"
#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using llvm::Value;
using ptx::Operand;
using ptx::Space;

namespace {

/// Spaces whose addresses are the process's own. Offsets into the windows of shared and local
/// memory cannot leave them.
bool is_free(Space space) {
  return space == Space::generic || space == Space::global || space == Space::constant;
}

}  // namespace

/// Before an access of all that `inst` moves.
void Generator::guard(const ptx::Instruction& inst, const Operand& operand) {
  guard(inst, operand, elements(inst) * ptx::size_of(inst.types.at(0)), nullptr);
}

/// Ends the kernel if a lane of `mask`, null for all active ones, would access memory that is not a
/// kernel's, or not at a multiple of the access's size. What a register holds is tested once in a
/// block for all accesses near it: the empty edges of the region make up for offsets.
void Generator::guard(const ptx::Instruction& inst, const Operand& operand, std::uint64_t bytes,
                      Value* mask) {
  const exec::AddressSpace& space = exec::address_space();
  if (!is_free(inst.space) || space.size() == 0) return;
  const auto offset = static_cast<std::uint64_t>(operand.offset);
  // Variables are kernels' memory, and offsets from them too short to leave it.
  const bool of_variable = !operand.name.empty() && offset == static_cast<std::uint32_t>(offset);
  if (!operand.base_is_reg && (of_variable || space.in_region(offset)) && offset % bytes == 0)
    return;
  const bool near = operand.base_is_reg &&
                    operand.offset == static_cast<std::int32_t>(operand.offset) &&
                    offset % bytes == 0;
  const auto known = guarded_.find(operand.value);
  if (near && known != guarded_.end() && known->second % bytes == 0) return;
  const bool remember = near && mask == nullptr && inst.guard < 0;
  const Lanes at = near ? address_register(operand, false) : address(inst, operand);
  if (mask == nullptr) mask = active(inst);
  Value* const odd = suspicious(at, static_cast<std::int64_t>(bytes), mask);
  llvm::BasicBlock* const look = llvm::BasicBlock::Create(context_, "look", function_);
  llvm::BasicBlock* const fine = llvm::BasicBlock::Create(context_, "fine", function_);
  b_.CreateCondBr(odd, look, fine, llvm::MDBuilder(context_).createBranchWeights(1, 1u << 20));
  b_.SetInsertPoint(look);
  check(spill(vector(address(inst, operand))), mask, bytes);
  b_.CreateBr(fine);
  b_.SetInsertPoint(fine);
  if (remember) guarded_[operand.value] = bytes;
}

/// Calls the runtime behind the back of the register allocator, which would else keep everything
/// in memory around a call that is hardly ever made.
void Generator::check(Value* addresses, Value* mask, std::uint64_t bytes) {
  llvm::Type* const ptr = b_.getPtrTy();
  llvm::Type* const i32 = b_.getInt32Ty();
  Value* const size = b_.getInt32(static_cast<std::uint32_t>(bytes));
  // The entry that keeps the registers needs XSAVE, which processors with AVX have.
  if (!host_features().avx2) {
    runtime("vgpu_check", b_.getVoidTy(), {state_, bits(mask), addresses, size});
    return;
  }
  auto* const type = llvm::FunctionType::get(b_.getVoidTy(), {ptr, i32, ptr, i32, ptr}, false);
  llvm::FunctionCallee callee = module_.getOrInsertFunction(
      "vgpu_check_entry", llvm::FunctionType::get(b_.getVoidTy(), {ptr, i32, ptr, i32}, false));
  function_->addFnAttr(llvm::Attribute::NoRedZone);
  b_.CreateCall(
      llvm::InlineAsm::get(type, "callq *$4",
                           "{rdi},{esi},{rdx},{ecx},r,~{memory},~{dirflag},~{fpsr},~{flags}", true),
      {state_, bits(mask), addresses, size, callee.getCallee()});
}

/// True, as i1, unless every lane's address is certainly in the region and aligned. Lanes that lie
/// in a row are judged by their first; the strides leave none of them far from it.
Value* Generator::suspicious(const Lanes& at, std::int64_t bytes, Value* mask) {
  const exec::AddressSpace& space = exec::address_space();
  const std::uint64_t kept = ~(space.size() - 1) | (static_cast<std::uint64_t>(bytes) - 1);
  const auto differs = [&](Value* address) -> Value* {
    return b_.CreateAnd(b_.CreateXor(address, space.base()), kept);
  };
  Rows rows;
  if (at.shape.is_uniform()) {
    rows.bases.push_back(at.base);
  } else if (!rows_of(at, rows) || rows.stride % bytes != 0 ||
             rows.stride != static_cast<std::int16_t>(rows.stride)) {
    return mark_outside(b_, module_, vector(at), mask, space.base(), kept);
  }
  Value* odd = differs(rows.bases.front());
  for (std::size_t row = 1; row < rows.bases.size() && !rows.same; ++row)
    odd = b_.CreateOr(odd, differs(rows.bases[row]));
  odd = b_.CreateICmpNE(odd, b_.getInt64(0));
  return rows.linear == nullptr ? odd : b_.CreateOr(odd, b_.CreateNot(rows.linear));
}

}  // namespace vgpu::jit
