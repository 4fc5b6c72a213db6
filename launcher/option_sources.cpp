#include "launcher/option_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "launcher/suggest.h"
#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

namespace po = boost::program_options;
using text::fail;

std::vector<std::string_view> keys() {
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_rows())
    if (row.where == Where::everywhere) names.push_back(row.name);
  return names;
}

po::options_description describe_options() {
  po::options_description description;
  for (const OptionRow& row : option_rows()) {
    std::string name(row.name);
    if (row.letter != 0) name.append(1, ',').append(1, row.letter);
    if (row.takes == Takes::nothing) {
      description.add_options()(name.c_str(), "");
      continue;
    }
    auto* value = po::value<std::string>();
    if (row.takes == Takes::optional) value->implicit_value("");
    description.add_options()(name.c_str(), value, "");
  }
  return description;
}

/// Splits at semicolons that stand outside quotes.
std::vector<std::string> split_values(std::string_view all) {
  std::vector<std::string> values(1);
  bool quoted = false;
  for (const char c : all) {
    if (c == '"') quoted = !quoted;
    if (c == ';' && !quoted)
      values.emplace_back();
    else
      values.back() += c;
  }
  return values;
}

void read_config_line(Settings& settings, std::string_view line) {
  if (line.empty() || line.front() == '#') return;
  const std::size_t equals = line.find('=');
  const std::string_view key = text::trim(line.substr(0, equals));
  const OptionRow* row = find_option(key);
  if (row == nullptr || row->where != Where::everywhere)
    fail(fmt::format("unknown key {}{}", text::quote(key), suggestion(key, keys())));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : text::trim(line.substr(equals + 1));
  if (value.empty()) fail(fmt::format("key \"{}\": expected `key = value`", key));
  auto& values = settings[row];
  if (!values.empty() && row->takes != Takes::values) fail(fmt::format("key \"{}\" twice", key));
  values.emplace_back(value);
}

}  // namespace

std::string variable_name(const OptionRow& row) {
  std::string name = "VGPU_";
  for (const char c : row.name)
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

OptionSources real_sources() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
          },
          [](const std::string& path) -> std::optional<std::string> {
            std::error_code error;
            const bool exists = std::filesystem::exists(path, error);
            // Behind a directory that we may not search, say another user's home, is nothing for
            // us.
            if (error == std::errc::permission_denied || (!exists && !error)) return std::nullopt;
            std::ifstream file(path, std::ios::binary);
            std::string content{std::istreambuf_iterator<char>(file), {}};
            if (error || !file || file.bad()) fail(path + ": cannot be read");
            return content;
          }};
}

Settings from_command_line(const std::vector<std::string>& words) {
  namespace style = po::command_line_style;
  constexpr int kStyle = style::allow_long | style::allow_short | style::allow_dash_for_short |
                         style::long_allow_adjacent | style::long_allow_next |
                         style::short_allow_adjacent | style::allow_sticky;
  Settings settings;
  try {
    const po::options_description description = describe_options();
    const auto parsed = po::command_line_parser(words).options(description).style(kStyle).run();
    for (const auto& option : parsed.options) {
      const OptionRow* row = find_option(option.string_key);
      if (row == nullptr) fail("unexpected word " + text::quote(option.string_key));
      auto& values = settings[row];
      values.push_back(option.value.empty() ? "" : option.value.front());
    }
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const OptionRow& row : option_rows()) known.push_back(fmt::format("--{}", row.name));
    const std::string& word = error.get_option_name();
    fail(fmt::format("unknown option {}{}", word,
                     suggestion(word, std::vector<std::string_view>(known.begin(), known.end()))));
  } catch (const po::error& error) {
    fail(error.what());
  }
  return settings;
}

Settings from_environment(const OptionSources& sources) {
  Settings settings;
  for (const OptionRow& row : option_rows()) {
    if (row.where == Where::command_line) continue;
    const auto value = sources.variable(variable_name(row));
    if (!value || value->empty()) continue;
    settings[&row] =
        row.takes == Takes::values ? split_values(*value) : std::vector<std::string>{*value};
  }
  return settings;
}

Settings from_text(std::string_view rest, const std::string& path) {
  Settings settings;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    try {
      read_config_line(settings, text::trim(rest.substr(0, end)));
    } catch (const std::runtime_error& error) {
      fail(fmt::format("{}:{}: {}", path, number, error.what()));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return settings;
}

}  // namespace vgpu::launcher
