#include "launcher/option_table.h"

#include <algorithm>

namespace vgpu::launcher {
namespace {

// clang-format off
constexpr OptionRow kRows[] = {
    {"gpu", 0, Takes::values, "NAME[:key=value,...]", Where::everywhere,
     "a virtual GPU of this profile; repeat for several (keys: memory=8GiB, cc=6.1, name=\"...\", "
     "uuid=GPU-..., pci=0000:01:00.0); none: nothing is virtual, the programs are only watched"},
    {"list-gpus", 0, Takes::nothing, "", Where::command_line, "list the profiles and stop"},
    {"device", 0, Takes::value, "cpu|native|URL", Where::everywhere, "what computes; default cpu"},
    {"trace", 0, Takes::optional, "FILE", Where::everywhere,
     "trace what the programs do; FILE defaults to standard error"},
    {"trace-format", 0, Takes::value, "text|jsonl|perfetto|html", Where::everywhere,
     "how the trace is written; default text"},
    {"trace-filter", 0, Takes::value, "nvidia|files|exec|cuda|all|failed", Where::everywhere,
     "what is traced, several with commas between them; failed: of that, what failed; default nvidia"},
    {"trace-summary", 0, Takes::nothing, "", Where::everywhere,
     "count calls, errors and times instead, and print a table at the end"},
    {"trace-per-process", 0, Takes::nothing, "", Where::everywhere,
     "write the trace of each process to FILE.PID"},
    {"explain", 0, Takes::nothing, "", Where::everywhere,
     "say why the GPU is used or not, when all programs have ended or on SIGUSR1"},
    {"unsupported", 0, Takes::nothing, "", Where::everywhere,
     "at the end of each process: which CUDA functions it asked for that are not implemented"},
    {"engine", 0, Takes::value, "auto|notify|ptrace", Where::everywhere,
     "how programs are supervised; default auto"},
    {"dry-run", 0, Takes::nothing, "", Where::command_line,
     "print the plan (device, GPUs, rules, virtual files) and stop"},
    {"config", 0, Takes::value, "FILE", Where::not_in_files, "the same options in a file"},
    {"quiet", 'q', Takes::nothing, "", Where::everywhere, "print no messages but errors"},
    {"verbose", 'v', Takes::nothing, "", Where::everywhere, "say what is being done"},
    {"version", 0, Takes::nothing, "", Where::command_line, "print the version and stop"},
    {"help", 'h', Takes::nothing, "", Where::command_line, "print this help and stop"},
};
// clang-format on

template <typename Member, typename Value>
const OptionRow* find_by(Member member, const Value& value) noexcept {
  const auto row = std::ranges::find(kRows, value, member);
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

std::span<const OptionRow> option_rows() noexcept { return kRows; }

const OptionRow* find_option(std::string_view name) noexcept {
  return find_by(&OptionRow::name, name);
}

const OptionRow* find_option(char letter) noexcept {
  return letter == 0 ? nullptr : find_by(&OptionRow::letter, letter);
}

}  // namespace vgpu::launcher
