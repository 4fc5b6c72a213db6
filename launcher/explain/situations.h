#pragma once

#include <optional>

#include "launcher/explain/checks.h"

/// The predicates of the table in checks.cpp, a file of them for each stage of using a GPU.
namespace vgpu::explain {

using Found = std::optional<Finding>;

// library_situations.cpp: from looking for the library to its being loaded
Found wrong_architecture(const Facts& facts, const Program& program);
Found musl_program(const Facts& facts, const Program& program);
Found dependency_missing(const Facts& facts, const Program& program);
Found symbol_version(const Facts& facts, const Program& program);
Found found_not_loaded(const Facts& facts, const Program& program);

// absence_situations.cpp: the library is not there
Found container_without_runtime(const Facts& facts, const Program& program);
Found lost_environment(const Facts& facts, const Program& program);
Found looked_too_early(const Facts& facts, const Program& program);
Found library_not_found(const Facts& facts, const Program& program);

// driver_situations.cpp: the driver and the machine
Found stub_library(const Facts& facts, const Program& program);
Found version_mismatch(const Facts& facts, const Program& program);
Found driver_too_old(const Facts& facts, const Program& program);
Found module_not_loaded(const Facts& facts, const Program& program);
Found uvm_missing(const Facts& facts, const Program& program);
Found node_permission(const Facts& facts, const Program& program);
Found devices_hidden(const Facts& facts, const Program& program);
Found no_device(const Facts& facts, const Program& program);
Found init_failed(const Facts& facts, const Program& program);
Found context_failed(const Facts& facts, const Program& program);

// kernel_situations.cpp: images, memory, launches
Found machine_code_only(const Facts& facts, const Program& program);
Found capability_too_low(const Facts& facts, const Program& program);
Found image_refused(const Facts& facts, const Program& program);
Found kernel_not_compiled(const Facts& facts, const Program& program);
Found kernel_failed(const Facts& facts, const Program& program);
Found out_of_memory(const Facts& facts, const Program& program);
Found unsupported_call(const Facts& facts, const Program& program);
Found gpu_used(const Facts& facts, const Program& program);
Found only_watched(const Facts& facts, const Program& program);
Found seen_not_used(const Facts& facts, const Program& program);

// process_situations.cpp: ends, and programs that give up by themselves
Found killed_while_starting(const Facts& facts, const Program& program);
Found crashed_while_starting(const Facts& facts, const Program& program);
Found prerequisite_failed(const Facts& facts, const Program& program);
Found never_called(const Facts& facts, const Program& program);
Found calls_unseen(const Facts& facts, const Program& program);

// run_situations.cpp: no program has looked for the library
Found switched_off(const Facts& facts, const Program& program);
Found smi_missing(const Facts& facts, const Program& program);
Found backend_missing(const Facts& facts, const Program& program);
Found program_not_run(const Facts& facts, const Program& program);
Found static_program(const Facts& facts, const Program& program);
Found trace_blind(const Facts& facts, const Program& program);
Found no_probe(const Facts& facts, const Program& program);

/// "NAME=value" as the program has it; nullptr: not set, or not known.
const Variable* find_variable(const Program& program, std::string_view name) noexcept;
/// Who set it, for people: "set by sh -c ... (pid 12)", "in the environment of vgpu-run".
std::string who_set(const Variable& variable);
/// "server --port 1 (pid 12)".
std::string name_of(const Program& program);
/// No call of the driver API was seen, and its calls can be seen.
bool has_no_calls(const Program& program) noexcept;

}  // namespace vgpu::explain
