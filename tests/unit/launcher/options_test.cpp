#include "launcher/options.h"

#include <doctest/doctest.h>

#include <map>
#include <stdexcept>

#include "launcher/help.h"

namespace vgpu::launcher {
namespace {

using Map = std::map<std::string, std::string>;

/// A world of these variables and files.
OptionSources world(Map variables = {}, Map files = {}) {
  const auto look_up = [](Map map) {
    return [map = std::move(map)](const std::string& name) -> std::optional<std::string> {
      const auto found = map.find(name);
      if (found == map.end()) return std::nullopt;
      return found->second;
    };
  };
  return {look_up(std::move(variables)), look_up(std::move(files))};
}

/// Drops the program, which points into `words`.
Options read(std::vector<std::string> words, const OptionSources& sources = world()) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Options options = read_options(arguments.data(), sources);
  options.program.clear();
  return options;
}

std::string error_of(std::vector<std::string> words, const OptionSources& sources = world()) {
  try {
    read(std::move(words), sources);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

/// The program's words as they would reach execvp.
std::vector<std::string> program(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const Options options = read_options(arguments.data(), world());
  std::vector<std::string> result;
  for (const char* word : options.program)
    if (word != nullptr) result.emplace_back(word);
  return result;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("options: all from the first word that is no option on is the program's") {
  using Words = std::vector<std::string>;
  CHECK(program({"ls", "--gpu", "x", "--", "-v"}) == Words{"ls", "--gpu", "x", "--", "-v"});
  CHECK(program({"--gpu", "t4", "ls", "-l"}) == Words{"ls", "-l"});
  CHECK(program({"--gpu=t4", "-v", "--", "--odd"}) == Words{"--odd"});
  CHECK(program({"--", "ls"}) == Words{"ls"});
  CHECK(program({"-", "x"}) == Words{"-", "x"});
  CHECK(program({"--", "--", "x"}) == Words{"--", "x"});
  CHECK(program({"-v"}).empty());
}

TEST_CASE("options: switches, values and repeated values") {
  const Options options = read({"--gpu", "t4", "-qv", "--unsupported", "--gpu=a100:memory=1GiB"});
  CHECK(options.gpus == std::vector<std::string>{"t4", "a100:memory=1GiB"});
  CHECK(options.quiet);
  CHECK(options.verbose);
  CHECK(options.unsupported);
  CHECK_FALSE(options.dry_run);
  CHECK(options.device == "cpu");
}

TEST_CASE("options: the command line wins over the environment, that over the files") {
  const Map files = {{"/home/u/.config/vgpu-run.conf", "gpu = user\nunsupported = yes\n"},
                     {"/etc/vgpu-run.conf", "gpu = system\nquiet = yes\nverbose = on\n"},
                     {"/my.conf", "gpu = named\nverbose = no\n"}};
  const Map home = {{"HOME", "/home/u"}};
  CHECK(read({}, world({}, files)).gpus == std::vector<std::string>{"system"});
  CHECK(read({}, world(home, files)).gpus == std::vector<std::string>{"user"});
  CHECK(read({"--config", "/my.conf"}, world(home, files)).gpus ==
        std::vector<std::string>{"named"});
  Map all = home;
  all.insert({"VGPU_GPU", "env"});
  CHECK(read({"--config", "/my.conf"}, world(all, files)).gpus == std::vector<std::string>{"env"});
  const Options options = read({"--config=/my.conf", "--gpu", "line"}, world(all, files));
  CHECK(options.gpus == std::vector<std::string>{"line"});
  CHECK(options.unsupported);
  CHECK(options.quiet);
  CHECK_FALSE(options.verbose);
}

TEST_CASE("options: XDG_CONFIG_HOME goes before HOME, and relative ones count for nothing") {
  const Map files = {{"/xdg/vgpu-run.conf", "gpu = xdg"},
                     {"/h/.config/vgpu-run.conf", "gpu = home"}};
  CHECK(read({}, world({{"XDG_CONFIG_HOME", "/xdg"}, {"HOME", "/h"}}, files)).gpus.front() ==
        "xdg");
  CHECK(read({}, world({{"XDG_CONFIG_HOME", "xdg"}, {"HOME", "/h"}}, files)).gpus.front() ==
        "home");
}

TEST_CASE("options: several GPUs in a file are several lines, in a variable semicolons part them") {
  const Options from_file =
      read({}, world({}, {{"/etc/vgpu-run.conf", "gpu = t4\n\n#x\ngpu=a100"}}));
  CHECK(from_file.gpus == std::vector<std::string>{"t4", "a100"});
  const Options from_variable = read({}, world({{"VGPU_GPU", "t4:name=\"a;b\";a100"}}));
  CHECK(from_variable.gpus == std::vector<std::string>{"t4:name=\"a;b\"", "a100"});
}

TEST_CASE("options: a mistake is told with where it is and what may be meant") {
  CHECK(error_of({"--gpus", "t4"}) == "unknown option --gpus; did you mean `--gpu`?");
  CHECK(contains(error_of({"--gpu"}), "argument"));
  CHECK(contains(error_of({"-x"}), "unknown option -x"));
  CHECK(contains(error_of({"--quiet=1"}), "--quiet"));
  CHECK(error_of({"--engine", "magic"}) == "--engine: \"magic\" is none of auto, notify, ptrace");
  CHECK(error_of({"--device", "cpus"}) ==
        "--device: \"cpus\" is none of cpu, native, URL; did you mean `cpu`?");
  CHECK(error_of({"--config", "/none"}) == "--config: /none: no such file");
  CHECK(error_of({}, world({}, {{"/etc/vgpu-run.conf", "# x\n\ngup = t4\n"}})) ==
        "/etc/vgpu-run.conf:3: unknown key \"gup\"; did you mean `gpu`?");
  CHECK(error_of({}, world({}, {{"/etc/vgpu-run.conf", "device = cpu\ndevice = cpu\n"}})) ==
        "/etc/vgpu-run.conf:2: key \"device\" twice");
  CHECK(contains(error_of({}, world({}, {{"/etc/vgpu-run.conf", "quiet"}})), "key = value"));
  CHECK(contains(error_of({}, world({}, {{"/etc/vgpu-run.conf", "help = yes"}})), "unknown key"));
  CHECK(contains(error_of({}, world({}, {{"/etc/vgpu-run.conf", "quiet ="}})), "key = value"));
  CHECK(error_of({}, world({{"VGPU_QUIET", "perhaps"}})) ==
        "quiet: \"perhaps\" is neither yes nor no");
}

TEST_CASE("options: what is not built yet is refused from every source, not ignored") {
  CHECK(contains(error_of({"--device", "native"}), "--device native: not yet"));
  CHECK(contains(error_of({"--device", "tcp://h:1"}), "not yet"));
}

TEST_CASE("options: the diagnosis needs no trace, and hears of calls and files") {
  CHECK_FALSE(read({}).trace.any());
  const TraceRequest trace = read({"--explain"}).trace;
  CHECK_FALSE(trace.on);
  CHECK(trace.any());
  CHECK(trace.hears_calls());
  CHECK(trace.recorded().all_files);
  CHECK(read({}, world({{"VGPU_EXPLAIN", "1"}})).trace.explain);
}

TEST_CASE("options: a trace is text about GPUs on standard error, unless more is said") {
  CHECK_FALSE(read({}).trace.on);
  const TraceRequest plain = read({"--trace"}).trace;
  CHECK(plain.on);
  CHECK(plain.file.empty());
  CHECK(plain.format == tracer::Format::text);
  CHECK(plain.selection.wanted.matching_files);
  CHECK_FALSE(plain.selection.wanted.all_files);
  CHECK(plain.selection.calls);
  const TraceRequest other =
      read({"--trace=file", "--trace-format", "jsonl", "--trace-filter", "exec,failed"}).trace;
  CHECK(other.file == "file");
  CHECK(other.format == tracer::Format::jsonl);
  CHECK(other.selection.wanted.processes);
  CHECK_FALSE(other.selection.wanted.files());
  CHECK_FALSE(other.selection.calls);
  CHECK(other.selection.failed);
  const auto of_cuda = read({"--trace", "--trace-filter=cuda"}).trace;
  CHECK_FALSE(of_cuda.needs_results());
  CHECK(read({"--trace", "--trace-filter=failed"}).trace.selection.wanted.matching_files);
}

TEST_CASE("options: a mistake in what is traced is told") {
  CHECK(error_of({"--trace-format", "xml"}) ==
        "--trace-format: \"xml\" is none of text, jsonl, perfetto, html");
  CHECK(error_of({"--trace-filter", "file"}) ==
        "--trace-filter: \"file\" is none of nvidia, files, exec, cuda, all, failed; did you mean "
        "`files`?");
  CHECK(error_of({"--trace-per-process", "--trace"}) == "--trace-per-process needs --trace=FILE");
  CHECK(contains(error_of({"--trace=x", "--trace-per-process", "--trace-summary"}), "works with"));
}

TEST_CASE("options: engines that work are accepted") {
  CHECK(error_of({"--engine", "auto"}) == "accepted");
  CHECK(error_of({"--engine=notify"}) == "accepted");
  CHECK(error_of({"--engine=ptrace"}) == "accepted");
}

TEST_CASE("options: a shortened name is no name") {
  CHECK(contains(error_of({"--vers"}), "unknown option"));
  CHECK(contains(error_of({"--list"}), "unknown option"));
}

TEST_CASE("help: names every option and fits the screen") {
  const std::string help = help_text();
  for (const OptionRow& row : option_rows()) CHECK(contains(help, "--" + std::string(row.name)));
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    CHECK(end - at <= 100);
    at = end + 1;
  }
}

TEST_CASE("environment: an empty variable counts as none") {
  CHECK_FALSE(read({}, world({{"VGPU_QUIET", ""}})).quiet);
  CHECK(read({}, world({{"VGPU_GPU", ""}})).gpus.empty());
}

TEST_CASE("environment: a variable's name is the option's in capitals") {
  CHECK(variable_name(*find_option("trace-format")) == "VGPU_TRACE_FORMAT");
}

}  // namespace vgpu::launcher
