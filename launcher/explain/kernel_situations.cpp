#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "launcher/explain/call_groups.h"
#include "launcher/explain/situations.h"
#include "shim/abi/ptxas_words.h"

namespace vgpu::explain {
namespace {

std::string listed(const std::vector<std::string>& images) {
  return images.empty() ? "none that could be read" : fmt::format("{}", fmt::join(images, ", "));
}

/// A load that failed and that none has followed that did not.
const Images* last_load_failed(const Program& program) noexcept {
  const auto& bad = program.bad_load;
  if (!bad || (program.good_load && program.good_load->at.time > bad->at.time)) return nullptr;
  return &*bad;
}

bool is_ptx(const std::string& image) noexcept { return image.find("ptx") != image.npos; }

/// 75 of "compute_75 (ptx)" or of "sm_75a", 0 if there is no number.
int capability_of(std::string_view image) noexcept {
  const auto digit = image.find_first_of("0123456789");
  int value = 0;
  if (digit != image.npos)
    std::from_chars(image.data() + digit, image.data() + image.size(), value);
  return value;
}

/// A container holds nothing for this GPU, or PTX that the program gave itself is for others: then
/// the driver says what ptxas says.
bool is_for_others(const Images& images) noexcept {
  return images.answer == "CUDA_ERROR_NO_BINARY_FOR_GPU" ||
         (images.answer == "CUDA_ERROR_INVALID_PTX" &&
          images.message.find(kTargetIsNewer) != std::string::npos);
}

bool is_out_of_memory(const std::optional<Call>& call) noexcept {
  return call && call->answer == "CUDA_ERROR_OUT_OF_MEMORY";
}

/// What was asked for, for people.
std::string asked(const Call& call) {
  for (const std::string_view key : {"bytesize", "bytes", "size"})
    if (const auto bytes = number_in(call.args, key))
      return fmt::format("{} bytes ({:.1f} MiB)", *bytes, static_cast<double>(*bytes) / (1 << 20));
  return call.args;
}

void show_memory(const Program& program, Finding& finding) {
  if (program.told_memory)
    finding.show(
        program.told_memory->at,
        fmt::format("it was told {}({})", program.told_memory->name, program.told_memory->args));
}

/// When the driver last answered well. What is looked for after that and is not there, say a file
/// of kernels, may be why nothing was computed.
std::int64_t last_answer(const Program& program) noexcept {
  std::int64_t time = 0;
  for (const Calls& calls : program.calls)
    if (calls.last_good) time = std::max(time, calls.last_good->at.time);
  return time;
}

std::string amount(std::int64_t bytes) {
  return bytes < 1 << 20 ? fmt::format("{} bytes", bytes)
                         : fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace

Found machine_code_only(const Facts& facts, const Program& program) {
  const Images* bad = last_load_failed(program);
  if (bad == nullptr || bad->answer != "CUDA_ERROR_NO_BINARY_FOR_GPU" || bad->images.empty() ||
      std::ranges::any_of(bad->images, is_ptx))
    return std::nullopt;
  Finding finding{fmt::format("its images are machine code only ({}), and none is for this GPU",
                              listed(bad->images)),
                  listed(bad->images),
                  Step::kernels,
                  {},
                  nullptr};
  finding.show(bad->at, fmt::format("load: {} {}", bad->answer, bad->message));
  for (const std::string& gpu : facts.run().gpus) finding.show({}, "the GPU: " + gpu);
  return finding;
}

Found capability_too_low(const Facts& facts, const Program& program) {
  const Images* bad = last_load_failed(program);
  if (bad == nullptr || !is_for_others(*bad) || std::ranges::none_of(bad->images, is_ptx))
    return std::nullopt;
  int lowest = 0;
  for (const std::string& image : bad->images)
    if (is_ptx(image) && (lowest == 0 || capability_of(image) < lowest))
      lowest = capability_of(image);
  Finding finding{fmt::format("its images are {}: the GPU would have to be of compute capability "
                              "{}.{} or more",
                              listed(bad->images), lowest / 10, lowest % 10),
                  listed(bad->images),
                  Step::kernels,
                  {},
                  nullptr};
  finding.show(bad->at, fmt::format("load: {} {}", bad->answer, bad->message));
  for (const std::string& gpu : facts.run().gpus) finding.show({}, "the GPU: " + gpu);
  return finding;
}

Found image_refused(const Facts&, const Program& program) {
  const Images* bad = last_load_failed(program);
  const auto& calls = program.of(CallGroup::load);
  if (bad != nullptr) {
    Finding finding{
        fmt::format("loading kernels ended in {}: {}", bad->answer, meaning_of(bad->answer)),
        bad->message,
        Step::kernels,
        {},
        nullptr};
    return finding.show(bad->at, fmt::format("load of {}", listed(bad->images)));
  }
  if (!calls.last_bad || (calls.last_good && calls.last_good->at.time > calls.last_bad->at.time))
    return std::nullopt;
  const Call& call = *calls.last_bad;
  Finding finding{
      fmt::format("{} ended in {}: {}", call.name, call.answer, meaning_of(call.answer)),
      call.name,
      Step::kernels,
      {},
      nullptr};
  return finding.show(call.at, fmt::format("{}({}) = {}", call.name, call.args, call.answer));
}

Found kernel_not_compiled(const Facts&, const Program& program) {
  if (!program.bad_compile) return std::nullopt;
  const Compile& bad = *program.bad_compile;
  Finding finding{fmt::format("the kernel {} could not be compiled: {}", bad.kernel, bad.message),
                  bad.kernel,
                  Step::launch,
                  {},
                  nullptr};
  finding.show(bad.at, bad.message);
  if (program.bad_compiles > 1)
    finding.show(bad.at, fmt::format("{} kernels in all could not be compiled, {} could",
                                     program.bad_compiles, program.compiled));
  return finding;
}

Found kernel_failed(const Facts&, const Program& program) {
  const auto& calls = program.of(CallGroup::launch);
  const bool by_call =
      calls.last_bad && (!calls.last_good || calls.last_good->at.time < calls.last_bad->at.time);
  const std::optional<Call>& bad = program.bad_launch ? program.bad_launch
                                   : by_call          ? calls.last_bad
                                                      : program.bad_launch;
  if (!bad || (program.last_launch && program.last_launch->time > bad->at.time))
    return std::nullopt;
  if (bad->answer == "CUDA_ERROR_NOT_SUPPORTED" && program.bad_compile) return std::nullopt;
  Finding finding{
      fmt::format("{} ended in {}: {}", bad->name, bad->answer, meaning_of(bad->answer)),
      bad->name,
      Step::launch,
      {},
      nullptr};
  finding.show(bad->at, fmt::format("{} = {}", bad->name, bad->answer));
  if (program.launches > 0)
    finding.show(*program.last_launch,
                 fmt::format("{} launches before it were good", program.launches));
  return finding;
}

Found out_of_memory(const Facts& facts, const Program& program) {
  const auto& calls = program.of(CallGroup::memory);
  const std::optional<Call>& bad =
      is_out_of_memory(calls.last_bad) ? calls.last_bad : program.of(CallGroup::context).last_bad;
  if (!is_out_of_memory(bad)) return std::nullopt;
  // Who tried less and went on has not failed.
  if (program.last_launch && program.last_launch->time > bad->at.time) return std::nullopt;
  Finding finding{
      fmt::format("{} asked for {} and got CUDA_ERROR_OUT_OF_MEMORY", bad->name, asked(*bad)),
      bad->name,
      Step::memory,
      {},
      nullptr};
  finding.show(bad->at, fmt::format("{}({}) = {}", bad->name, bad->args, bad->answer));
  if (program.peak > 0)
    finding.show({}, fmt::format("the most that it held: {:.1f} MiB",
                                 static_cast<double>(program.peak) / (1 << 20)));
  for (const std::string& gpu : facts.run().gpus) finding.show({}, "the GPU: " + gpu);
  show_memory(program, finding);
  return finding;
}

Found unsupported_call(const Facts&, const Program& program) {
  // A monitor shows what it can get, and a program that computes does not need NVML for it.
  const auto first = std::ranges::find(program.unsupported, false, &Unsupported::watches);
  if (first == program.unsupported.end() || program.launches > 0) return std::nullopt;
  Finding finding{fmt::format("{} is not implemented, and the program called it", first->call),
                  first->call,
                  Step::kernels,
                  {},
                  nullptr};
  for (const Unsupported& each : program.unsupported)
    finding.show(each.at, fmt::format("{}, {} times", each.call, each.count));
  return finding;
}

Found gpu_used(const Facts& facts, const Program& program) {
  const auto by_calls = program.of(CallGroup::launch).good;
  const std::int64_t launches = std::max(program.launches, by_calls);
  if (launches == 0) return std::nullopt;
  Finding finding{
      fmt::format("the GPU was used: {} launches", launches), "", Step::none, {}, nullptr};
  if (program.launch_time > 0)
    finding.what += fmt::format(" in {:.3f} ms", static_cast<double>(program.launch_time) * 1e-6);
  if (program.copies > 0)
    finding.what += fmt::format(", {} copies of {}", program.copies, amount(program.copied));
  if (program.peak > 0)
    finding.what += fmt::format(", at most {} of device memory", amount(program.peak));
  if (program.last_launch) finding.show(*program.last_launch, "the last launch");
  if (program.compiled + program.from_cache > 0)
    finding.show({}, fmt::format("kernels: {} compiled, {} from the cache", program.compiled,
                                 program.from_cache));
  for (const std::string& gpu : facts.run().gpus) finding.show({}, "the GPU: " + gpu);
  for (const Unsupported& each : program.unsupported)
    finding.show(each.at, fmt::format("not implemented: {}, {} times", each.call, each.count));
  return finding;
}

Found only_watched(const Facts&, const Program& program) {
  const Calls& calls = program.of(CallGroup::nvml);
  const Calls& init = program.of(CallGroup::nvml_init);
  if (init.good == 0 || program.of(CallGroup::init).good > 0) return std::nullopt;
  Finding finding{
      fmt::format("it asked NVML {} times, {} of them in vain", calls.good + calls.bad, calls.bad),
      "",
      Step::none,
      {},
      nullptr};
  if (init.first_good) finding.show(init.first_good->at, init.first_good->name);
  if (calls.last_bad)
    finding.show(calls.last_bad->at,
                 fmt::format("{} = {}", calls.last_bad->name, calls.last_bad->answer));
  return finding;
}

namespace {

/// A library of the program's own, missing while the driver works, concerns other devices mostly.
bool concerns_nvidia(const Failure& failure) {
  const bool other =
      failure.kind == Failure::Kind::library && role_of(failure.what) == Role::library;
  return !other && names_a_gpu(failure.what);
}

}  // namespace

Found seen_not_used(const Facts& facts, const Program& program) {
  const Calls& init = program.of(CallGroup::init);
  if (init.good == 0) return std::nullopt;
  const Progress progress = progress_of(program);
  Finding finding{
      fmt::format("the driver was initialised, and the last step done was to {}: nothing "
                  "was computed",
                  row_of(last_done(progress)).name),
      "",
      Step::launch,
      {},
      nullptr};
  for (std::size_t step = static_cast<std::size_t>(last_done(progress)) + 1; step < kSteps; ++step)
    if (progress[step].state == State::never) {
      finding.step = static_cast<Step>(step);
      break;
    }
  show_memory(program, finding);
  for (const std::string& gpu : facts.run().gpus) finding.show({}, "the GPU: " + gpu);
  const std::int64_t told = last_answer(program);
  std::set<std::string_view> names;  // one that is looked for in many places is told once
  for (const Failure& failure : program.failures) {
    const bool is_call = failure.kind == Failure::Kind::call;
    if (!is_call &&
        (is_for_others(failure.what) || (failure.at.time <= told && !concerns_nvidia(failure))))
      continue;
    const std::string_view name(failure.what);
    if (!is_call && !names.insert(name.substr(name.rfind('/') + 1)).second) continue;
    finding.file = fmt::format("{}: {}", failure.what, failure.error);
    finding.show(failure.at, "failed: " + finding.file);
  }
  return finding;
}

}  // namespace vgpu::explain
