// vgpu-run: starts a program, and gives it and all that it starts a virtual NVIDIA GPU.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "launcher/exit_status.h"
#include "launcher/help.h"
#include "launcher/options.h"
#include "launcher/plan.h"
#include "launcher/profile.h"
#include "launcher/run.h"
#include "launcher/trace/show.h"

namespace {

using namespace vgpu::launcher;

int say(const std::string& text) {
  fmt::print("{}", text);
  return std::fflush(stdout) == 0 ? 0 : kOwnFailure;
}

int start(char** arguments, OwnOutput& own) {
  if (is_show(arguments)) return show_trace(arguments + 2);
  const Signals signals;
  const Options options = read_options(arguments, real_sources());
  if (options.help) return say(help_text());
  if (options.version) return say("vgpu-run " VGPU_VERSION "\n");
  if (options.list_gpus) return say(list_profiles());

  const Plan plan = make_plan(options);
  if (options.dry_run) return say(print_plan(plan));
  if (plan.program.empty()) throw std::runtime_error("no program to run (--help tells more)");
  if (options.verbose && !options.quiet)
    for (const std::string& line : describe_gpus(plan.config)) own.line(line);
  if (is_inside_another()) {
    if (!options.quiet) own.line("inside another vgpu-run: the program gets the GPUs of that one");
    return become_program(plan, signals, own);
  }
  return run(plan, signals, own);
}

}  // namespace

int main(int, char** argv) {
  fill_standard_descriptors();
  OwnOutput own;
  try {
    return start(*argv == nullptr ? argv : argv + 1, own);
  } catch (const std::exception& error) {
    own.line(error.what());
    return kOwnFailure;
  }
}
