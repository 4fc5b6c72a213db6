#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include <bit>
#include <cstddef>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using llvm::Type;
using llvm::Value;
using ptx::Operand;
using ptx::SpecialReg;

namespace {

bool is_signed(ptx::Type type) {
  return type == ptx::Type::s8 || type == ptx::Type::s16 || type == ptx::Type::s32 ||
         type == ptx::Type::s64;
}

bool is_float(ptx::Type type) {
  return type == ptx::Type::f16 || type == ptx::Type::bf16 || type == ptx::Type::f32 ||
         type == ptx::Type::f64;
}

Type* with_shape(Type* shape, Type* scalar) {
  if (const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(shape))
    return llvm::FixedVectorType::get(scalar, vector->getNumElements());
  return scalar;
}

}  // namespace

/// What lowerings see as a value of `type`, of one lane.
Type* Generator::emit_type(ptx::Type type) {
  switch (type) {
    case ptx::Type::f16:
      return b_.getHalfTy();
    case ptx::Type::bf16:
      return b_.getBFloatTy();
    default:
      return storage(type);
  }
}

/// A register's value read as `to`: its low bits, extended with zeros.
Value* Generator::cast(Value* value, ptx::Type from, ptx::Type to) {
  Type* const target = with_shape(value->getType(), emit_type(to));
  if (value->getType() == target) return value;
  if (from == ptx::Type::pred || to == ptx::Type::pred) {
    if (value->getType()->isFPOrFPVectorTy())
      value = b_.CreateBitCast(value,
                               with_shape(value->getType(), b_.getIntNTy(8 * ptx::size_of(from))));
    return to == ptx::Type::pred
               ? b_.CreateICmpNE(value, llvm::Constant::getNullValue(value->getType()))
               : b_.CreateZExt(value, target);
  }
  Type* const raw = with_shape(value->getType(), b_.getIntNTy(8 * ptx::size_of(from)));
  Type* const sized = with_shape(value->getType(), b_.getIntNTy(8 * ptx::size_of(to)));
  Value* const bits = b_.CreateZExtOrTrunc(b_.CreateBitCast(value, raw), sized);
  return b_.CreateBitCast(bits, target);
}

/// A result of `from` as a register of `web_type` holds it.
Value* Generator::to_storage(Value* value, ptx::Type from, ptx::Type web_type) {
  Type* const target = with_shape(value->getType(), storage(web_type));
  if (value->getType() == target) return value;
  if (web_type == ptx::Type::pred) return cast(value, from, web_type);
  if (from == ptx::Type::pred) return b_.CreateZExt(value, target);
  Type* const raw = with_shape(value->getType(), b_.getIntNTy(8 * ptx::size_of(from)));
  Type* const sized = with_shape(value->getType(), b_.getIntNTy(8 * ptx::size_of(web_type)));
  Value* const bits = b_.CreateBitCast(value, raw);
  Value* const fitted =
      is_signed(from) ? b_.CreateSExtOrTrunc(bits, sized) : b_.CreateZExtOrTrunc(bits, sized);
  return b_.CreateBitCast(fitted, target);
}

/// The address of a variable, i64: known only when the code is brought into memory, so that it can
/// be kept on the disk.
Value* Generator::link_address(const std::string& link_name, std::int64_t offset) {
  if (link_name.empty()) return b_.getInt64(static_cast<std::uint64_t>(offset));
  Value* const at =
      b_.CreatePtrToInt(module_.getOrInsertGlobal(link_name, b_.getInt8Ty()), b_.getInt64Ty());
  return b_.CreateAdd(at, b_.getInt64(static_cast<std::uint64_t>(offset)));
}

Value* Generator::constant(ptx::Type type, const Operand& operand) {
  if (!operand.name.empty())
    return cast(link_address(operand.name, operand.value), ptx::Type::u64, type);
  Type* const target = emit_type(type);
  auto bits = static_cast<std::uint64_t>(operand.value);
  if (operand.kind == Operand::Kind::imm_f32 && type == ptx::Type::f64) {
    return llvm::ConstantFP::get(
        target, static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))));
  }
  if (operand.kind == Operand::Kind::imm_f64 && type != ptx::Type::f64 && is_float(type))
    return llvm::ConstantFP::get(target, std::bit_cast<double>(bits));
  if (operand.kind == Operand::Kind::imm_f64 && type == ptx::Type::b32)
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
  if (type == ptx::Type::pred) return b_.getInt1((bits != 0) != operand.negated);
  const unsigned size = 8 * ptx::size_of(type);
  const llvm::APInt value =
      size > 64 ? llvm::APInt(64, bits).sext(size) : llvm::APInt(64, bits).trunc(size);
  return llvm::ConstantExpr::getBitCast(llvm::ConstantInt::get(context_, value), target);
}

