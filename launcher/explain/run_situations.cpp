#include <fmt/format.h>

#include <algorithm>

#include "launcher/explain/situations.h"

namespace vgpu::explain {
namespace {

struct SwitchRow {
  std::string_view variable;
  std::string_view value;  ///< as the variable begins, in lower case; "" is only the empty value
};

/// What tells programs not to use a GPU.
constexpr SwitchRow kSwitches[] = {
    {"CUDA_VISIBLE_DEVICES", ""},       {"CUDA_VISIBLE_DEVICES", "-1"},
    {"CUDA_VISIBLE_DEVICES", "none"},   {"CUDA_VISIBLE_DEVICES", "nodevfiles"},
    {"NVIDIA_VISIBLE_DEVICES", "none"}, {"NVIDIA_VISIBLE_DEVICES", "void"},
    {"OLLAMA_LLM_LIBRARY", "cpu"},      {"OMP_TARGET_OFFLOAD", "disabled"},
    {"NODE_LLAMA_CPP_GPU", "false"},    {"NODE_LLAMA_CPP_GPU", "none"},
    {"JAX_PLATFORMS", "cpu"},           {"JAX_PLATFORM_NAME", "cpu"},
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return text;
}

bool switches_off(const std::string& name, const Variable& variable) {
  return variable.set && std::ranges::any_of(kSwitches, [&](const SwitchRow& row) {
           return row.variable == name &&
                  (row.value.empty() ? variable.value.empty()
                                     : lower(variable.value).starts_with(row.value));
         });
}

/// Calls `take` until it has found something in one of the programs.
template <class Take>
Found first_of(const Facts& facts, const Take& take) {
  for (const Program* program : facts.programs())
    if (Found found = take(*program)) {
      found->program = program;
      return found;
    }
  return std::nullopt;
}

}  // namespace

Found switched_off(const Facts& facts, const Program&) {
  return first_of(facts, [](const Program& program) -> Found {
    if (program.environment == nullptr) return std::nullopt;
    for (const auto& [name, variable] : *program.environment) {
      if (!switches_off(name, variable)) continue;
      const std::string setting = fmt::format("{}=\"{}\"", name, variable.value);
      Finding finding{fmt::format("{} tells it not to use a GPU; {}", setting, who_set(variable)),
                      setting,
                      Step::look,
                      {},
                      nullptr};
      return finding.show(variable.at, setting + " " + who_set(variable));
    }
    return std::nullopt;
  });
}

Found smi_missing(const Facts& facts, const Program&) {
  return first_of(facts, [](const Program& program) -> Found {
    const auto smi = program.libraries.find("nvidia-smi");
    if (smi == program.libraries.end() || smi->second.found || smi->second.failures == 0)
      return std::nullopt;
    const Attempt& first = smi->second.attempts.front();
    Finding finding{"it wanted to run nvidia-smi, which is not there",
                    "nvidia-smi: " + first.error,
                    Step::look,
                    {},
                    nullptr};
    for (const Attempt& attempt : smi->second.attempts)
      finding.show(attempt.at, fmt::format("{}: {}", attempt.path, attempt.error));
    return finding;
  });
}

Found backend_missing(const Facts& facts, const Program&) {
  return first_of(facts, [](const Program& program) -> Found {
    for (const auto& [name, library] : program.libraries) {
      if (library.role != Role::backend || library.found || library.failures == 0) continue;
      Finding finding{
          fmt::format("it looked for {} in {} places and found it in none", name, library.failures),
          library.attempts.front().path,
          Step::look,
          {},
          nullptr};
      for (const Attempt& attempt : library.attempts)
        finding.show(attempt.at, fmt::format("{}: {}", attempt.path, attempt.error));
      return finding;
    }
    return std::nullopt;
  });
}

Found program_not_run(const Facts& facts, const Program&) {
  return first_of(facts, [](const Program& program) -> Found {
    for (const Failure& failure : program.failures)
      if (failure.kind == Failure::Kind::exec && program.end &&
          program.end->status.value_or(1) != 0) {
        Finding finding{
            fmt::format("{} could not start {}: {}", name_of(program), failure.what, failure.error),
            failure.what + ": " + failure.error,
            Step::look,
            {},
            nullptr};
        return finding.show(failure.at, fmt::format("exec of {}: {}", failure.what, failure.error));
      }
    return std::nullopt;
  });
}

Found static_program(const Facts& facts, const Program&) {
  // A shell that starts static programs looks for nothing either, and is not the reason.
  return first_of(facts, [](const Program& program) -> Found {
    if (!program.knows_exec || !program.is_static) return std::nullopt;
    Finding finding{"it is statically linked and looked for no GPU library",
                    program.path,
                    Step::look,
                    {},
                    nullptr};
    return finding.show(program.began, fmt::format("exec of {}: no interpreter", program.path));
  });
}

Found trace_blind(const Facts& facts, const Program&) {
  Finding finding{"the trace could not see everything", "", Step::look, {}, nullptr};
  for (const std::string& why : facts.blind()) finding.show({}, why);
  for (const Program* program : facts.programs())
    for (const std::string& why : program->blind)
      finding.show(program->began, fmt::format("{}: {}", name_of(*program), why));
  if (facts.lost() > 0) finding.show({}, fmt::format("{} events were lost", facts.lost()));
  if (!facts.run().known) finding.show({}, "the trace has no beginning");
  if (finding.evidence.empty()) return std::nullopt;
  finding.what += ": " + finding.evidence.front().text;
  return finding;
}

Found no_probe(const Facts& facts, const Program&) {
  Finding finding{fmt::format("{} processes, and none looked for libcuda.so, libnvidia-ml.so, "
                              "/dev/nvidia* or nvidia-smi",
                              facts.processes()),
                  "",
                  Step::look,
                  {},
                  nullptr};
  std::size_t shown = 0;
  for (const Program* program : facts.programs())
    if (program->knows_exec && shown++ < 4)
      finding.show(program->began, "ran " + name_of(*program));
  return finding;
}

}  // namespace vgpu::explain
