#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "shim/cpu/ptx/isa.h"
#include "tests/unit/jit/golden_jit.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

constexpr Variant kVariants[] = {
    {"vector", false, false}, {"portable vector", false, true}, {"scalar", true, false}};

std::filesystem::path data_file(const Family& family) {
  return std::filesystem::path(GOLDEN_PTX_DIR) / (family.name() + ".golden");
}

std::string spelled(const Form& form, const Row& want, const Row& got) {
  std::string text = form.text + " on";
  for (std::size_t n = 0; n < form.ins.size(); ++n) text += fmt::format(" {:x}", want.in[n]);
  text += ": want";
  for (std::size_t n = 0; n < form.outs.size(); ++n) text += fmt::format(" {:x}", want.out[n]);
  text += ", got";
  for (std::size_t n = 0; n < form.outs.size(); ++n) text += fmt::format(" {:x}", got.out[n]);
  return text;
}

/// The rows of `form` that come out wrong; the first ones are reported.
void compare(const Compiled& code, std::size_t index, const Form& form, const Variant& variant,
             const std::vector<Row>& rows) {
  std::vector<Row> got = rows;
  code.run(index, got);
  int wrong = 0;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (unsigned n = 0; n < form.outs.size(); ++n)
      if (!same(form, n, rows[row].out[n], got[row].out[n]) && ++wrong <= 3)
        FAIL_CHECK(std::string(variant.name) << ": " << spelled(form, rows[row], got[row]));
}

/// Those that `variant` can run: lanes that depend on each other are never done once.
std::vector<Form> runnable(const std::vector<Form>& forms, const Variant& variant) {
  std::vector<Form> result;
  for (const Form& form : forms)
    if (!form.warp || !variant.uniform) result.push_back(form);
  return result;
}

}  // namespace

TEST_CASE("golden: every row of the data files comes out of the lowerings") {
  for (const Family& family : all_families()) {
    CAPTURE(family.name());
    const std::vector<Form> forms = read_forms(data_file(family));
    CHECK(!forms.empty());
    for (const Variant& variant : kVariants) {
      const std::vector<Form> selected = runnable(forms, variant);
      const Compiled code(selected, variant);
      for (std::size_t n = 0; n < selected.size(); ++n)
        compare(code, n, selected[n], variant, selected[n].rows);
    }
  }
}

TEST_CASE("golden: the data files hold what the reference computes") {
  for (const Family& family : all_families()) {
    const std::vector<Form> forms = read_forms(data_file(family));
    REQUIRE_MESSAGE(forms.size() == family.forms().size(), family.name());
    for (std::size_t n = 0; n < forms.size(); ++n) {
      const Reference& reference = family.forms()[n];
      CHECK(forms[n].text == reference.form.text);
      std::vector<Row> rows = forms[n].rows;
      recompute(reference, rows);
      int wrong = 0;
      for (std::size_t row = 0; row < rows.size(); ++row)
        if (rows[row].out != forms[n].rows[row].out && ++wrong == 1)
          FAIL_CHECK("reference: " << spelled(forms[n], rows[row], forms[n].rows[row]));
    }
  }
}

TEST_CASE("golden: random rows agree with the reference") {
  constexpr std::size_t kRandomRows = 32 * kRows;
  for (const Family& family : all_families()) {
    std::vector<Form> forms;
    std::vector<std::vector<Row>> rows;
    for (const Reference& reference : family.forms()) {
      forms.push_back(reference.form);
      rows.push_back(make_rows(reference, forms.size() + 1000, kRandomRows));
    }
    const Compiled code(forms, kVariants[0]);
    for (std::size_t n = 0; n < forms.size(); ++n)
      compare(code, n, forms[n], kVariants[0], rows[n]);
  }
}

}  // namespace vgpu::golden
