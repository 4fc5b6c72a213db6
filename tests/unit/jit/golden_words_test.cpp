// The golden rows against the instructions of real programs.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/jit/golden_form.h"

namespace vgpu::golden {

namespace {

/// All words of the rows' texts, opcodes among them.
std::set<std::string> words_of_rows() {
  std::set<std::string> result;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_PTX_DIR)) {
    if (entry.path().extension() != ".golden") continue;
    for (const Form& form : read_forms(entry.path())) {
      std::istringstream text(form.text);
      for (std::string word; text >> word;) {
        if (word.back() == ';') word.pop_back();
        result.insert(word);
      }
    }
  }
  return result;
}

}  // namespace

TEST_CASE("golden: every opcode with its words that ggml-cuda and cuBLAS have has a golden row") {
  const std::set<std::string> rows = words_of_rows();
  std::ifstream file(std::filesystem::path(GOLDEN_PTX_DIR) / "programs.words");
  REQUIRE(file.is_open());
  std::size_t words = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    ++words;
    CHECK_MESSAGE(rows.count(line) == 1, "no golden row with: ", line);
  }
  CHECK(words > 400);
}

}  // namespace vgpu::golden
