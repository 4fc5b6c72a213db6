#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/explain/program.h"

namespace vgpu::explain {

/// What a program does to compute on a GPU, in this order.
enum class Step : std::uint8_t {
  none,
  look,
  find,
  load,
  symbols,
  initialise,
  devices,
  context,
  kernels,
  memory,
  launch,
};
inline constexpr std::size_t kSteps = 11;

struct StepRow {
  Step step;
  std::string_view name;  ///< "initialise the driver"
  std::string_view word;  ///< "initialise"
  std::string_view how;   ///< what is seen of it: "cuInit"
};

const StepRow& row_of(Step step) noexcept;

enum class State : std::uint8_t {
  never,
  done,
  failed,
  unknown,  ///< it may have happened: it cannot be seen
};

struct StepState {
  State state = State::never;
  Place at;
  std::string detail;
};

using Progress = std::array<StepState, kSteps>;

/// How far a program came. A step is done if something later is, whether it was seen or not.
Progress progress_of(const Program& program);

/// The furthest step that the program did or tried itself.
Step furthest(const Program& program);
/// The last that was done, and the first that failed: Step::none if there is none.
Step last_done(const Progress& progress) noexcept;
Step first_failed(const Progress& progress) noexcept;

/// The driver library, or nullptr: the one that is mapped, else one that was found, else the one
/// that was looked for.
const Library* find_library(const Program& program, Role role) noexcept;

/// Can calls of this program be seen? Those of a driver that is not ours cannot.
bool shows_calls(const Program& program) noexcept;

}  // namespace vgpu::explain
