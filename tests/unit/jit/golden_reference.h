#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/jit/golden_form.h"

namespace vgpu::golden {

/// A form and what the PTX ISA says that it computes, written here in plain C++.
struct Reference {
  Form form;  ///< without rows
  std::function<void(const Values& in, Values& out)> compute;
  /// Of a warp form instead: all lanes at once.
  std::function<void(std::vector<Row>& lanes)> compute_warp;
};

/// The forms of one data file.
class Family {
 public:
  Family(std::string name, std::string title) : name_(std::move(name)), title_(std::move(title)) {}

  /// `text`: an opcode, whose operands are then all outputs and all inputs; or whole
  /// instructions with %i0, %o0. `kinds`: "outs=ins". `compute` gives the only output.
  void add(const std::string& text, const std::string& kinds,
           std::function<std::uint64_t(const Values&)> compute, const std::string& check = "");
  /// For several outputs.
  void add_all(const std::string& text, const std::string& kinds,
               std::function<void(const Values&, Values&)> compute);
  void add_warp(const std::string& text, const std::string& kinds,
                std::function<void(std::vector<Row>&)> compute);

  const std::string& name() const { return name_; }
  const std::string& title() const { return title_; }
  const std::vector<Reference>& forms() const { return forms_; }

 private:
  std::string name_;
  std::string title_;
  std::vector<Reference> forms_;
};

Family integer_family();
Family bits_family();
Family float_family();
Family half_family();
Family math_family();
Family compare_family();
Family logic_family();
Family cvt_family();
Family warp_family();
Family video_family();
Family matrix_family();
/// Instructions that no lowering does, or not without memory: only whole kernels run these.
Family core_family();
Family matrix_memory_family();
/// The part of cvt_family() about the narrow floating-point formats.
void add_narrow_conversions(Family& f);
/// Loads and stores; atomic operations.
Family memory_family();
Family atomic_family();
/// The same, word by word as ggml-cuda and cuBLAS have them; parameters.
Family access_family();
/// Jumps, calls, barriers, asynchronous copies.
Family flow_family();
/// Those that only whole kernels run.
std::vector<Family> kernel_families();
/// All others.
std::vector<Family> all_families();

/// Fills the outputs of `rows` from their inputs.
void recompute(const Reference& reference, std::vector<Row>& rows);

/// `count` rows of inputs worth trying, the same ones for the same seed, with their outputs.
std::vector<Row> make_rows(const Reference& reference, std::uint64_t seed, std::size_t count);

}  // namespace vgpu::golden
