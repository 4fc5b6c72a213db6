#include "tests/unit/jit/golden_jit.h"

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <xmmintrin.h>

#include <cstdlib>
#include <map>
#include <stdexcept>

#include "shim/cpu/jit/finish.h"
#include "shim/cpu/jit/lower_common.h"

namespace vgpu::golden {

using jit::Emit;
using jit::kWarpSize;
using llvm::Value;
using ptx::Operand;
using ptx::Type;

namespace {

/// The state that lasts from instruction to instruction.
struct State {
  const ptx::Function& function;
  bool uniform;
  bool by_mode;
  jit::HostFeatures features;
  std::vector<Value*> regs;  ///< integers of the register's size
  Value* carry = nullptr;
};

class TestEmit : public Emit {
 public:
  TestEmit(llvm::IRBuilder<>& builder, const ptx::Instruction& inst, State& state)
      : Emit(builder, inst), state_(state) {}

  bool uniform() const override { return state_.uniform; }
  llvm::Type* type(Type type) override { return jit::at_width(*this, scalar(type)); }
  Value* src(unsigned index, Type type) override { return src(i.operands.at(index), type); }
  void dst(unsigned index, Value* value, Type type) override {
    dst(i.operands.at(index), value, type);
  }
  Value* active() override {
    return llvm::ConstantInt::getTrue(llvm::FixedVectorType::get(b.getInt1Ty(), kWarpSize));
  }
  Value* splat(Value* value) override {
    return value->getType()->isVectorTy() ? value : b.CreateVectorSplat(kWarpSize, value);
  }
  bool flushes_by_mode() const override { return state_.by_mode; }
  const jit::HostFeatures& features() const override { return state_.features; }
  Value* carry() override { return state_.carry; }
  void set_carry(Value* value) override { state_.carry = value; }

  Value* src(const Operand& operand, Type type) override {
    llvm::Type* to = this->type(type);
    if (operand.kind == Operand::Kind::reg) {
      Value* raw = state_.regs.at(static_cast<std::size_t>(operand.value));
      if (type == Type::pred) return operand.negated ? b.CreateNot(raw) : raw;
      raw = b.CreateZExtOrTrunc(raw, jit::int_like(raw, jit::bits_of(type)));
      return b.CreateBitCast(raw, to);
    }
    const auto bits = static_cast<std::uint64_t>(operand.value);
    if (operand.kind == Operand::Kind::imm_f64 && type == Type::f32) {
      const auto number = static_cast<float>(std::bit_cast<double>(bits));
      return llvm::ConstantFP::get(to, number);
    }
    if (to->getScalarType()->isIntegerTy()) return jit::num(to, bits);
    return b.CreateBitCast(jit::num(jit::at_width(*this, b.getIntNTy(jit::bits_of(type))), bits),
                           to);
  }

  void dst(const Operand& operand, Value* value, Type type) override {
    if (operand.kind == Operand::Kind::sink) return;
    if (value->getType() != this->type(type)) unsupported("a value of another type");
    const auto index = static_cast<std::size_t>(operand.value);
    const unsigned bits = jit::bits_of(state_.function.regs.at(index).type);
    Value* raw = b.CreateBitCast(value, jit::int_like(value, jit::bits_of(type)));
    llvm::Type* wide = jit::int_like(raw, bits);
    state_.regs.at(index) =
        jit::is_signed(type) ? b.CreateSExtOrTrunc(raw, wide) : b.CreateZExtOrTrunc(raw, wide);
  }

 private:
  llvm::Type* scalar(Type type) {
    switch (type) {
      case Type::f16:
        return b.getHalfTy();
      case Type::bf16:
        return b.getBFloatTy();
      case Type::f32:
        return b.getFloatTy();
      case Type::f64:
        return b.getDoubleTy();
      default:
        return b.getIntNTy(jit::bits_of(type));
    }
  }

  State& state_;
};

/// void form(const u64* in, u64* out): values of input n are at in[32 * n] and following.
class Builder {
 public:
  Builder(llvm::Module& module, const Variant& variant)
      : module_(module), variant_(variant), b_(module.getContext()) {
    if (!variant.portable) features_ = jit::host_features();
  }

  void add(const Form& form, const std::string& name) {
    ptx::Module ptx = ptx::parse_module(module_of(form));
    ptx::Function& function = *ptx.find_function("k");
    ptx::parse_body(ptx, function);
    add(function, name);
  }

  void add(const ptx::Function& function, const std::string& name) {
    llvm::Type* pointer = b_.getPtrTy();
    auto* llvm_function =
        llvm::Function::Create(llvm::FunctionType::get(b_.getVoidTy(), {pointer, pointer}, false),
                               llvm::Function::ExternalLinkage, name, module_);
    if (variant_.by_mode)
      llvm_function->addFnAttr("denormal-fp-math", "preserve-sign,preserve-sign");
    b_.SetInsertPoint(llvm::BasicBlock::Create(b_.getContext(), "", llvm_function));
    State state{function,
                variant_.uniform,
                variant_.by_mode,
                features_,
                {},
                llvm::Constant::getNullValue(shaped(1))};
    state.regs.resize(function.regs.size());
    for (std::size_t n = 0; n < function.regs.size(); ++n)
      state.regs[n] = initial(function.regs[n], llvm_function->getArg(0));
    for (const ptx::Instruction& inst : function.body) {
      if (inst.op == ptx::Opcode::ret_) continue;
      TestEmit emit(b_, inst, state);
      const jit::Lowering lowering = jit::find_lowering(inst.op);
      if (lowering == nullptr) emit.unsupported("no lowering");
      lowering(emit);
    }
    for (std::size_t n = 0; n < function.regs.size(); ++n)
      if (function.regs[n].name[1] == 'o')
        b_.CreateStore(b_.CreateZExt(state.regs[n], shaped(64)),
                       slot(llvm_function->getArg(1), function.regs[n].name));
    b_.CreateRetVoid();
  }

