#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "launcher/explain/call_groups.h"
#include "launcher/explain/situations.h"

namespace vgpu::explain {
namespace {

constexpr std::string_view kVisible = "CUDA_VISIBLE_DEVICES";

std::string said(const Call& call) {
  return fmt::format("{}({}) = {}", call.name, call.args, call.answer);
}

bool answered(const std::optional<Call>& call, std::string_view answer) noexcept {
  return call && call->answer == answer;
}

/// The failed call by which the driver or NVML was to be initialised, if it never succeeded.
const Call* failed_init(const Program& program) noexcept {
  for (const CallGroup group : {CallGroup::init, CallGroup::nvml_init}) {
    const Calls& calls = program.of(group);
    if (calls.last_bad && calls.good == 0) return &*calls.last_bad;
  }
  return nullptr;
}

const Attempt* failed_node(const Program& program, Role role,
                           std::initializer_list<std::string_view> errors) noexcept {
  for (const auto& [path, node] : program.nodes)
    if (node.role == role && node.bad && !node.good &&
        std::ranges::find(errors, node.bad->error) != errors.end())
      return &*node.bad;
  return nullptr;
}

Finding node_finding(const Attempt& bad) {
  Finding finding{
      fmt::format("{} of {} failed: {}", bad.call.empty() ? "use" : bad.call, bad.path, bad.error),
      bad.path,
      Step::initialise,
      {},
      nullptr};
  return finding.show(bad.at, fmt::format("{} {}: {}", bad.call, bad.path, bad.error));
}

bool is_loaded(const Program& program, Role role) noexcept {
  const Library* library = find_library(program, role);
  return library != nullptr && library->mapped && !library->inherited;
}

/// "580.159.04" of "libcuda.so.580.159.04"; empty if the name has no version of a driver.
std::string_view driver_version(std::string_view path) noexcept {
  const auto at = path.rfind(".so.");
  if (at == path.npos) return {};
  const std::string_view version = path.substr(at + 4);
  return version.find('.') == version.npos ? std::string_view() : version;
}

/// 13 of "libcudart.so.13"; 0 if there is none.
int major_of(std::string_view name) noexcept {
  const auto at = name.rfind(".so.");
  int major = 0;
  if (at != name.npos) std::from_chars(name.data() + at + 4, name.data() + name.size(), major);
  return major;
}

/// Has the program gone on after it was told of GPUs?
bool got_further(const Program& program) noexcept {
  return program.of(CallGroup::context).good > 0 || program.of(CallGroup::device).good > 0;
}

/// The call that said that there is no GPU.
const Call* no_gpu(const Program& program) noexcept {
  const auto& init = program.of(CallGroup::init);
  if (answered(init.last_bad, "CUDA_ERROR_NO_DEVICE") && init.good == 0) return &*init.last_bad;
  const auto& count = program.of(CallGroup::count);
  if (answered(count.last_bad, "CUDA_ERROR_NO_DEVICE") && count.good == 0) return &*count.last_bad;
  if (count.last_good && number_in(count.last_good->args, "count") == 0 && !got_further(program))
    return &*count.last_good;
  return nullptr;
}

}  // namespace

Found stub_library(const Facts&, const Program& program) {
  const Library* driver = find_library(program, Role::driver);
  const bool stub_path = driver != nullptr && driver->mapped &&
                         driver->mapped->path.find("/stubs/") != std::string::npos;
  const Calls& init = program.of(CallGroup::init);
  if (!stub_path && !answered(init.last_bad, "CUDA_ERROR_STUB_LIBRARY")) return std::nullopt;
  const std::string path =
      driver != nullptr && driver->mapped ? driver->mapped->path : "libcuda.so";
  Finding finding{"the toolkit's stub was loaded: " + path, path, Step::initialise, {}, nullptr};
  if (stub_path) finding.show(driver->mapped->at, "mapped " + path);
  if (init.last_bad) finding.show(init.last_bad->at, said(*init.last_bad));
  if (const Variable* path_variable = find_variable(program, "LD_LIBRARY_PATH");
      path_variable != nullptr && path_variable->set)
    finding.show(path_variable->at, fmt::format("LD_LIBRARY_PATH={}, {}", path_variable->value,
                                                who_set(*path_variable)));
  return finding;
}

Found version_mismatch(const Facts&, const Program& program) {
  if (const Call* bad = failed_init(program);
      bad != nullptr && (bad->answer == "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH" ||
                         bad->answer == "NVML_ERROR_LIB_RM_VERSION_MISMATCH")) {
    Finding finding{
        fmt::format("{} ended in {}: {}", bad->name, bad->answer, meaning_of(bad->answer)),
        bad->name,
        Step::initialise,
        {},
        nullptr};
    return finding.show(bad->at, said(*bad));
  }
  const Library* driver = find_library(program, Role::driver);
  const Library* nvml = find_library(program, Role::nvml);
  if (driver == nullptr || nvml == nullptr || !driver->mapped || !nvml->mapped) return std::nullopt;
  const auto one = driver_version(driver->mapped->path);
  const auto other = driver_version(nvml->mapped->path);
  if (one.empty() || other.empty() || one == other || program.launches > 0) return std::nullopt;
  Finding finding{
      fmt::format("it loaded libcuda of driver {} and libnvidia-ml of driver {}", one, other),
      driver->mapped->path,
      Step::initialise,
      {},
      nullptr};
  finding.show(driver->mapped->at, "mapped " + driver->mapped->path);
  return finding.show(nvml->mapped->at, "mapped " + nvml->mapped->path);
}

Found driver_too_old(const Facts&, const Program& program) {
  if (program.launches > 0) return std::nullopt;
  const auto& load = program.of(CallGroup::load);
  const bool by_image =
      program.bad_load && program.bad_load->answer == "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
  if (by_image || answered(load.last_bad, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION")) {
    Finding finding{"its PTX was made by a newer toolkit than the driver knows",
                    "",
                    Step::kernels,
                    {},
                    nullptr};
    return finding.show(by_image ? program.bad_load->at : load.last_bad->at,
                        by_image ? program.bad_load->message : said(*load.last_bad));
  }
  for (const CallGroup group : {CallGroup::init, CallGroup::other, CallGroup::device})
    if (const auto& bad = program.of(group).last_bad;
        answered(bad, "CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER")) {
      Finding finding{fmt::format("{} needs a newer driver", bad->name),
                      bad->name,
                      Step::initialise,
                      {},
                      nullptr};
      return finding.show(bad->at, said(*bad));
    }
  const auto& version = program.of(CallGroup::version).last_good;
  if (!version || got_further(program)) return std::nullopt;
  const auto known = number_in(version->args, "version");
  const Library* runtime = find_library(program, Role::runtime);
  if (!known || runtime == nullptr || !runtime->mapped) return std::nullopt;
  const int wanted = major_of(runtime->name);
  if (wanted == 0 || *known / 1000 >= wanted) return std::nullopt;
  Finding finding{fmt::format("the driver is for CUDA {}.{}, and {} needs CUDA {}.0 or later",
                              *known / 1000, *known % 1000 / 10, runtime->name, wanted),
                  runtime->mapped->path,
                  Step::initialise,
                  {},
                  nullptr};
  finding.show(version->at, said(*version));
  return finding.show(runtime->mapped->at, "mapped " + runtime->mapped->path);
}

Found node_permission(const Facts&, const Program& program) {
  if (program.launches > 0) return std::nullopt;
  for (const Role role : {Role::node, Role::uvm})
    if (const Attempt* bad = failed_node(program, role, {"EACCES", "EPERM"}); bad != nullptr)
      return node_finding(*bad);
  return std::nullopt;
}

Found module_not_loaded(const Facts&, const Program& program) {
  if (const Call* bad = failed_init(program);
      bad != nullptr && bad->answer == "NVML_ERROR_DRIVER_NOT_LOADED") {
    Finding finding{fmt::format("{} ended in {}", bad->name, bad->answer),
                    bad->name,
                    Step::initialise,
                    {},
                    nullptr};
    return finding.show(bad->at, said(*bad));
  }
  if (!is_loaded(program, Role::driver) && !is_loaded(program, Role::nvml)) return std::nullopt;
  for (const auto& [path, node] : program.nodes)
    if (path == "/dev/nvidiactl" && node.bad && !node.good &&
        (node.bad->error == "ENOENT" || node.bad->error == "ENXIO" || node.bad->error == "ENODEV"))
      return node_finding(*node.bad);
  return std::nullopt;
}

namespace {

bool has_driver(const Program& program) {
  return std::ranges::any_of(program.libraries, [](const auto& row) {
    return row.second.role == Role::driver && row.second.mapped;
  });
}

}  // namespace

Found uvm_missing(const Facts&, const Program& program) {
  // Without the driver's library it is none of CUDA's failures: supervisors and tools look there
  // too.
  if (program.launches > 0 || !has_driver(program)) return std::nullopt;
  const Attempt* bad =
      failed_node(program, Role::uvm, {"ENOENT", "ENXIO", "ENODEV", "EIO", "EINVAL"});
  return bad == nullptr ? std::nullopt : Found(node_finding(*bad));
}

Found devices_hidden(const Facts&, const Program& program) {
  const Call* call = no_gpu(program);
  const Variable* visible = find_variable(program, kVisible);
  if (call == nullptr || visible == nullptr || !visible->set) return std::nullopt;
  const std::string setting = fmt::format("{}=\"{}\"", kVisible, visible->value);
  Finding finding{fmt::format("{} hides all GPUs; {}", setting, who_set(*visible)),
                  setting,
                  Step::devices,
                  {},
                  nullptr};
  finding.show(call->at, said(*call));
  return finding.show(visible->at, fmt::format("{} {}", setting, who_set(*visible)));
}

Found no_device(const Facts&, const Program& program) {
  const Call* call = no_gpu(program);
  if (call == nullptr) return std::nullopt;
  Finding finding{fmt::format("{} says that there is no GPU", call->name),
                  call->name,
                  Step::devices,
                  {},
                  nullptr};
  finding.show(call->at, said(*call));
  return finding.show({}, fmt::format("{} was not set when the program began; what it sets itself "
                                      "cannot be seen",
                                      kVisible));
}

Found init_failed(const Facts&, const Program& program) {
  const Call* bad = failed_init(program);
  if (bad == nullptr) return std::nullopt;
  const std::string_view meaning = meaning_of(bad->answer);
  Finding finding{fmt::format("{} ended in {}: {}", bad->name, bad->answer,
                              meaning.empty() ? "the table of meanings does not have it" : meaning),
                  bad->name,
                  Step::initialise,
                  {},
                  nullptr};
  finding.show(bad->at, said(*bad));
  for (const Failure& failure : program.failures)
    if (failure.kind == Failure::Kind::file && failure.at.time < bad->at.time &&
        names_a_gpu(failure.what))
      finding.show(failure.at, fmt::format("before it: {}: {}", failure.what, failure.error));
  return finding;
}

Found context_failed(const Facts&, const Program& program) {
  const Calls& calls = program.of(CallGroup::context);
  if (!calls.last_bad || calls.good > 0) return std::nullopt;
  Finding finding{fmt::format("{} ended in {}: {}", calls.last_bad->name, calls.last_bad->answer,
                              meaning_of(calls.last_bad->answer)),
                  calls.last_bad->name,
                  Step::context,
                  {},
                  nullptr};
  return finding.show(calls.last_bad->at, said(*calls.last_bad));
}

}  // namespace vgpu::explain
