#include "launcher/explain/steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "launcher/explain/call_groups.h"

namespace vgpu::explain {
namespace {

constexpr StepRow kRows[] = {
    {Step::none, "nothing", "", ""},
    {Step::look, "look for the library", "look", "libcuda.so"},
    {Step::find, "find it", "find", "a path that exists"},
    {Step::load, "load it", "load", "mapped by the loader"},
    {Step::symbols, "resolve its symbols", "symbols", "dlsym, cuGetProcAddress, or the loader"},
    {Step::initialise, "initialise the driver", "initialise", "cuInit"},
    {Step::devices, "count the GPUs", "count", "cuDeviceGetCount"},
    {Step::context, "make a context", "context", "cuCtxCreate, cuDevicePrimaryCtxRetain"},
    {Step::kernels, "load kernels", "kernels", "cuModuleLoad..., cuLibraryLoad..."},
    {Step::memory, "allocate memory", "memory", "cuMemAlloc..., cuMemCreate"},
    {Step::launch, "launch kernels", "launch", "cuLaunchKernel"},
};
static_assert(std::size(kRows) == kSteps);

StepState& at(Progress& progress, Step step) { return progress[static_cast<std::size_t>(step)]; }

/// Which of a library's facts is better to know: mapped, found, only looked for.
int weight(const Library& library) noexcept { return library.mapped ? 2 : library.found ? 1 : 0; }

void see_library(const Library& driver, Progress& progress) {
  if (!driver.attempts.empty())
    at(progress, Step::look) = {State::done, driver.attempts.front().at, driver.name};
  if (driver.found) {
    if (at(progress, Step::look).state == State::never)
      at(progress, Step::look) = {State::done, driver.found->at, driver.name};
    at(progress, Step::find) = {State::done, driver.found->at, driver.found->path};
  } else if (driver.failures > 0 && !driver.mapped) {
    const Attempt& last = driver.attempts.back();
    at(progress, Step::find) = {State::failed, last.at, last.path + ": " + last.error};
  }
  if (!driver.mapped) return;
  const Mapping& mapped = *driver.mapped;
  at(progress, Step::load) = {State::done, mapped.at, mapped.path};
  if (!mapped.needed_by.empty())
    at(progress, Step::symbols) = {State::done, mapped.at,
                                   "by the loader, for " + mapped.needed_by};
}

void see_symbols(const Program& program, Progress& progress) {
  StepState& symbols = at(progress, Step::symbols);
  // The C library answers dlsym by itself.
  if (symbols.state == State::never && at(progress, Step::load).state == State::done)
    symbols.state = State::unknown;
  if (program.symbols_good > 0)
    symbols = {State::done, *program.first_symbol,
               fmt::format("{}, the last was {}", program.symbols_good, program.last_symbol)};
  else if (program.symbols_bad > 0 && symbols.state == State::unknown)
    symbols = {State::failed, *program.first_symbol, program.last_symbol};
}

std::string said(const Call& call) {
  return call.args.empty() ? fmt::format("{} = {}", call.name, call.answer)
                           : fmt::format("{}({}) = {}", call.name, call.args, call.answer);
}

/// The last call of a kind says how the step stands.
void see_calls(const Calls& calls, StepState& step) {
  if (calls.last_good && (!calls.last_bad || calls.last_good->at.time > calls.last_bad->at.time))
    step = {State::done, calls.first_good->at, said(*calls.first_good)};
  else if (calls.last_bad)
    step = {State::failed, calls.first_bad->at, said(*calls.first_bad)};
}

void see_devices(const Program& program, StepState& step) {
  see_calls(program.of(CallGroup::count), step);
  const auto& good = program.of(CallGroup::count).last_good;
  if (step.state == State::done && good && number_in(good->args, "count").value_or(1) == 0)
    step = {State::failed, good->at, "no GPU"};
}

void see_kernels(const Program& program, StepState& step) {
  see_calls(program.of(CallGroup::load), step);
  const auto& bad = program.bad_load;
  if (bad && (!program.good_load || program.good_load->at.time < bad->at.time))
    step = {State::failed, bad->at, bad->answer};
  if (program.bad_compile && program.launches == 0)
    step = {State::failed, program.bad_compile->at,
            program.bad_compile->kernel + ": " + program.bad_compile->message};
}

void see_launches(const Program& program, StepState& step) {
  see_calls(program.of(CallGroup::launch), step);
  if (program.launches > 0)
    step = {State::done, *program.last_launch, fmt::format("{} launches", program.launches)};
  if (program.bad_launch &&
      (!program.last_launch || program.bad_launch->at.time > program.last_launch->time))
    step = {State::failed, program.bad_launch->at,
            program.bad_launch->name + ": " + program.bad_launch->answer};
}

/// A driver that is not ours shows itself only by the files that it opens.
void see_nodes(const Program& program, Progress& progress) {
  for (const auto& [path, node] : program.nodes)
    if (path == "/dev/nvidiactl" && node.good)
      at(progress, Step::initialise) = {State::done, node.good->at, "it opened " + path};
  const StepState& begun = at(progress, Step::initialise);
  for (std::size_t step = static_cast<std::size_t>(Step::symbols); step < kSteps; ++step)
    if (progress[step].state == State::never &&
        (begun.state == State::done || step <= static_cast<std::size_t>(Step::symbols)))
      progress[step].state = State::unknown;
}

}  // namespace

const StepRow& row_of(Step step) noexcept { return kRows[static_cast<std::size_t>(step)]; }

const Library* find_library(const Program& program, Role role) noexcept {
  const Library* best = nullptr;
  for (const auto& [name, library] : program.libraries)
    if (library.role == role && (best == nullptr || weight(library) > weight(*best)))
      best = &library;
  return best;
}

bool shows_calls(const Program& program) noexcept {
  const Library* driver = find_library(program, Role::driver);
  if (driver == nullptr || !driver->mapped) return true;
  // Our library is a file of this machine too: that its path led there was our doing.
  if (!driver->mapped->real || (driver->found && !driver->found->real)) return true;
  return std::ranges::any_of(program.calls,
                             [](const Calls& calls) { return calls.good + calls.bad > 0; });
}

Progress progress_of(const Program& program) {
  Progress progress;
  if (const Library* driver = find_library(program, Role::driver)) see_library(*driver, progress);
  see_symbols(program, progress);
  see_calls(program.of(CallGroup::init), at(progress, Step::initialise));
  see_devices(program, at(progress, Step::devices));
  see_calls(program.of(CallGroup::context), at(progress, Step::context));
  see_kernels(program, at(progress, Step::kernels));
  see_calls(program.of(CallGroup::memory), at(progress, Step::memory));
  see_launches(program, at(progress, Step::launch));
  // Looking for a library can be out of sight (it was in a cache), and so can its mapping, but
  // nobody calls what was not loaded. From the context on, steps may come in any order.
  Step reached = Step::none;
  for (std::size_t step = 1; step < kSteps; ++step)
    if (progress[step].state == State::done || progress[step].state == State::failed)
      reached = static_cast<Step>(step);
  const auto before = static_cast<std::size_t>(std::min(reached, Step::context));
  for (std::size_t step = 1; step < before; ++step)
    if (progress[step].state == State::never || progress[step].state == State::unknown ||
        (progress[step].state == State::failed &&
         step < static_cast<std::size_t>(Step::initialise)))
      progress[step] = {State::done, {}, "not seen, but later steps were"};
  const Library* driver = find_library(program, Role::driver);
  if (driver != nullptr && driver->mapped && !shows_calls(program)) see_nodes(program, progress);
  return progress;
}

Step last_done(const Progress& progress) noexcept {
  for (std::size_t step = kSteps; step-- > 1;)
    if (progress[step].state == State::done) return static_cast<Step>(step);
  return Step::none;
}

Step first_failed(const Progress& progress) noexcept {
  for (std::size_t step = 1; step < kSteps; ++step)
    if (progress[step].state == State::failed) return static_cast<Step>(step);
  return Step::none;
}

Step furthest(const Program& program) {
  const Library* driver = find_library(program, Role::driver);
  const bool own = program.first_symbol || program.launches > 0 ||
                   std::ranges::any_of(program.calls, [](const Calls& calls) {
                     return calls.good + calls.bad > 0;
                   });
  if (!own && (driver == nullptr || driver->inherited)) return Step::none;
  const Progress progress = progress_of(program);
  return std::max(last_done(progress), first_failed(progress));
}

}  // namespace vgpu::explain
