#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "launcher/explain/call_groups.h"
#include "launcher/explain/situations.h"

namespace vgpu::explain {
namespace {

constexpr std::string_view kFaults[] = {"SIGSEGV", "SIGBUS",  "SIGILL", "SIGABRT",
                                        "SIGFPE",  "SIGTRAP", "SIGSYS"};

bool is_fault(std::string_view signal) noexcept {
  return std::ranges::find(kFaults, signal) != std::end(kFaults);
}

/// The driver library that the program itself has loaded; nullptr: it has not.
const Library* loaded_driver(const Program& program) noexcept {
  const Library* driver = find_library(program, Role::driver);
  return driver != nullptr && driver->mapped && !driver->inherited ? driver : nullptr;
}

/// Between the driver's loading and the first kernel.
bool is_starting(const Program& program) noexcept {
  if (program.launches > 0 || program.of(CallGroup::launch).good > 0) return false;
  return loaded_driver(program) != nullptr || !has_no_calls(program);
}

std::string in_the_middle_of(const Program& program) {
  if (program.unfinished)
    return fmt::format("in the middle of {}({})", program.unfinished->name,
                       program.unfinished->args);
  const Progress progress = progress_of(program);
  return fmt::format("after the step to {}", row_of(last_done(progress)).name);
}

Finding ended_finding(const Program& program, std::string by) {
  const Library* driver = loaded_driver(program);
  const std::int64_t begin = driver != nullptr ? driver->mapped->at.time : program.began.time;
  Finding finding{
      fmt::format("{} ended it{}, {:.3f} s after it had loaded the driver, {}", program.end->signal,
                  by, static_cast<double>(program.end->at.time - begin) * 1e-9,
                  in_the_middle_of(program)),
      program.unfinished ? program.unfinished->name : "",
      Step::none,
      {},
      nullptr};
  const Progress progress = progress_of(program);
  for (std::size_t step = static_cast<std::size_t>(last_done(progress)) + 1; step < kSteps; ++step)
    if (finding.step == Step::none) finding.step = static_cast<Step>(step);
  if (driver != nullptr) finding.show(driver->mapped->at, "loaded " + driver->mapped->path);
  if (program.unfinished)
    finding.show(program.unfinished->at,
                 fmt::format("began {}({})", program.unfinished->name, program.unfinished->args));
  return finding.show(program.end->at, fmt::format("ended by {}{}", program.end->signal, by));
}

/// What failed after `after`, the likeliest reason first: what has to do with GPUs by its name,
/// then the last.
std::vector<const Failure*> failures_after(const Program& program, const Place& after) {
  std::vector<const Failure*> failures;
  for (const Failure& each : program.failures)
    if (each.at.time > after.time) failures.push_back(&each);
  std::ranges::sort(failures, std::greater<>(), [](const Failure* each) {
    return std::tuple(!is_for_others(each->what), names_a_gpu(each->what), each->at.time);
  });
  return failures;
}

}  // namespace

Found killed_while_starting(const Facts&, const Program& program) {
  if (!program.end || program.end->signal.empty() || is_fault(program.end->signal) ||
      !is_starting(program))
    return std::nullopt;
  const End& end = *program.end;
  if (end.sender == 0) return ended_finding(program, " (who sent it is not known)");
  const bool parent = std::ranges::any_of(
      program.ancestors, [&](const Ancestor& each) { return each.pid == end.sender; });
  return ended_finding(program, fmt::format(", sent by {}{} (pid {})", parent ? "its parent " : "",
                                            end.sender_command, end.sender));
}

Found crashed_while_starting(const Facts&, const Program& program) {
  if (!program.end || !is_fault(program.end->signal) || !is_starting(program)) return std::nullopt;
  return ended_finding(program, "");
}

Found prerequisite_failed(const Facts&, const Program& program) {
  const Library* driver = loaded_driver(program);
  if (driver == nullptr || !has_no_calls(program) || !shows_calls(program)) return std::nullopt;
  // After the last symbol rather than after the mapping, if symbols can be seen.
  const Place& after =
      program.first_symbol && program.symbols_good > 0 ? *program.first_symbol : driver->mapped->at;
  const auto failures = failures_after(program, after);
  if (failures.empty()) return std::nullopt;
  const Failure& last = *failures.front();
  Finding finding{fmt::format("it loaded {}{} and called nothing: the last thing that failed after "
                              "that is {} ({})",
                              driver->name,
                              program.symbols_good > 0
                                  ? fmt::format(", resolved {} symbols", program.symbols_good)
                                  : "",
                              last.what, last.error),
                  fmt::format("{}: {}", last.what, last.error),
                  Step::initialise,
                  {},
                  nullptr};
  finding.show(driver->mapped->at, "loaded " + driver->mapped->path);
  if (program.first_symbol)
    finding.show(*program.first_symbol,
                 fmt::format("symbols: {} resolved, {} not, the last was {}", program.symbols_good,
                             program.symbols_bad, program.last_symbol));
  constexpr std::size_t kShown = 5;
  for (std::size_t at = 0; at < std::min(failures.size(), kShown); ++at)
    finding.show(failures[at]->at,
                 fmt::format("failed: {}: {}", failures[at]->what, failures[at]->error));
  if (const Variable* path = find_variable(program, "LD_LIBRARY_PATH");
      path != nullptr && path->by != 0)
    finding.show(path->at, fmt::format("LD_LIBRARY_PATH={}, {}", path->value, who_set(*path)));
  return finding;
}

Found never_called(const Facts&, const Program& program) {
  const Library* driver = loaded_driver(program);
  if (driver == nullptr || !has_no_calls(program) || !shows_calls(program)) return std::nullopt;
  Finding finding{
      fmt::format("it loaded {} and called nothing, and nothing that can be seen failed "
                  "after that",
                  driver->name),
      driver->mapped->path,
      Step::initialise,
      {},
      nullptr};
  finding.show(driver->mapped->at, "loaded " + driver->mapped->path);
  if (program.first_symbol)
    finding.show(*program.first_symbol, fmt::format("symbols: {} resolved, the last was {}",
                                                    program.symbols_good, program.last_symbol));
  std::size_t shown = 0;
  for (auto each = program.failures.rbegin(); each != program.failures.rend() && shown < 3;
       ++each) {
    finding.show(each->at, fmt::format("failed before: {}: {}", each->what, each->error));
    ++shown;
  }
  return finding;
}

Found calls_unseen(const Facts&, const Program& program) {
  const Library* driver = loaded_driver(program);
  if (driver == nullptr || shows_calls(program)) return std::nullopt;
  const auto node = program.nodes.find("/dev/nvidiactl");
  const bool initialised = node != program.nodes.end() && node->second.good;
  Finding finding{fmt::format("it loaded {}, which is not ours; {}", driver->mapped->path,
                              initialised ? "the driver then opened /dev/nvidiactl, so it was "
                                            "initialised, and what came after cannot be seen"
                                          : "/dev/nvidiactl was not opened after that, so it was "
                                            "probably never initialised"),
                  driver->mapped->path,
                  initialised ? Step::none : Step::initialise,
                  {},
                  nullptr};
  finding.show(driver->mapped->at, "loaded " + driver->mapped->path);
  for (auto each = program.failures.rbegin(); each != program.failures.rend(); ++each)
    if (each->at.time > driver->mapped->at.time && finding.evidence.size() < 5)
      finding.show(each->at, fmt::format("failed: {}: {}", each->what, each->error));
  return finding;
}

}  // namespace vgpu::explain
