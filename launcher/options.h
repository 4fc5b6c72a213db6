#pragma once

#include <string>
#include <vector>

#include "launcher/option_sources.h"
#include "launcher/plan.h"
#include "launcher/trace/request.h"

namespace vgpu::launcher {

/// What the user asked for, from all sources together.
struct Options {
  std::vector<std::string> gpus;  ///< as written after --gpu; empty: the default GPU
  std::string device = "cpu";
  EngineChoice engine = EngineChoice::automatic;
  TraceRequest trace;
  bool unsupported = false;
  bool list_gpus = false;
  bool dry_run = false;
  bool quiet = false;
  bool verbose = false;
  bool version = false;
  bool help = false;
  std::vector<char*> program;  ///< null-terminated; empty if no program was named
};

/// Reads options: `arguments` are those of main, null-terminated, without the program's own name.
/// The command line wins over the environment, that over --config FILE, the user's file, the
/// system's file. Errors: std::runtime_error in the user's language.
Options read_options(char** arguments, const OptionSources& sources);

}  // namespace vgpu::launcher