/// A source operand read as `type`.
Lanes Generator::operand(const Operand& from, ptx::Type type) {
  switch (from.kind) {
    case Operand::Kind::reg: {
      Lanes value = read(from.value);
      const ptx::Type own = code_.webs[static_cast<std::size_t>(from.value)].type;
      const bool plain = value.shape.is_uniform() || value.shape.is_varying();
      // Only plain values can be read as another type.
      if (!plain && emit_type(type) == storage(own)) return value;
      if (!plain) value = shaped(value, Shape::varying());
      value.base = cast(value.base, own, type);
      if (from.negated && type == ptx::Type::pred) value.base = b_.CreateNot(value.base);
      return value;
    }
    case Operand::Kind::special: {
      const auto reg = static_cast<SpecialReg>(from.value);
      Lanes value = special(reg);
      if (emit_type(type) == storage(ptx::type_of(reg))) return value;
      if (!value.shape.is_uniform()) value = shaped(value, Shape::varying());
      value.base = cast(value.base, ptx::type_of(reg), type);
      return value;
    }
    case Operand::Kind::imm_int:
    case Operand::Kind::imm_f32:
    case Operand::Kind::imm_f64: {
      if (!from.name.empty()) return {Shape::uniform(), constant(type, from), nullptr, nullptr};
      const unsigned zeros =
          from.value == 0
              ? 63u
              : static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(from.value)));
      return {Shape::uniform(zeros), constant(type, from), nullptr, nullptr};
    }
    default:
      unsupported(code_.insts[at_], "an operand of this kind");
  }
}

Lanes Generator::special(SpecialReg reg) {
  const Shape shape = special_shape(analysis_.block, reg, code_.entry);
  const auto table = [&](unsigned axis) -> Value* {
    return context_field(grid_, offsetof(exec::Grid, tid) + sizeof(void*) * axis, b_.getPtrTy(),
                         true);
  };
  const auto first_thread = [&] { return b_.CreateMul(warp_, b_.getInt32(kWarpSize)); };
  const auto load_tid = [&](unsigned axis, Type* type) -> Value* {
    Value* const at =
        b_.CreateGEP(b_.getInt32Ty(), table(axis), b_.CreateZExt(first_thread(), b_.getInt64Ty()));
    auto* const load = b_.CreateAlignedLoad(type, at, llvm::Align(4));
    load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(context_, {}));
    return load;
  };
  const auto tid = [&](unsigned axis) -> Lanes {
    if (shape.is_varying()) return {shape, load_tid(axis, wide(b_.getInt32Ty())), nullptr, nullptr};
    Value* const y = shape.has_y ? b_.getInt32(1) : nullptr;
    const BlockClass& block = analysis_.block;
    // Blocks of one row of threads need no table.
    if (block.width == 32 && block.one_row)
      return {shape, axis == 0 ? first_thread() : b_.getInt32(0), y, nullptr};
    if (block.width < 32 && axis == 0) return {shape, b_.getInt32(0), y, nullptr};
    return {shape, load_tid(axis, b_.getInt32Ty()), y, nullptr};
  };
  switch (reg) {
    case SpecialReg::tid_x:
      return tid(0);
    case SpecialReg::tid_y:
      return tid(1);
    case SpecialReg::tid_z:
      return tid(2);
    case SpecialReg::laneid:
      return {shape, b_.getInt32(0), shape.has_y ? b_.getInt32(analysis_.block.row()) : nullptr,
              nullptr};
    case SpecialReg::lanemask_eq:
    case SpecialReg::lanemask_le:
    case SpecialReg::lanemask_lt:
    case SpecialReg::lanemask_ge:
    case SpecialReg::lanemask_gt: {
      std::vector<std::uint32_t> masks(kWarpSize);
      for (unsigned n = 0; n < kWarpSize; ++n) {
        const std::uint32_t own = 1u << n;
        const std::uint32_t below = own - 1;
        masks[n] = reg == SpecialReg::lanemask_eq   ? own
                   : reg == SpecialReg::lanemask_le ? own | below
                   : reg == SpecialReg::lanemask_lt ? below
                   : reg == SpecialReg::lanemask_ge ? ~below
                                                    : ~(own | below);
      }
      return {shape, llvm::ConstantDataVector::get(context_, masks), nullptr, nullptr};
    }
    default:
      return {shape, scalar_special(reg), nullptr, nullptr};
  }
}

