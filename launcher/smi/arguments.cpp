#include "launcher/smi/arguments.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <string_view>

#include "launcher/smi/report.h"

namespace vgpu::smi {
namespace {

using Job = Arguments::Job;

enum class Takes : unsigned char { nothing, value, maybe };
enum class Sets : unsigned char {
  job,
  xml,
  sections,
  devices,
  format,
  file,
  seconds,
  milliseconds
};

struct Option {
  std::string_view brief;  ///< empty: none
  std::string_view full;
  Takes takes;
  Sets sets;
  Job job = Job::overview;
};
constexpr Option kOptions[] = {
    {"-h", "--help", Takes::nothing, Sets::job, Job::help},
    {"", "--version", Takes::nothing, Sets::job, Job::version},
    {"-L", "--list-gpus", Takes::nothing, Sets::job, Job::list},
    {"-B", "--list-excluded-gpus", Takes::nothing, Sets::job, Job::excluded},
    {"-q", "--query", Takes::nothing, Sets::job, Job::report},
    {"", "--query-gpu", Takes::value, Sets::job, Job::query_gpu},
    {"", "--query-compute-apps", Takes::value, Sets::job, Job::query_processes},
    {"", "--help-query-gpu", Takes::nothing, Sets::job, Job::help_query_gpu},
    {"", "--help-query-compute-apps", Takes::nothing, Sets::job, Job::help_query_processes},
    {"-x", "--xml-format", Takes::nothing, Sets::xml},
    {"-d", "--display", Takes::value, Sets::sections},
    {"-i", "--id", Takes::value, Sets::devices},
    {"", "--format", Takes::value, Sets::format},
    {"-f", "--filename", Takes::value, Sets::file},
    {"-l", "--loop", Takes::maybe, Sets::seconds},
    {"-lms", "--loop-ms", Takes::value, Sets::milliseconds},
};

/// 0 when it is no positive number.
long number(const std::string& text, long unit) {
  constexpr long kMost = 1'000'000'000;
  long value = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && last == end && value > 0 && value < kMost ? value * unit : 0;
}

bool set(Arguments& arguments, const Option& option, const std::string& value, bool given) {
  constexpr long kSecond = 1000;
  constexpr long kDefaultLoop = 5 * kSecond;
  switch (option.sets) {
    case Sets::job:
      // -q may stand beside another question; two others may not.
      if (arguments.job != Job::overview && arguments.job != option.job) return false;
      arguments.job = option.job;
      arguments.fields = value;
      return true;
    case Sets::xml:
      arguments.xml = true;
      return true;
    case Sets::sections:
      arguments.sections = value;
      std::ranges::transform(arguments.sections, arguments.sections.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return are_sections(arguments.sections);
    case Sets::devices:
      arguments.devices = value;
      return true;
    case Sets::format:
      arguments.format = value;
      return true;
    case Sets::file:
      arguments.file = value;
      return true;
    case Sets::seconds:
      arguments.every = given ? number(value, kSecond) : kDefaultLoop;
      return arguments.every != 0;
    case Sets::milliseconds:
      arguments.every = number(value, 1);
      return arguments.every != 0;
  }
  return false;
}

constexpr std::string_view kCombination =
    "Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.";

}  // namespace

Arguments parse_arguments(std::span<char* const> words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size() && arguments.mistake.empty(); ++i) {
    const std::string_view word = words[i];
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto* const option = std::ranges::find_if(kOptions, [&](const Option& row) {
      return row.full == name || (!row.brief.empty() && row.brief == name);
    });
    if (option == std::end(kOptions)) {
      const bool is_option = word.starts_with('-');
      arguments.mistake = is_option ? "ERROR: Option " + std::string(name) +
                                          " is not recognized. Please run 'nvidia-smi -h' for help."
                                    : std::string(kCombination);
      break;
    }
    bool given = equals != std::string_view::npos;
    std::string value(given ? word.substr(equals + 1) : "");
    const bool next_is_value = i + 1 < words.size() && words[i + 1][0] != '-';
    if (!given && option->takes != Takes::nothing && next_is_value) {
      value = words[++i];
      given = true;
    }
    if (option->takes == Takes::value && value.empty())
      arguments.mistake = "ERROR: Option " + std::string(name) +
                          " requires a value. Please run 'nvidia-smi -h' for help.";
    else if (!set(arguments, *option, value, given))
      arguments.mistake = kCombination;
  }
  const bool query = arguments.job == Job::query_gpu || arguments.job == Job::query_processes;
  const bool report = arguments.job == Job::report;
  if (arguments.mistake.empty() &&
      ((query && arguments.format.empty()) || (!query && !arguments.format.empty()) ||
       (!report && (arguments.xml || !arguments.sections.empty()))))
    arguments.mistake = kCombination;
  return arguments;
}

}  // namespace vgpu::smi
