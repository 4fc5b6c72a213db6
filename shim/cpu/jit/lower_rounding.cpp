#include "shim/cpu/jit/lower_rounding.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

#include "shim/cpu/jit/lower_common.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
namespace intrinsic = llvm::Intrinsic;

Rounding rounding_of(const ptx::Instruction& i) noexcept {
  for (const Mod mod : i.mods) {
    if (mod == Mod::rz_ || mod == Mod::rzi_) return Rounding::zero;
    if (mod == Mod::rm_ || mod == Mod::rmi_) return Rounding::down;
    if (mod == Mod::rp_ || mod == Mod::rpi_) return Rounding::up;
  }
  return Rounding::nearest;
}

namespace {

std::string spelled(llvm::Type* type) {
  std::string text;
  llvm::raw_string_ostream(text) << *type;
  return text;
}

llvm::Function* make_function(Emit& e, const std::string& name, llvm::FunctionType* type) {
  llvm::Function* parent = e.b.GetInsertBlock()->getParent();
  auto* function =
      llvm::Function::Create(type, llvm::Function::InternalLinkage, name, *parent->getParent());
  // The same processor features and denormal mode as the code around it.
  llvm::AttrBuilder attributes(e.b.getContext());
  for (const char* key : {"target-cpu", "target-features", "min-legal-vector-width",
                          "prefer-vector-width", "denormal-fp-math", "denormal-fp-math-f32"})
    if (parent->hasFnAttribute(key)) attributes.addAttribute(parent->getFnAttribute(key));
  function->addFnAttrs(attributes);
  function->addFnAttr(llvm::Attribute::NoInline);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addFnAttr(llvm::Attribute::WillReturn);
  return function;
}

}  // namespace

Value* call_outlined(
    Emit& e, const std::string& name, llvm::ArrayRef<Value*> args, llvm::Type* result,
    const std::function<Value*(llvm::IRBuilder<>&, std::span<Value* const>)>& fill) {
  std::vector<llvm::Type*> types;
  std::string full = "vgpu." + name;
  for (Value* arg : args) {
    types.push_back(arg->getType());
    full += "." + spelled(arg->getType());
  }
  full += "." + spelled(result);
  llvm::Module* module = e.b.GetInsertBlock()->getModule();
  llvm::Function* function = module->getFunction(full);
  if (function == nullptr) {
    function = make_function(e, full, llvm::FunctionType::get(result, types, false));
    llvm::IRBuilder<> inner(llvm::BasicBlock::Create(e.b.getContext(), "", function));
    std::vector<Value*> values;
    for (llvm::Argument& argument : function->args()) values.push_back(&argument);
    inner.CreateRet(fill(inner, values));
  }
  llvm::CallInst* call = e.b.CreateCall(function, args);
  call->setDoesNotThrow();
  return call;
}

namespace {

// Values of llvm.set.rounding: FLT_ROUNDS of C.
constexpr unsigned kFltRounds[] = {1, 0, 3, 2};
constexpr llvm::RoundingMode kModes[] = {
    llvm::RoundingMode::NearestTiesToEven, llvm::RoundingMode::TowardZero,
    llvm::RoundingMode::TowardNegative, llvm::RoundingMode::TowardPositive};
constexpr const char* kNames[] = {"add",  "sub",         "mul",           "div",   "fma",
                                  "sqrt", "from_signed", "from_unsigned", "narrow"};
constexpr intrinsic::ID kConstrained[] = {
    intrinsic::experimental_constrained_fadd,   intrinsic::experimental_constrained_fsub,
    intrinsic::experimental_constrained_fmul,   intrinsic::experimental_constrained_fdiv,
    intrinsic::experimental_constrained_fma,    intrinsic::experimental_constrained_sqrt,
    intrinsic::experimental_constrained_sitofp, intrinsic::experimental_constrained_uitofp,
    intrinsic::experimental_constrained_fptrunc};

Value* plain_operation(Emit& e, Rounded op, llvm::ArrayRef<Value*> args, llvm::Type* result) {
  switch (op) {
    case Rounded::add:
      return e.b.CreateFAdd(args[0], args[1]);
    case Rounded::sub:
      return e.b.CreateFSub(args[0], args[1]);
    case Rounded::mul:
      return e.b.CreateFMul(args[0], args[1]);
    case Rounded::div:
      return e.b.CreateFDiv(args[0], args[1]);
    case Rounded::fma:
      return ternary(e, intrinsic::fma, args[0], args[1], args[2]);
    case Rounded::sqrt:
      return unary(e, intrinsic::sqrt, args[0]);
    case Rounded::from_signed:
      return e.b.CreateSIToFP(args[0], result);
    case Rounded::from_unsigned:
      return e.b.CreateUIToFP(args[0], result);
    case Rounded::narrow:
      return e.b.CreateFPTrunc(args[0], result);
  }
  e.unsupported("a rounded operation");
}

bool is_conversion(Rounded op) {
  return op == Rounded::from_signed || op == Rounded::from_unsigned || op == Rounded::narrow;
}

}  // namespace

