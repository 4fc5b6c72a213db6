#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/explain/facts.h"
#include "launcher/explain/steps.h"

namespace vgpu::explain {

struct Evidence {
  Place at;
  std::string text;
};

/// What a check has found, in facts of this run.
struct Finding {
  std::string what;  ///< one sentence
  std::string file;  ///< the file, library, variable or call that decided; may be empty
  Step step = Step::none;
  std::vector<Evidence> evidence;
  const Program* program =
      nullptr;  ///< whose it is, where that is not the one that was asked about

  Finding& show(const Place& at, std::string text) {
    evidence.push_back({at, std::move(text)});
    return *this;
  }
};

enum class Kind : std::uint8_t {
  failure,  ///< the GPU was not used, or not as it was asked for
  hint,     ///< a failure that says less than others
  used,
  unknown,  ///< it cannot be told, and why
};

enum class Scope : std::uint8_t {
  program,
  run,  ///< asked once, of the first program, if no program has found anything
};

/// One situation that the diagnosis knows. docs/EXPLAIN.md lists these rows.
struct CheckRow {
  std::string_view id;
  Kind kind;
  Scope scope;
  std::string_view looks_at;
  std::string_view means;
  std::string_view remedy;  ///< one sentence
  std::optional<Finding> (*check)(const Facts&, const Program&);
};

/// In the order in which they are asked: the first that matches is a program's verdict.
std::span<const CheckRow> check_rows() noexcept;

}  // namespace vgpu::explain
