#pragma once

#include <string>
#include <vector>

#include "launcher/trace/request.h"
#include "shim/abi/profile.h"
#include "tracer/policy/rule.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::launcher {

struct Options;

/// How guests are to be stopped; automatic: by notification if the kernel gives us a listener, else
/// by ptrace.
enum class EngineChoice { automatic, notify, ptrace };

/// All that is going to happen, decided before anything does.
struct Plan {
  std::vector<char*> program;  ///< null-terminated, as execvp wants it; borrowed from main's argv
  DeviceConfig config;
  EngineChoice engine = EngineChoice::automatic;
  bool verbose = false;
  TraceRequest trace;
  std::string product;  ///< name and version of this program
  std::vector<tracer::Rule> rules;
  std::vector<tracer::VirtualFile> files;
};

/// Makes the plan from what the user asked for and what the machine has.
/// Errors: std::runtime_error in the user's language.
Plan make_plan(const Options& options);

/// Returns a line for each GPU.
std::vector<std::string> describe_gpus(const DeviceConfig& config);

/// Returns the plan as --dry-run prints it.
std::string print_plan(const Plan& plan);

}  // namespace vgpu::launcher
