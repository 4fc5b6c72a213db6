#include <llvm/IR/Constants.h>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/inst_emit.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using llvm::Value;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::Space;

void Generator::instruction(const ptx::Instruction& inst) {
  spills_used_.clear();
  const Shape result = result_shape(code_, analysis_, inst);
  const bool linear = result.kind == Kind::affine || result.kind == Kind::wide;
  if (linear && inst.op != Opcode::ld_ && inst.operands[0].kind == Operand::Kind::reg) {
    write(inst.operands[0].value, affine(inst, result), inst);
    return;
  }
  if (find_lowering(inst.op) != nullptr) return lowered(inst, result);
  core(inst);
}

void Generator::lowered(const ptx::Instruction& inst, const Shape& result) {
  bool uniform = !is_collective(inst.op) && !touches_carry(inst);
  const unsigned destinations = destination_count(inst);
  if (destinations != 0) uniform &= result.is_uniform();
  for_each_use(inst, [&](std::int64_t web) {
    uniform &= analysis_.webs[static_cast<std::size_t>(web)].is_uniform();
  });
  if (result.is_uniform() && !uniform && !is_collective(inst.op)) {
    // The shape is uniform though a source is not: tid >> 5.
    write(inst.operands[0].value, affine(inst, result), inst);
    return;
  }
  // What a lane gives is where a matrix begins.
  if (inst.op == Opcode::wmma_)
    for (const Operand& each : inst.operands)
      if (each.kind == Operand::Kind::memory) guard(inst, each, 1, nullptr);
  InstEmit emit(*this, inst, uniform);
  find_lowering(inst.op)(emit);
}

/// Control flow, memory and what touches neither registers nor lanes' values.
void Generator::core(const ptx::Instruction& inst) {
  switch (inst.op) {
    case Opcode::mov_:
    case Opcode::mapa_:  // the other block of the cluster is this one
      return move(inst);
    case Opcode::ld_:
    case Opcode::ldu_:
      return load(inst);
    case Opcode::st_:
      return store(inst);
    case Opcode::atom_:
    case Opcode::red_:
      return atomic(inst);
    case Opcode::cvta_:
      return cvta(inst);
    case Opcode::isspacep_:
      return isspacep(inst);
    case Opcode::bar_:
    case Opcode::barrier_:
      return barrier(inst);
    case Opcode::cp_:
      return copy_async(inst);
    case Opcode::mbarrier_:
      return mbarrier(inst);
    case Opcode::call_:
      return call(inst);
    case Opcode::membar_:
    case Opcode::fence_:
      b_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent);
      return;
    case Opcode::prefetch_:
    case Opcode::prefetchu_:
    case Opcode::applypriority_:
    case Opcode::discard_:
      return;  // hints
    default:
      unsupported(inst, "not implemented");
  }
}

void Generator::move(const ptx::Instruction& inst) {
  if (inst.types.empty() || inst.operands.size() < 2) unsupported(inst, "an odd mov");
  const ptx::Type type = inst.types[0];
  const Operand& to = inst.operands[0];
  const Operand& from = inst.operands[1];
  if (to.kind == Operand::Kind::vector || from.kind == Operand::Kind::vector) return unpack(inst);
  if (to.kind != Operand::Kind::reg) return;
  Lanes value = operand(from, type);
  const ptx::Type own = code_.webs[static_cast<std::size_t>(to.value)].type;
  value.base = to_storage(value.base, type, own);
  write(to.value, value, inst);
}

/// mov between a register and the vector of its parts, or between two vectors.
void Generator::unpack(const ptx::Instruction& inst) {
  const Operand& to = inst.operands[0];
  const Operand& from = inst.operands[1];
  const ptx::Type type = inst.types[0];
  const auto is_vector = [](const Operand& o) { return o.kind == Operand::Kind::vector; };
  const auto put = [&](const Operand& reg, Lanes value, ptx::Type as) {
    if (reg.kind != Operand::Kind::reg) return;
    value.base = to_storage(value.base, as, code_.webs[static_cast<std::size_t>(reg.value)].type);
    write(reg.value, value, inst);
  };
  const auto plain = [&](const Operand& o, ptx::Type as) {
    Lanes value = operand(o, as);
    if (!value.shape.is_uniform()) value = shaped(value, Shape::varying());
    return value;
  };
  if (is_vector(to) && is_vector(from)) {
    if (to.elements.size() != from.elements.size()) unsupported(inst, "vectors of two sizes");
    std::vector<Lanes> values;
    for (const Operand& element : from.elements) values.push_back(plain(element, type));
    for (std::size_t n = 0; n < values.size(); ++n) put(to.elements[n], values[n], type);
    return;
  }
  const std::size_t count = is_vector(to) ? to.elements.size() : from.elements.size();
  const unsigned part_bits = 8 * ptx::size_of(type) / static_cast<unsigned>(count);
  const ptx::Type part = part_bits == 8    ? ptx::Type::b8
                         : part_bits == 16 ? ptx::Type::b16
                         : part_bits == 32 ? ptx::Type::b32
                                           : ptx::Type::b64;
  const ptx::Type whole = ptx::size_of(type) == 4   ? ptx::Type::b32
                          : ptx::size_of(type) == 8 ? ptx::Type::b64
                          : ptx::size_of(type) == 2 ? ptx::Type::b16
                                                    : ptx::Type::b128;
  if (is_vector(to)) {
    const Lanes value = plain(from, whole);
    for (std::size_t n = 0; n < count; ++n) {
      Lanes piece = value;
      llvm::Type* const sized = value.shape.is_uniform() ? storage(part) : wide(storage(part));
      piece.base = b_.CreateTrunc(b_.CreateLShr(value.base, part_bits * n), sized);
      put(to.elements[n], piece, part);
    }
    return;
  }
  Lanes sum{Shape::uniform(), llvm::Constant::getNullValue(storage(whole)), nullptr, nullptr};
  for (std::size_t n = 0; n < count; ++n) {
    const Lanes piece = plain(from.elements[n], part);
    if (!piece.shape.is_uniform()) sum = shaped(sum, Shape::varying());
    llvm::Type* const sized = sum.base->getType();
    Value* const part_value = sum.shape.is_uniform() ? piece.base : splat(piece.base);
    sum.base = b_.CreateOr(sum.base, b_.CreateShl(b_.CreateZExt(part_value, sized), part_bits * n));
  }
  put(to, sum, whole);
}

