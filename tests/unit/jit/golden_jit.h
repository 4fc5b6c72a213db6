#pragma once

#include <memory>
#include <vector>

#include "shim/cpu/ptx/ast.h"
#include "tests/unit/jit/golden_form.h"

namespace vgpu::golden {

/// How a form is lowered.
struct Variant {
  const char* name;
  bool uniform;   ///< scalars, one row at a time; else vectors, a warp at a time
  bool portable;  ///< as if the processor had no extensions that lowerings know of
  bool by_mode;   ///< subnormals are flushed by the processor's mode: for forms that are all .ftz
};

/// Forms compiled by the lowerings alone, with the smallest Emit that can be: registers are LLVM
/// values, all lanes run.
class Compiled {
 public:
  /// Errors: ptx::Error, jit::Unsupported.
  Compiled(const std::vector<Form>& forms, const Variant& variant);
  ~Compiled();
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  /// Fills `out` of the rows; their number is a multiple of kRows.
  void run(std::size_t form, std::vector<Row>& rows) const;

 private:
  struct Jit;
  std::unique_ptr<Jit> jit_;
};

/// What is wrong with the code that `function` (registers named as in a form's module) lowers to;
/// empty if it is sound. Errors: jit::Unsupported.
std::string lowering_problem(const ptx::Function& function, const Variant& variant);

}  // namespace vgpu::golden