namespace {

/// Special registers that are a field of the grid. Units: bytes.
struct GridField {
  SpecialReg reg;
  std::size_t offset;
};
constexpr GridField kGridFields[] = {
    {SpecialReg::ntid_x, offsetof(exec::Grid, block)},
    {SpecialReg::ntid_y, offsetof(exec::Grid, block) + 4},
    {SpecialReg::ntid_z, offsetof(exec::Grid, block) + 8},
    {SpecialReg::nctaid_x, offsetof(exec::Grid, grid)},
    {SpecialReg::nctaid_y, offsetof(exec::Grid, grid) + 4},
    {SpecialReg::nctaid_z, offsetof(exec::Grid, grid) + 8},
    {SpecialReg::nclusterid_x, offsetof(exec::Grid, grid)},
    {SpecialReg::nclusterid_y, offsetof(exec::Grid, grid) + 4},
    {SpecialReg::nclusterid_z, offsetof(exec::Grid, grid) + 8},
    {SpecialReg::nwarpid, offsetof(exec::Grid, warps)},
    {SpecialReg::dynamic_smem_size, offsetof(exec::Grid, dynamic_shared)},
    {SpecialReg::total_smem_size, offsetof(exec::Grid, total_shared)},
    {SpecialReg::aggr_smem_size, offsetof(exec::Grid, total_shared)},
    {SpecialReg::envreg1, offsetof(exec::Grid, envreg)},
    {SpecialReg::envreg2, offsetof(exec::Grid, envreg) + 4},
};

}  // namespace

Value* Generator::scalar_special(SpecialReg reg) {
  Type* const i32 = b_.getInt32Ty();
  // Rows shorter than a warp are the block's.
  if (reg == SpecialReg::ntid_x && analysis_.block.row() < kWarpSize)
    return b_.getInt32(analysis_.block.row());
  for (const GridField& each : kGridFields)
    if (each.reg == reg) return context_field(grid_, each.offset, i32, true);
  const auto ctaid = [&](unsigned axis) { return b_.CreateLoad(i32, ctaid_[axis]); };
  switch (reg) {
    case SpecialReg::ctaid_x:
    case SpecialReg::clusterid_x:
      return ctaid(0);
    case SpecialReg::ctaid_y:
    case SpecialReg::clusterid_y:
      return ctaid(1);
    case SpecialReg::ctaid_z:
    case SpecialReg::clusterid_z:
      return ctaid(2);
    case SpecialReg::cluster_ctaid_x:
    case SpecialReg::cluster_ctaid_y:
    case SpecialReg::cluster_ctaid_z:
    case SpecialReg::cluster_ctarank:
    case SpecialReg::is_explicit_cluster:
      return b_.getInt32(0);
    case SpecialReg::cluster_nctaid_x:
    case SpecialReg::cluster_nctaid_y:
    case SpecialReg::cluster_nctaid_z:
    case SpecialReg::cluster_nctarank:
      return b_.getInt32(1);
    case SpecialReg::warpid:
      return warp_;
    case SpecialReg::gridid:
      return context_field(grid_, offsetof(exec::Grid, id), b_.getInt64Ty(), true);
    case SpecialReg::smid:
      return runtime("vgpu_smid", i32, {state_});
    case SpecialReg::nsmid:
      return runtime("vgpu_nsmid", i32, {state_});
    case SpecialReg::clock:
      return b_.CreateTrunc(runtime("vgpu_clock", b_.getInt64Ty(), {}), i32);
    case SpecialReg::clock_hi:
      return b_.CreateTrunc(b_.CreateLShr(runtime("vgpu_clock", b_.getInt64Ty(), {}), 32), i32);
    case SpecialReg::clock64:
      return runtime("vgpu_clock", b_.getInt64Ty(), {});
    case SpecialReg::globaltimer:
      return runtime("vgpu_globaltimer", b_.getInt64Ty(), {});
    case SpecialReg::globaltimer_lo:
      return b_.CreateTrunc(runtime("vgpu_globaltimer", b_.getInt64Ty(), {}), i32);
    case SpecialReg::globaltimer_hi:
      return b_.CreateTrunc(b_.CreateLShr(runtime("vgpu_globaltimer", b_.getInt64Ty(), {}), 32),
                            i32);
    default:
      unsupported(code_.insts[at_], "a special register");
  }
}

}  // namespace vgpu::jit