/// Generic addresses are host addresses; those of shared, local and param count from a base.
void Generator::cvta(const ptx::Instruction& inst) {
  const ptx::Type type = inst.types.empty() ? ptx::Type::u64 : inst.types[0];
  Lanes value = operand(inst.operands[1], type);
  const Operand& to = inst.operands[0];
  if (to.kind != Operand::Kind::reg) return;
  const ptx::Type own = code_.webs[static_cast<std::size_t>(to.value)].type;
  Value* origin = nullptr;
  if (inst.space == Space::shared) origin = b_.CreatePtrToInt(shared_, b_.getInt64Ty());
  if (inst.space == Space::param)
    origin = form_ == Form::function ? args_ : b_.CreatePtrToInt(params_, b_.getInt64Ty());
  const bool per_lane =
      inst.space == Space::local || (inst.space == Space::param && form_ == Form::function);
  if (per_lane) {
    Lanes base =
        inst.space == Space::local
            ? lane_memory(local_, nullptr, code_.local_bytes,
                          {Shape::uniform(), b_.getInt64(0), nullptr, nullptr})
            : lane_memory(args_, stride_, 0, {Shape::uniform(), b_.getInt64(0), nullptr, nullptr});
    Value* const bases = vector(base);
    Value* const offsets = vector(value);
    value = {Shape::varying(),
             inst.has(Mod::to_) ? b_.CreateSub(offsets, bases) : b_.CreateAdd(offsets, bases),
             nullptr, nullptr};
  } else if (origin != nullptr) {
    origin = b_.CreateZExtOrTrunc(origin, value.base->getType()->getScalarType());
    Value*& part = value.shape.kind == Kind::wide ? value.u : value.base;
    if (part->getType()->isVectorTy()) origin = splat(origin);
    part = inst.has(Mod::to_) ? b_.CreateSub(part, origin) : b_.CreateAdd(part, origin);
  }
  value.base = to_storage(value.base, type, own);
  write(to.value, value, inst);
}

void Generator::isspacep(const ptx::Instruction& inst) {
  Value* const address = vector(operand(inst.operands[1], ptx::Type::u64));
  const auto inside = [&](Value* first, Value* size) {
    return b_.CreateICmpULT(b_.CreateSub(address, splat(first)), splat(size));
  };
  Value* const shared = inside(
      b_.CreatePtrToInt(shared_, b_.getInt64Ty()),
      b_.CreateZExt(context_field(grid_, offsetof(exec::Grid, total_shared), b_.getInt32Ty(), true),
                    b_.getInt64Ty()));
  Value* const none = llvm::ConstantInt::getFalse(shared->getType());
  Value* const local =
      code_.local_bytes == 0
          ? none
          : inside(local_, b_.getInt64(std::uint64_t{code_.local_bytes} * kWarpSize));
  Value* result = nullptr;
  switch (inst.space) {
    case Space::shared:
      result = shared;
      break;
    case Space::local:
      result = local;
      break;
    case Space::global:
      result = b_.CreateNot(b_.CreateOr(shared, local));
      break;
    case Space::generic:
    case Space::reg:
    case Space::constant:
    case Space::param:
      unsupported(inst, "a test for this state space");
  }
  write(inst.operands[0].value, {Shape::varying(), result, nullptr, nullptr}, inst);
}

void Generator::unsupported(const ptx::Instruction& inst, const std::string& why) const {
  InstEmit(const_cast<Generator&>(*this), inst, false).unsupported(why);
}

}  // namespace vgpu::jit