Value* round_operation(Emit& e, Rounded op, Rounding mode, llvm::ArrayRef<Value*> args,
                       llvm::Type* result) {
  if (mode == Rounding::nearest) return plain_operation(e, op, args, result);
  const auto which = static_cast<std::size_t>(op);
  const auto how = static_cast<std::size_t>(mode);
  // The processor's rounding mode changes inside a function of its own only: no operation of
  // the code around it can be scheduled into the changed part.
  const std::string name = std::string(kNames[which]) + "." + std::to_string(kFltRounds[how]);
  Value* rounded = call_outlined(
      e, name, args, result, [&](llvm::IRBuilder<>& b, std::span<Value* const> values) {
        b.GetInsertBlock()->getParent()->addFnAttr(llvm::Attribute::StrictFP);
        b.setIsFPConstrained(true);
        const auto set = [&](unsigned flt_rounds) {
          b.CreateIntrinsic(intrinsic::set_rounding, {}, {b.getInt32(flt_rounds)})
              ->addFnAttr(llvm::Attribute::StrictFP);
        };
        std::vector<llvm::Type*> overloads{result};
        if (is_conversion(op)) overloads.push_back(values[0]->getType());
        llvm::Function* operation = intrinsic::getDeclaration(b.GetInsertBlock()->getModule(),
                                                              kConstrained[which], overloads);
        set(kFltRounds[how]);
        Value* value = b.CreateConstrainedFPCall(
            operation, llvm::SmallVector<Value*, 3>(values.begin(), values.end()), "", kModes[how],
            llvm::fp::ebStrict);
        set(kFltRounds[0]);
        return value;
      });
  // Rounding down, the expansion of unsigned conversions for AVX2 gives -0 for 0.
  return op == Rounded::from_unsigned ? unary(e, intrinsic::fabs, rounded) : rounded;
}

namespace {

/// `value` (bits) one step towards zero, with the low bit set, where `inexact`.
Value* make_odd(Emit& e, Value* raw, Value* inexact, Value* away) {
  Value* back = e.b.CreateSub(raw, e.b.CreateZExt(away, raw->getType()));
  return e.b.CreateSelect(inexact, e.b.CreateOr(back, num(raw, 1)), raw);
}

}  // namespace

Value* narrow_to_odd(Emit& e, Value* value) {
  llvm::Type* single = e.b.getFloatTy();
  Value* nearest = e.b.CreateFPTrunc(value, like(value->getType(), single));
  Value* back = e.b.CreateFPExt(nearest, value->getType());
  Value* away =
      e.b.CreateFCmpOGT(unary(e, intrinsic::fabs, back), unary(e, intrinsic::fabs, value));
  Value* inexact = e.b.CreateFCmpONE(back, value);
  return from_bits(e, make_odd(e, to_bits(e, nearest), inexact, away), single);
}

Value* add_to_odd(Emit& e, Value* a, Value* b) {
  // Knuth's TwoSum: sum + error is exactly a + b.
  Value* sum = e.b.CreateFAdd(a, b);
  Value* virtual_b = e.b.CreateFSub(sum, a);
  Value* virtual_a = e.b.CreateFSub(sum, virtual_b);
  Value* error = e.b.CreateFAdd(e.b.CreateFSub(a, virtual_a), e.b.CreateFSub(b, virtual_b));
  Value* zero = real(error, 0.0);
  // Rounded away from zero when the error points back to zero. An infinite or NaN sum has a NaN
  // error, for which both compares are false.
  Value* inexact = e.b.CreateFCmpONE(error, zero);
  Value* raw = to_bits(e, sum);
  Value* signs = e.b.CreateXor(to_bits(e, error), raw);
  Value* away = e.b.CreateAnd(inexact, e.b.CreateICmpSLT(signs, num(signs, 0)));
  return from_bits(e, make_odd(e, raw, inexact, away), sum->getType()->getScalarType());
}

}  // namespace vgpu::jit
