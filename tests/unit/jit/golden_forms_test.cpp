// isa.def against the lowerings and against the golden rows.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "shim/cpu/jit/emit.h"
#include "shim/cpu/ptx/isa.h"
#include "tests/unit/jit/golden_jit.h"

namespace vgpu::golden {

namespace {

using IsaForm = ptx::Form;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::OperandSpec;
using ptx::Type;

constexpr auto kTypes = static_cast<unsigned>(Type::s16x2) + 1;

std::vector<Opcode> lowered_opcodes() {
  std::vector<Opcode> result;
  for (unsigned n = 0; n < static_cast<unsigned>(Opcode::count); ++n) {
    const auto op = static_cast<Opcode>(n);
    if (ptx::lowering_of(op).starts_with("lower_")) result.push_back(op);
  }
  return result;
}

bool is_of(const ptx::Instruction& inst, const IsaForm& form) {
  for (const Mod mod : inst.mods) {
    bool known = false;
    for (const ptx::ModGroup& group : form.groups)
      for (const Mod own : group.mods) known |= own == mod;
    if (!known) return false;
  }
  for (const ptx::ModGroup& group : form.groups) {
    bool used = !group.required;
    for (const Mod own : group.mods) used |= inst.has(own);
    if (!used) return false;
  }
  if (inst.types.size() > form.types.size()) return false;
  for (std::size_t n = 0; n < form.types.size(); ++n) {
    const ptx::TypeSet& set = form.types[n];
    const bool fits = n >= inst.types.size() ? set.optional
                      : set.same             ? inst.types[n] == inst.types[n - 1]
                                             : set.has(inst.types[n]);
    if (!fits) return false;
  }
  return true;
}

/// Every instruction in the data files.
std::vector<ptx::Instruction> golden_instructions() {
  std::vector<ptx::Instruction> result;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_PTX_DIR)) {
    if (entry.path().extension() != ".golden") continue;
    for (const Form& form : read_forms(entry.path())) {
      ptx::Module module = ptx::parse_module(module_of(form));
      ptx::Function& function = *module.find_function("k");
      ptx::parse_body(module, function);
      for (const ptx::Instruction& inst : function.body) result.push_back(inst);
    }
  }
  return result;
}

/// The name of an instruction: opcode, modifiers by number, types.
std::string spelled(const ptx::Instruction& inst) {
  static constexpr const char* kOpcodes[] = {
#define PTX_INSTRUCTION(opcode, ...) #opcode,
#include "shim/cpu/ptx/isa.def"
#undef PTX_INSTRUCTION
  };
  static constexpr const char* kModifiers[] = {
#define PTX_MODIFIER(name, text) text,
#include "shim/cpu/ptx/modifiers.def"
#undef PTX_MODIFIER
  };
  std::string text = kOpcodes[static_cast<std::size_t>(inst.op)];
  for (const Mod mod : inst.mods)
    text += std::string(".") + kModifiers[static_cast<std::size_t>(mod)];
  for (const Type type : inst.types) text += "." + std::string(ptx::name_of(type));
  return text;
}

/// Registers and operands that fit a form and its types.
class Operands {
 public:
  Operands(ptx::Function& function, ptx::Instruction& inst) : function_(function), inst_(inst) {}

  void fill(const IsaForm& form) {
    const bool joins = inst_.has(Mod::and_) || inst_.has(Mod::or_) || inst_.has(Mod::xor_);
    for (const OperandSpec& spec : form.operands)
      if (spec.kind != OperandSpec::Kind::bool_op || joins) inst_.operands.push_back(operand(spec));
  }

 private:
  Operand operand(const OperandSpec& spec) {
    Operand result;
    if (spec.kind == OperandSpec::Kind::integer) {
      result.kind = Operand::Kind::imm_int;
      result.value = 0x12;
      return result;
    }
    const bool condition =
        spec.kind == OperandSpec::Kind::pred_source || spec.kind == OperandSpec::Kind::bool_op;
    const bool predicate = spec.kind == OperandSpec::Kind::pred_dest || condition;
    const bool source = spec.kind == OperandSpec::Kind::source || condition;
    result.kind = Operand::Kind::reg;
    result.value = static_cast<std::int64_t>(function_.regs.size());
    const std::string name = (source ? "%i" : "%o") + std::to_string(source ? ins_++ : outs_++);
    function_.regs.push_back({name, predicate ? Type::pred : type_of(spec)});
    return result;
  }

