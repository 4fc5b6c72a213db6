#include "launcher/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "launcher/option_table.h"
#include "launcher/suggest.h"
#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

using text::fail;

/// How many of `arguments` are ours: all up to the first that is neither an option nor an option's
/// value, or up to "--".
std::size_t count_ours(char** arguments) {
  std::size_t count = 0;
  while (arguments[count] != nullptr) {
    const std::string_view word = arguments[count];
    if (word.size() < 2 || word.front() != '-' || word == "--") return count;
    ++count;
    if (!word.starts_with("--") || word.find('=') != std::string_view::npos) continue;
    const OptionRow* row = find_option(word.substr(2));
    const bool takes_next =
        row != nullptr && (row->takes == Takes::value || row->takes == Takes::values);
    if (takes_next && arguments[count] != nullptr) ++count;
  }
  return count;
}

std::optional<std::string> user_file(const OptionSources& sources) {
  if (const auto base = sources.variable("XDG_CONFIG_HOME"); base && base->starts_with('/'))
    return *base + "/vgpu-run.conf";
  if (const auto home = sources.variable("HOME"); home && home->starts_with('/'))
    return *home + "/.config/vgpu-run.conf";
  return std::nullopt;
}

/// The sources together: a source counts for an option only if no earlier one names it.
class Combined {
 public:
  void add(const Settings& settings) {
    for (const auto& [row, values] : settings) all_.emplace(row, values);
  }

  const std::vector<std::string>* find(std::string_view name) const {
    const auto found = all_.find(find_option(name));
    return found == all_.end() ? nullptr : &found->second;
  }

  std::string last(std::string_view name, const std::string& otherwise) const {
    const auto* values = find(name);
    return values == nullptr ? otherwise : values->back();
  }

  /// A switch is on when named on the command line (""), or by a word for yes or no elsewhere.
  bool is_on(std::string_view name) const {
    const auto* values = find(name);
    if (values == nullptr) return false;
    const std::string& word = values->back();
    for (const char* yes : {"", "1", "true", "yes", "on"})
      if (word == yes) return true;
    for (const char* no : {"0", "false", "no", "off"})
      if (word == no) return false;
    fail(fmt::format("{}: {} is neither yes nor no", name, text::quote(word)));
  }

 private:
  Settings all_;
};

Combined combine(const std::vector<std::string>& words, const OptionSources& sources) {
  Combined combined;
  combined.add(from_command_line(words));
  combined.add(from_environment(sources));
  if (const auto* named = combined.find("config")) {
    const auto content = sources.file(named->back());
    if (!content) fail(fmt::format("--config: {}: no such file", named->back()));
    combined.add(from_text(*content, named->back()));
  }
  for (const auto& path : {user_file(sources), std::optional<std::string>("/etc/vgpu-run.conf")})
    if (const auto content = path ? sources.file(*path) : std::nullopt)
      combined.add(from_text(*content, *path));
  return combined;
}

EngineChoice engine_of(const std::string& engine) {
  if (engine == "auto") return EngineChoice::automatic;
  if (engine == "notify") return EngineChoice::notify;
  if (engine == "ptrace") return EngineChoice::ptrace;
  fail(fmt::format("--engine: {} is none of auto, notify, ptrace", text::quote(engine)));
}

TraceRequest read_trace(const Combined& combined) {
  TraceRequest trace;
  trace.on = combined.find("trace") != nullptr;
  trace.explain = combined.is_on("explain");
  trace.file = combined.last("trace", "");
  trace.format = read_trace_format("trace-format", combined.last("trace-format", "text"));
  trace.filter = combined.last("trace-filter", "nvidia");
  trace.selection = read_trace_filter(trace.filter);
  trace.summary = combined.is_on("trace-summary");
  trace.per_process = combined.is_on("trace-per-process");
  if (trace.per_process && trace.file.empty()) fail("--trace-per-process needs --trace=FILE");
  const bool is_lines =
      trace.format == tracer::Format::text || trace.format == tracer::Format::jsonl;
  if (trace.per_process && (trace.summary || !is_lines))
    fail("--trace-per-process works with lines of text or jsonl only");
  return trace;
}

void check_device(const std::string& device) {
  if (device == "cpu") return;
  if (device == "native") fail("--device native: not yet implemented (cpu works)");
  for (const char* scheme : {"unix:", "tcp:", "tls:", "vsock:"})
    if (device.starts_with(scheme))
      fail("--device " + device + ": not yet implemented (cpu works)");
  fail(fmt::format("--device: {} is none of cpu, native, URL{}", text::quote(device),
                   suggestion(device, {"cpu", "native"})));
}

}  // namespace

Options read_options(char** arguments, const OptionSources& sources) {
  const std::size_t ours = count_ours(arguments);
  const std::vector<std::string> words(arguments, arguments + ours);
  const Combined combined = combine(words, sources);

  Options options;
  options.version = combined.is_on("version");
  options.help = combined.is_on("help");
  options.list_gpus = combined.is_on("list-gpus");
  options.dry_run = combined.is_on("dry-run");
  options.quiet = combined.is_on("quiet");
  options.verbose = combined.is_on("verbose");
  options.unsupported = combined.is_on("unsupported");
  options.device = combined.last("device", options.device);
  if (const auto* gpus = combined.find("gpu")) options.gpus = *gpus;
  options.engine = engine_of(combined.last("engine", "auto"));
  check_device(options.device);
  options.trace = read_trace(combined);

  char** program = arguments + ours;
  if (*program != nullptr && std::strcmp(*program, "--") == 0) ++program;
  for (char** word = program; *word != nullptr; ++word) options.program.push_back(*word);
  if (!options.program.empty()) options.program.push_back(nullptr);
  return options;
}

}  // namespace vgpu::launcher
