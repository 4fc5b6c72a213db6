#include "tests/report/probe.h"

#include <llvm/IR/LLVMContext.h>

#include "shim/cpu/jit/engine.h"
#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::report {

using ptx::Opcode;
using ptx::Operand;

namespace {

/// What the flattener, not the generator, deals with.
bool is_flow(const ptx::Instruction& inst) {
  switch (inst.op) {
    case Opcode::bra_:
    case Opcode::brx_:
    case Opcode::call_:
    case Opcode::ret_:
    case Opcode::exit_:
    case Opcode::trap_:
    case Opcode::stacksave_:
    case Opcode::stackrestore_:
    case Opcode::alloca_:
      return true;
    default:
      return false;
  }
}

void append(std::string& key, const ptx::Function& function, const Operand& operand) {
  key += static_cast<char>('a' + static_cast<int>(operand.kind));
  if (operand.kind == Operand::Kind::reg)
    key += static_cast<char>(
        '0' + static_cast<int>(function.regs[static_cast<std::size_t>(operand.value)].type));
  if (operand.kind == Operand::Kind::memory && operand.base_is_reg) key += 'r';
  // Constants decide only where they are small: the table of lop3, the id of a barrier.
  if (operand.kind == Operand::Kind::special) key += std::to_string(operand.value);
  for (const Operand& element : operand.elements) append(key, function, element);
}

std::string key_of(const ptx::Function& function, const ptx::Instruction& inst) {
  std::string key;
  key.reserve(32);
  const auto number = [&](unsigned value) {
    key += static_cast<char>(value & 0xff);
    key += static_cast<char>(value >> 8);
  };
  number(static_cast<unsigned>(inst.op));
  key += static_cast<char>(inst.space);
  key += static_cast<char>(inst.source_space);
  for (const ptx::Mod mod : inst.mods) number(static_cast<unsigned>(mod));
  key += '/';
  for (const ptx::Type type : inst.types) key += static_cast<char>(type);
  key += inst.guard >= 0 ? '@' : ' ';
  for (const Operand& operand : inst.operands) append(key, function, operand);
  return key;
}

/// `operand` with its registers moved to `code`, and its names to addresses.
void move_in(jit::Code& code, const ptx::Function& function, Operand& operand) {
  const auto moved = [&](std::int64_t reg) {
    code.regs.push_back(function.regs[static_cast<std::size_t>(reg)]);
    return static_cast<std::int64_t>(code.regs.size() - 1);
  };
  if (operand.kind == Operand::Kind::reg) operand.value = moved(operand.value);
  if (operand.kind == Operand::Kind::symbol) {
    operand.kind = Operand::Kind::imm_int;
    operand.value = 0;
  }
  if (operand.kind == Operand::Kind::memory) {
    operand.name.clear();
    operand.value = operand.base_is_reg ? moved(operand.value) : 0;
  }
  for (Operand& element : operand.elements) move_in(code, function, element);
}

/// A kernel of `inst` alone; every register of it differs from lane to lane.
void generate(const ptx::Function& function, const ptx::Instruction& inst) {
  jit::Code code;
  code.name = "probe";
  code.function = &function;
  code.local_bytes = 16;
  code.has_barrier = jit::is_barrier(inst);
  ptx::Instruction copy = inst;
  if (copy.guard >= 0) {
    code.regs.push_back(function.regs[static_cast<std::size_t>(copy.guard)]);
    copy.guard = 0;
  }
  for (Operand& operand : copy.operands) move_in(code, function, operand);
  code.insts.push_back(std::move(copy));
  code.insts.emplace_back().op = Opcode::ret_;
  jit::build_blocks(code);
  jit::build_webs(code);
  jit::Analysis analysis = jit::analyse(code, jit::BlockClass{});
  for (jit::Shape& shape : analysis.webs) shape = jit::Shape::varying();
  llvm::LLVMContext context;
  const auto module = jit::Engine::instance().make_module(context);
  const jit::Form form = code.has_barrier ? jit::Form::resumable : jit::Form::flat;
  llvm::Function* const into = llvm::Function::Create(
      jit::Generator::type_of(context, form), llvm::Function::ExternalLinkage, "probe", *module);
  jit::Generator(*module, code, analysis, form, {}).run(*into);
}

}  // namespace

std::string form_of(const ptx::Instruction& instruction) {
  constexpr const char* kModifiers[] = {
#define PTX_MODIFIER(name, text) text,
#include "shim/cpu/ptx/modifiers.def"
#undef PTX_MODIFIER
  };
  constexpr const char* kSpaces[] = {"",       ".reg",   ".const", ".global",
                                     ".local", ".param", ".shared"};
  std::string text(ptx::name_of(instruction.op));
  for (const ptx::Space space : {instruction.space, instruction.source_space})
    text += kSpaces[static_cast<std::size_t>(space)];
  for (const ptx::Mod mod : instruction.mods)
    text += std::string(".") + kModifiers[static_cast<std::size_t>(mod)];
  for (const ptx::Type type : instruction.types) text += "." + std::string(ptx::name_of(type));
  return text;
}

const std::string& Probe::problem(const ptx::Function& function,
                                  const ptx::Instruction& instruction) {
  static const std::string none;
  if (is_flow(instruction)) return none;
  std::string key = key_of(function, instruction);
  {
    const std::lock_guard lock(mutex_);
    const auto found = problems_.find(key);
    if (found != problems_.end()) return found->second;
  }
  std::string problem;
  try {
    generate(function, instruction);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock(mutex_);
  return problems_.try_emplace(std::move(key), std::move(problem)).first->second;
}

std::size_t Probe::forms() const {
  const std::lock_guard lock(mutex_);
  return problems_.size();
}

}  // namespace vgpu::report