 private:
  llvm::Type* shaped(unsigned bits) {
    llvm::Type* type = b_.getIntNTy(bits);
    return variant_.uniform ? type : llvm::FixedVectorType::get(type, kWarpSize);
  }
  Value* slot(Value* base, const std::string& name) {
    const std::uint64_t n = std::stoull(name.substr(2));
    return b_.CreateConstGEP1_64(b_.getInt64Ty(), base, n * kWarpSize);
  }
  Value* initial(const ptx::Register& reg, Value* inputs) {
    llvm::Type* type = shaped(jit::bits_of(reg.type));
    if (reg.name[1] != 'i') return llvm::Constant::getNullValue(type);
    return b_.CreateTrunc(b_.CreateLoad(shaped(64), slot(inputs, reg.name)), type);
  }

  llvm::Module& module_;
  const Variant& variant_;
  jit::HostFeatures features_;
  llvm::IRBuilder<> b_;
};

void check(llvm::Error error) {
  if (error) throw std::runtime_error(llvm::toString(std::move(error)));
}

template <class T>
T value_of(llvm::Expected<T> expected) {
  if (!expected) throw std::runtime_error(llvm::toString(expected.takeError()));
  return std::move(*expected);
}

/// The passes of the first tier, so that what they make of the code is tested too.
void optimise(llvm::Module& module) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager groups;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(groups);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, groups, modules);
  llvm::ModulePassManager passes;
  check(builder.parsePassPipeline(passes, "function(early-cse,instcombine<no-verify-fixpoint>)"));
  passes.run(module, modules);
  for (llvm::Function& function : module) jit::finish_dots(function);
}

}  // namespace

namespace {

/// The processor's mode for subnormals, for as long as it lives.
class Mode {
 public:
  explicit Mode(bool flush) : before_(_mm_getcsr()) {
    if (flush) _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
  }
  ~Mode() { _mm_setcsr(before_); }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;

 private:
  static constexpr unsigned kFlushToZero = 0x8000;
  static constexpr unsigned kDenormalsAreZero = 0x0040;
  unsigned before_;
};

}  // namespace

struct Compiled::Jit {
  std::unique_ptr<llvm::orc::LLJIT> lljit;
  Variant variant;
  using Code = void (*)(const std::uint64_t*, std::uint64_t*);
  std::vector<Code> codes;
};

Compiled::Compiled(const std::vector<Form>& forms, const Variant& variant)
    : jit_(std::make_unique<Jit>()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto machine = value_of(llvm::orc::JITTargetMachineBuilder::detectHost());
  machine.setCodeGenOptLevel(llvm::CodeGenOptLevel::Less);
  jit_->variant = variant;
  jit_->lljit = value_of(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(machine).create());
  auto context = std::make_unique<llvm::LLVMContext>();
  auto module = std::make_unique<llvm::Module>("golden", *context);
  module->setDataLayout(jit_->lljit->getDataLayout());
  Builder builder(*module, variant);
  for (std::size_t n = 0; n < forms.size(); ++n) builder.add(forms[n], "form" + std::to_string(n));
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(*module, &stream)) throw std::runtime_error(problem);
  optimise(*module);
  if (std::getenv("GOLDEN_DUMP") != nullptr) module->print(llvm::errs(), nullptr);
  check(
      jit_->lljit->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))));
  for (std::size_t n = 0; n < forms.size(); ++n)
    jit_->codes.push_back(
        value_of(jit_->lljit->lookup("form" + std::to_string(n))).toPtr<Jit::Code>());
}

Compiled::~Compiled() = default;

std::string lowering_problem(const ptx::Function& function, const Variant& variant) {
  llvm::LLVMContext context;
  llvm::Module module("golden", context);
  Builder(module, variant).add(function, "form");
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  return llvm::verifyModule(module, &stream) ? problem : "";
}

void Compiled::run(std::size_t form, std::vector<Row>& rows) const {
  alignas(64) std::array<std::uint64_t, kMaxValues * kRows> in{};
  alignas(64) std::array<std::uint64_t, kMaxValues * kRows> out{};
  const Mode mode(jit_->variant.by_mode);
  // A scalar takes every row for itself, a vector a warp of them.
  const std::size_t step = jit_->variant.uniform ? 1 : kRows;
  for (std::size_t first = 0; first + step <= rows.size(); first += step) {
    for (std::size_t row = 0; row < step; ++row)
      for (std::size_t n = 0; n < kMaxValues; ++n) in[n * kRows + row] = rows[first + row].in[n];
    jit_->codes[form](in.data(), out.data());
    for (std::size_t row = 0; row < step; ++row)
      for (std::size_t n = 0; n < kMaxValues; ++n) rows[first + row].out[n] = out[n * kRows + row];
  }
}

}  // namespace vgpu::golden
