#include "launcher/trace/show.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>

#include "launcher/exit_status.h"
#include "launcher/explain/report.h"
#include "launcher/suggest.h"
#include "launcher/trace/request.h"
#include "launcher/trace/session.h"
#include "shim/abi/text.h"
#include "tracer/sys/errors.h"
#include "tracer/trace/jsonl.h"

namespace vgpu::launcher {
namespace {

struct Showing {
  std::string file;
  tracer::Format format = tracer::Format::text;
  std::string filter = "all";
  bool summary = false;
  bool redact = false;
  bool explain = false;
  bool help = false;
};

struct ShowOption {
  std::string_view name;
  std::string_view argument;  ///< empty: none
  void (*set)(Showing&, const std::string&);
  std::string_view help;
};

constexpr ShowOption kOptions[] = {
    {"format", "text|jsonl|perfetto|html",
     [](Showing& showing, const std::string& value) {
       showing.format = read_trace_format("format", value);
     },
     "how it is written; default text"},
    {"filter", "nvidia|files|exec|cuda|all|failed",
     [](Showing& showing, const std::string& value) { showing.filter = value; },
     "what is shown, several with commas between them; default all"},
    {"summary", "", [](Showing& showing, const std::string&) { showing.summary = true; },
     "counts, errors and times only"},
    {"redact", "", [](Showing& showing, const std::string&) { showing.redact = true; },
     "without names of files and kernels, arguments, and values of the environment"},
    {"explain", "", [](Showing& showing, const std::string&) { showing.explain = true; },
     "why the GPU was used or not, instead of the events"},
    {"help", "", [](Showing& showing, const std::string&) { showing.help = true; },
     "print this help and stop"},
};

const ShowOption& find_option_of_show(std::string_view name) {
  const auto found = std::ranges::find(kOptions, name, &ShowOption::name);
  if (found != std::end(kOptions)) return *found;
  std::vector<std::string_view> names;
  for (const ShowOption& option : kOptions) names.push_back(option.name);
  text::fail(fmt::format("trace show: unknown option --{}{}", name, suggestion(name, names)));
}

Showing read_arguments(char** arguments) {
  Showing showing;
  for (; *arguments != nullptr; ++arguments) {
    const std::string_view word = *arguments;
    if (!word.starts_with("--")) {
      if (!showing.file.empty()) text::fail("trace show: one file at a time");
      showing.file = word;
      continue;
    }
    const std::size_t equals = std::min(word.find('='), word.size());
    const ShowOption& option = find_option_of_show(word.substr(2, equals - 2));
    const bool attached = equals < word.size();
    if (option.argument.empty() && attached)
      text::fail(fmt::format("trace show: --{} takes no argument", option.name));
    std::string value(word.substr(std::min(equals + 1, word.size())));
    if (!option.argument.empty() && !attached) {
      if (arguments[1] == nullptr)
        text::fail(fmt::format("trace show: --{} needs an argument", option.name));
      value = *++arguments;
    }
    option.set(showing, value);
  }
  return showing;
}

// Who reads a recorded trace can wait, and is waited for.
constexpr std::chrono::hours kPatience{24 * 365};

int explain_trace(std::istream& file, const Showing& showing) {
  explain::Facts facts;
  const std::uint64_t cut =
      tracer::read_jsonl(file, [&](tracer::Event&& event, std::uint64_t line) {
        facts.take(event, static_cast<std::int64_t>(line));
      });
  fmt::print("{}", explain::print_report(facts));
  if (std::fflush(stdout) != 0) return kOwnFailure;
  if (cut == 0) return 0;
  text::fail(fmt::format("{}: line {} is cut off: the trace ends before it", showing.file, cut));
}

int show(std::istream& file, const Showing& showing) {
  if (showing.explain) return explain_trace(file, showing);
  tracer::UniqueFd out(
      tracer::check_sys(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "standard output"));
  explain::Facts facts;
  tracer::Look look{may_colour(out.get()), true};
  if (!showing.redact) look.diagnosis = [&] { return explain::print_report(facts); };
  tracer::Output output(std::move(out), false);
  output.wait_for_room();
  const tracer::Selection selection = read_trace_filter(showing.filter);
  std::unique_ptr<tracer::EventSink> view = showing.summary
                                                ? std::make_unique<tracer::SummarySink>(output)
                                                : make_sink(showing.format, output, look);
  tracer::RedactingSink redacting(*view, selection.wanted);
  tracer::SelectingSink selecting(showing.redact ? redacting : *view, selection);
  std::int64_t shown = 0;
  std::string error;
  try {
    const std::uint64_t cut = tracer::read_jsonl(file, [&](tracer::Event&& event, std::uint64_t) {
      if (showing.format == tracer::Format::html)
        facts.take(event, is_selected(event, selection) ? ++shown : 0);
      selecting.take(event);
    });
    if (cut != 0) error = fmt::format("line {} is cut off: the trace ends before it", cut);
  } catch (const std::runtime_error& failed) {
    error = failed.what();
  }
  selecting.finish();
  const tracer::Output::Loss loss = output.finish(kPatience);
  if (error.empty() && loss.records != 0) error = loss.why;
  if (error.empty()) return 0;
  text::fail(fmt::format("{}: {}", showing.file, error));
}

}  // namespace

bool is_show(char** arguments) noexcept {
  return arguments[0] != nullptr && std::strcmp(arguments[0], "trace") == 0 &&
         arguments[1] != nullptr && std::strcmp(arguments[1], "show") == 0;
}

std::string show_help() {
  std::string help =
      "Usage: vgpu-run trace show [options] FILE\n"
      "Shows a trace that --trace=FILE --trace-format jsonl has recorded; FILE may be -.\n\n";
  for (const ShowOption& option : kOptions)
    help += fmt::format("      --{}{}{}\n{:30}{}\n", option.name,
                        option.argument.empty() ? "" : " ", option.argument, "", option.help);
  help += "\nA program whose name is trace is run by: vgpu-run -- trace\n";
  return help;
}

int show_trace(char** arguments) {
  const Showing showing = read_arguments(arguments);
  if (showing.help) {
    fmt::print("{}", show_help());
    return std::fflush(stdout) == 0 ? 0 : kOwnFailure;
  }
  if (showing.file.empty()) text::fail("trace show: no file");
  if (showing.file == "-") return show(std::cin, showing);
  std::ifstream file(showing.file, std::ios::binary);
  if (!file) throw fmt::system_error(errno, "{}", showing.file);
  return show(file, showing);
}

}  // namespace vgpu::launcher