  Type type_of(const OperandSpec& spec) const {
    if (spec.fixed != Type::none) return spec.fixed;
    const Type type = inst_.types.at(spec.type_index);
    if (type == Type::pred) return type;
    const unsigned size = ptx::size_of(type) * (spec.wide ? 2 : 1);
    if (size <= 2) return Type::b16;
    return size == 4 ? Type::b32 : Type::b64;
  }

  ptx::Function& function_;
  ptx::Instruction& inst_;
  unsigned ins_ = 0;
  unsigned outs_ = 0;
};

/// Calls f with every choice of one modifier of each group and of one type of each position.
template <class F>
void for_each_head(Opcode op, const IsaForm& form, F f) {
  std::vector<std::size_t> sizes;
  for (const ptx::ModGroup& group : form.groups)
    sizes.push_back(group.mods.size() + (group.required ? 0 : 1));
  std::vector<std::vector<Type>> types(form.types.size());
  for (std::size_t n = 0; n < form.types.size(); ++n) {
    for (unsigned type = 0; type < kTypes; ++type)
      if (form.types[n].has(static_cast<Type>(type))) types[n].push_back(static_cast<Type>(type));
    if (form.types[n].same) types[n] = {Type::none};
    sizes.push_back(types[n].size() + (form.types[n].optional ? 1 : 0));
  }
  std::vector<std::size_t> at(sizes.size());
  for (bool more = true; more;) {
    ptx::Instruction inst;
    inst.op = op;
    for (std::size_t n = 0; n < form.groups.size(); ++n)
      if (at[n] < form.groups[n].mods.size()) inst.mods.push_back(form.groups[n].mods[at[n]]);
    for (std::size_t n = 0; n < types.size(); ++n)
      if (at[form.groups.size() + n] < types[n].size())
        inst.types.push_back(form.types[n].same ? inst.types.back()
                                                : types[n][at[form.groups.size() + n]]);
    f(inst);
    more = false;
    for (std::size_t n = 0; n < at.size() && !more; ++n) {
      more = ++at[n] < sizes[n];
      if (!more) at[n] = 0;
    }
  }
}

/// "" if it lowers to sound code, "-" if it is refused by name, else what is wrong.
std::string outcome(const IsaForm& form, ptx::Instruction inst, bool uniform) {
  ptx::Function function;
  Operands(function, inst).fill(form);
  function.body.push_back(inst);
  try {
    return lowering_problem(function, {"", uniform, false, false});
  } catch (const jit::Unsupported&) {
    return "-";
  }
}

}  // namespace

TEST_CASE("golden: every word of every lowered form of isa.def has a golden row") {
  const std::vector<ptx::Instruction> rows = golden_instructions();
  for (const Opcode op : lowered_opcodes())
    for (std::size_t n = 0; n < ptx::forms_of(op).size(); ++n) {
      const IsaForm& form = ptx::forms_of(op)[n];
      std::set<Mod> mods;
      std::vector<std::set<Type>> types(form.types.size());
      for (const ptx::Instruction& inst : rows) {
        if (inst.op != op || !is_of(inst, form)) continue;
        mods.insert(inst.mods.begin(), inst.mods.end());
        for (std::size_t k = 0; k < inst.types.size(); ++k) types[k].insert(inst.types[k]);
      }
      std::set<std::string> missing;
      for_each_head(op, form, [&](const ptx::Instruction& inst) {
        // Which words of this head have no row.
        ptx::Instruction rest;
        rest.op = op;
        for (const Mod mod : inst.mods)
          if (mods.count(mod) == 0) rest.mods.push_back(mod);
        for (std::size_t k = 0; k < inst.types.size(); ++k)
          if (types[k].count(inst.types[k]) == 0) rest.types.push_back(inst.types[k]);
        const bool complete = rest.mods.empty() && rest.types.empty();
        if (!complete && missing.count(spelled(rest)) == 0 && outcome(form, inst, false) != "-")
          missing.insert(spelled(rest));
      });
      for (const std::string& words : missing)
        FAIL_CHECK("form " << n << " without a golden row: " << words);
    }
}

TEST_CASE("golden: what isa.def lets through lowers to sound code or is refused by name") {
  for (const Opcode op : lowered_opcodes())
    for (const IsaForm& form : ptx::forms_of(op))
      for_each_head(op, form, [&](const ptx::Instruction& inst) {
        for (const bool uniform : {false, true}) {
          const std::string problem = outcome(form, inst, uniform);
          if (!problem.empty() && problem != "-") FAIL_CHECK(spelled(inst) << ": " << problem);
        }
      });
}

}  // namespace vgpu::golden
