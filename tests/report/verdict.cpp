#include "tests/report/verdict.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>

#include "shim/cpu/jit/flatten.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::report {

namespace {

/// What one function says, without those that it calls.
struct Own {
  std::string problem;
  std::set<std::string> forms;
  std::set<std::string> calls;
};

Own own_of(const ptx::Module& module, ptx::Function& function, Probe& probe) {
  Own own;
  try {
    ptx::parse_body(module, function);
  } catch (const ptx::Error& error) {
    own.problem = error.what();
    return own;
  }
  for (const ptx::Instruction& inst : function.body) {
    if (inst.op == ptx::Opcode::call_)
      for (const ptx::Operand& operand : inst.operands)
        if (operand.kind == ptx::Operand::Kind::symbol) own.calls.insert(operand.name);
    const std::string& problem = probe.problem(function, inst);
    if (problem.empty()) continue;
    const std::string form = form_of(inst);
    // The probe names the line where it met the form first, which is in another function.
    if (own.problem.empty())
      own.problem = "line " + std::to_string(inst.at.line) + ": " + form +
                    problem.substr(std::min(problem.rfind(": "), problem.size()));
    own.forms.insert(form);
  }
  // The bodies of a large module do not all fit into memory at once.
  function.body = {};
  function.regs = {};
  return own;
}

/// Adds to `verdict` what the functions say that `name` reaches.
void add_reached(const std::map<std::string, Own>& all, const std::string& name, Verdict& verdict) {
  std::vector<std::string> left{name};
  std::set<std::string> seen{name};
  std::set<std::string> forms;
  while (!left.empty()) {
    const std::string here = left.back();
    left.pop_back();
    const auto found = all.find(here);
    if (found == all.end()) {
      const bool known = jit::is_runtime_function(here) || here.find("prototype") == 0;
      if (!known && verdict.problem.empty()) verdict.problem = "'" + here + "' is not defined";
      continue;
    }
    if (verdict.problem.empty()) verdict.problem = found->second.problem;
    forms.insert(found->second.forms.begin(), found->second.forms.end());
    for (const std::string& call : found->second.calls)
      if (seen.insert(call).second) left.push_back(call);
  }
  verdict.forms.assign(forms.begin(), forms.end());
}

jit::VariableMemory host_memory() {
  return {[](std::size_t bytes, std::size_t align, bool) {
            align = std::max(align, sizeof(void*));
            return std::aligned_alloc(align, (bytes + align - 1) / align * align);
          },
          [](void* at) { std::free(at); }};
}

Verdict compiled(jit::Kernel& kernel, std::string name, Depth depth) {
  Verdict verdict;
  verdict.kernel = std::move(name);
  const auto start = std::chrono::steady_clock::now();
  try {
    constexpr jit::Dim3 kBlock{256, 1, 1};
    depth == Depth::fully ? jit::prepare(kernel, kBlock) : jit::check(kernel, kBlock);
  } catch (const std::exception& error) {
    verdict.problem = error.what();
  }
  verdict.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return verdict;
}

}  // namespace

ModuleVerdict check_text(std::string text, Probe& probe) {
  ModuleVerdict result;
  try {
    ptx::Module module = ptx::parse_module(std::move(text));
    result.target = module.target;
    std::map<std::string, Own> all;
    for (ptx::Function& function : module.functions)
      if (!function.body_text.empty()) all.emplace(function.name, own_of(module, function, probe));
    for (const ptx::Function& function : module.functions) {
      if (!function.entry || function.body_text.empty()) continue;
      Verdict& verdict = result.kernels.emplace_back();
      verdict.kernel = function.name;
      add_reached(all, function.name, verdict);
    }
  } catch (const ptx::Error& error) {
    result.problem = error.what();
  }
  return result;
}

ModuleVerdict compile_text(std::string text, Depth depth,
                           const std::function<bool(const std::string& kernel)>& wanted) {
  ModuleVerdict result;
  try {
    std::vector<ptx::Module> modules;
    modules.push_back(ptx::parse_module(std::move(text)));
    result.target = modules.front().target;
    std::vector<std::string> names;
    for (const ptx::Function& function : modules.front().functions)
      if (function.entry && !function.body_text.empty() && wanted(function.name))
        names.push_back(function.name);
    if (names.empty()) return result;
    const auto program = jit::Program::link(std::move(modules), host_memory());
    for (std::string& name : names)
      if (jit::Kernel* const kernel = program->find_kernel(name))
        result.kernels.push_back(compiled(*kernel, std::move(name), depth));
  } catch (const std::exception& error) {
    result.problem = error.what();
  }
  return result;
}

}  // namespace vgpu::report
