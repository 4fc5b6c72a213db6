// Writes the data files of tests/golden/ptx from the reference: golden_write DIRECTORY.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/unit/jit/golden_reference.h"

int main(int argc, char** argv) {
  using namespace vgpu::golden;
  if (argc != 2) {
    std::fputs("usage: golden_write DIRECTORY\n", stderr);
    return 1;
  }
  std::vector<Family> families = all_families();
  for (Family& family : kernel_families()) families.push_back(std::move(family));
  for (const Family& family : families) {
    std::vector<Form> forms;
    for (const Reference& reference : family.forms()) {
      forms.push_back(reference.form);
      forms.back().rows = make_rows(reference, forms.size(), kRows);
    }
    std::ofstream stream(std::filesystem::path(argv[1]) / (family.name() + ".golden"));
    stream << spell_forms(family.title(), forms);
    if (!stream.flush()) {
      std::perror(argv[1]);
      return 1;
    }
  }
}
