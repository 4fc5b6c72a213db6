#include "launcher/plan.h"

#include <fmt/format.h>

#include "launcher/cpu_device.h"
#include "launcher/gpu_argument.h"
#include "launcher/options.h"
#include "launcher/size.h"
#include "launcher/view/view.h"

namespace vgpu::launcher {
namespace {

std::string_view name_of(tracer::NodeKind kind) {
  switch (kind) {
    case tracer::NodeKind::file:
      return "file";
    case tracer::NodeKind::device:
      return "device";
    case tracer::NodeKind::directory:
      return "directory";
    case tracer::NodeKind::symlink:
      return "symlink";
    case tracer::NodeKind::absent:
      break;
  }
  return "absent";
}

std::string_view name_of(tracer::Action action) {
  switch (action) {
    case tracer::Action::pass:
      return "pass";
    case tracer::Action::fail:
      return "fail";
    case tracer::Action::serve:
      break;
  }
  return "serve";
}

std::string detail_of(const tracer::VirtualFile& file) {
  if (file.kind == tracer::NodeKind::symlink) return " -> " + file.content;
  if (file.kind == tracer::NodeKind::device)
    return fmt::format(" {}:{}", major(file.rdev), minor(file.rdev));
  return file.source.empty() ? "" : " = " + file.source;
}

}  // namespace

Plan make_plan(const Options& options) {
  Plan plan;
  plan.program = options.program;
  plan.engine = options.engine;
  plan.verbose = options.verbose && !options.quiet;
  plan.trace = options.trace;
  plan.product = "vgpu-run " VGPU_VERSION;
  plan.config.device = options.device;
  plan.config.report_unsupported = options.unsupported;
  plan.config.show_messages = !options.quiet;
  plan.config.show_statistics = options.verbose && !options.quiet;
  if (is_no_gpu(options.gpus)) return plan;  // the programs see the machine as it is
  const Machine machine = look_at_machine();
  plan.config.gpus = make_gpus(options.gpus, machine.pci);
  for (GpuProfile& gpu : plan.config.gpus) limit_to_cpu_device(gpu);
  NvidiaView view = make_nvidia_view(plan.config, machine);
  plan.rules = std::move(view.rules);
  plan.files = std::move(view.files);
  return plan;
}

std::vector<std::string> describe_gpus(const DeviceConfig& config) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < config.gpus.size(); ++i) {
    const GpuProfile& gpu = config.gpus[i];
    lines.push_back(fmt::format("gpu {}: {} ({}), compute capability {}.{}, {}, {}, {}", i,
                                gpu.name, gpu.key, gpu.attributes[75], gpu.attributes[76],
                                print_size(gpu.memory), pci_text(gpu.pci), uuid_text(gpu)));
  }
  return lines;
}

std::string print_plan(const Plan& plan) {
  std::string text = fmt::format("device: {}\n", plan.config.device);
  for (const std::string& line : describe_gpus(plan.config)) text += line + "\n";
  text += "program:";
  for (const char* word : plan.program)
    if (word != nullptr) text += fmt::format(" {}", word);
  text += fmt::format("\nrules: {} (the first that matches decides)\n", plan.rules.size());
  for (const tracer::Rule& rule : plan.rules)
    text += fmt::format("  {} {} {}{} [{}]\n", name_of(rule.action), rule.syscall, rule.pattern,
                        rule.serve_as.empty() ? "" : " as " + rule.serve_as, rule.why);
  text += fmt::format("virtual files: {}\n", plan.files.size());
  for (const tracer::VirtualFile& file : plan.files)
    text += fmt::format("  {:9} {:04o} {}{}\n", name_of(file.kind), file.mode, file.path,
                        detail_of(file));
  return text;
}

}  // namespace vgpu::launcher
