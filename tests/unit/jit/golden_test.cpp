#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "tests/unit/jit/golden_jit.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

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
        MESSAGE(std::string(variant.name) << ": " << spelled(form, rows[row], got[row]));
  CHECK_MESSAGE(wrong == 0, form.text);
}

/// Lanes that depend on each other are never done once for the warp; the flushing mode is for
/// kernels whose floating-point instructions all are .ftz ones of f32.
bool runs_as(const Form& form, const Variant& variant) {
  if (form.warp && variant.uniform) return false;
  if (!variant.by_mode) return true;
  const auto has = [&](const char* word) { return form.text.find(word) != std::string::npos; };
  return has(".ftz") && has(".f32") && !has("f64") && !has("f16");
}

/// The reference forms that `variant` can run.
std::vector<Reference> runnable(const Family& family, const Variant& variant) {
  std::vector<Reference> result;
  for (const Reference& reference : family.forms())
    if (runs_as(reference.form, variant)) result.push_back(reference);
  return result;
}

/// The rows of the data file, and random ones of the reference.
void check_family(const Family& family, const Variant& variant, std::size_t random_rows) {
  CAPTURE(family.name());
  std::map<std::string, std::vector<Row>> data;
  for (Form& form : read_forms(data_file(family))) data[form.text] = std::move(form.rows);
  const std::vector<Reference> references = runnable(family, variant);
  std::vector<Form> forms;
  for (const Reference& reference : references) forms.push_back(reference.form);
  const Compiled code(forms, variant);
  for (std::size_t n = 0; n < forms.size(); ++n) {
    compare(code, n, forms[n], variant, data[forms[n].text]);
    compare(code, n, forms[n], variant, make_rows(references[n], n + 1000, random_rows));
  }
}

}  // namespace

TEST_CASE("golden: the data files hold what the reference computes") {
  std::vector<Family> families = all_families();
  for (Family& family : kernel_families()) families.push_back(std::move(family));
  for (const Family& family : families) {
    const std::vector<Form> forms = read_forms(data_file(family));
    REQUIRE_MESSAGE(forms.size() == family.forms().size(), family.name());
    for (std::size_t n = 0; n < forms.size(); ++n) {
      const Reference& reference = family.forms()[n];
      CHECK(forms[n].text == reference.form.text);
      CHECK(forms[n].check == reference.form.check);
      REQUIRE(forms[n].rows.size() == kRows);
      std::vector<Row> rows = forms[n].rows;
      recompute(reference, rows);
      int wrong = 0;
      for (std::size_t row = 0; row < rows.size(); ++row)
        if (rows[row].out != forms[n].rows[row].out && ++wrong == 1)
          FAIL_CHECK("reference: " << spelled(forms[n], rows[row], forms[n].rows[row]));
    }
  }
}

TEST_CASE("golden: vectors give the golden rows, and the reference's results on random ones") {
  for (const Family& family : all_families())
    check_family(family, {"vector", false, false, false}, 32 * kRows);
}

TEST_CASE("golden: vectors give the same without the processor's extensions") {
  for (const Family& family : all_families())
    check_family(family, {"portable vector", false, true, false}, kRows);
}

TEST_CASE("golden: scalars give the same") {
  for (const Family& family : all_families())
    check_family(family, {"scalar", true, false, false}, kRows);
}

TEST_CASE("golden: .ftz forms give the same when the processor flushes subnormals itself") {
  for (const Family& family : all_families())
    check_family(family, {"flushing mode", false, false, true}, kRows);
}

}  // namespace vgpu::golden
