#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "launcher/option_table.h"

namespace vgpu::launcher {

TEST_CASE("manual: it explains exactly the options that there are") {
  std::ifstream file(VGPU_MANUAL);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(manual.empty());
  std::set<std::string> explained;
  const std::regex option(R"(\\-\\-([a-z][a-z\\-]*))");
  for (std::sregex_iterator at(manual.begin(), manual.end(), option), end; at != end; ++at)
    explained.insert(std::regex_replace(at->str(1), std::regex(R"(\\)"), ""));
  std::set<std::string> existing;
  for (const OptionRow& row : option_rows()) existing.emplace(row.name);
  CHECK(explained == existing);
}

}  // namespace vgpu::launcher
