#include <algorithm>

#include "launcher/explain/record.h"

namespace vgpu::explain {
namespace {

/// Folders in which the loader looks for libraries made for this very processor, in each folder of
/// its list; that they are not there says nothing. Source: glibc's elf/dl-hwcaps.c, up to 2.36.
constexpr std::string_view kLoaderFolders[] = {"glibc-hwcaps", "x86-64-v2", "x86-64-v3",
                                               "x86-64-v4",    "tls",       "haswell",
                                               "xeon_phi",     "avx512_1",  "x86_64"};

bool is_loaders_own(std::string_view path) noexcept {
  return std::ranges::find(kLoaderFolders, path.substr(path.rfind('/') + 1)) !=
         std::end(kLoaderFolders);
}

using tracer::Event;
using tracer::Key;

constexpr std::size_t kMostLibraries = 400;
constexpr std::size_t kMostAttempts = 16;
constexpr std::size_t kMostNodes = 40;
constexpr std::size_t kMostFailures = 24;

/// nullptr: there are too many already.
Library* library_of(Program& program, std::string_view name, Role role) {
  const auto known = program.libraries.find(name);
  if (known != program.libraries.end()) return &known->second;
  if (program.libraries.size() >= kMostLibraries) {
    ++program.libraries_left_out;
    return nullptr;
  }
  Library& library = program.libraries[std::string(name)];
  library.name = name;
  library.role = role;
  return &library;
}

Attempt attempt_of(const Event& event, const Place& at) {
  return {clipped(event.text(Key::path)),
          std::string(event.text(Key::error)),
          std::string(event.text(Key::call)),
          clipped(event.text(Key::resolved)),
          at,
          event.number(Key::real, 1) != 0};
}

void record_library(Program& program, Role role, Attempt attempt) {
  const std::string name = clipped(file_name(attempt.path));
  Library* library = library_of(program, name, role);
  if (library == nullptr) return;
  // The toolkit's stub is there on machines without a driver: it counts if it is loaded.
  const bool is_stub = role == Role::driver && attempt.path.find("/stubs/") != std::string::npos;
  if (is_stub && attempt.error.empty()) return;
  if (attempt.error.empty()) {
    if (!library->found) library->found = std::move(attempt);
    return forgive(program, Failure::Kind::library, name);
  }
  // Loaders look below each folder for builds for newer processors: that is one place.
  if (is_for_processors(attempt.path)) return;
  ++library->failures;
  if (!library->found && !library->mapped)
    add_failure(program, {Failure::Kind::library, name, attempt.error, attempt.at});
  if (library->attempts.size() < kMostAttempts) library->attempts.push_back(std::move(attempt));
}

void record_node(Program& program, Role role, Attempt attempt) {
  const auto known = program.nodes.find(attempt.path);
  if (known == program.nodes.end() && program.nodes.size() >= kMostNodes) return;
  Node& node = program.nodes[attempt.path];
  node.role = role;
  if (attempt.error.empty()) {
    forgive(program, Failure::Kind::file, attempt.path);
    node.good = std::move(attempt);
  } else {
    if (!is_loaders_own(attempt.path))
      add_failure(program, {Failure::Kind::file, attempt.path, attempt.error, attempt.at});
    node.bad = std::move(attempt);
  }
}

}  // namespace

std::string clipped(std::string_view text, std::size_t most) {
  return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "...";
}

void add_failure(Program& program, Failure failure) {
  auto& failures = program.failures;
  const auto same = std::ranges::find_if(failures, [&](const Failure& each) {
    return each.kind == failure.kind && each.what == failure.what;
  });
  if (same != failures.end()) failures.erase(same);
  if (failures.size() >= kMostFailures) {
    failures.pop_front();
    ++program.failures_left_out;
  }
  failures.push_back(std::move(failure));
}

void forgive(Program& program, Failure::Kind kind, std::string_view what) {
  std::erase_if(program.failures,
                [&](const Failure& each) { return each.kind == kind && each.what == what; });
}

void record_file(Program& program, const Event& event, const Place& at) {
  const std::string_view path = event.text(Key::path);
  const Role role = role_of(path);
  switch (role) {
    case Role::none:
      if (!event.text(Key::error).empty() && !is_noise(path) && !is_loaders_own(path))
        add_failure(program,
                    {Failure::Kind::file, clipped(path), std::string(event.text(Key::error)), at});
      return;
    case Role::node:
    case Role::uvm:
    case Role::proc:
      return record_node(program, role, attempt_of(event, at));
    case Role::library:
      if (is_noise(path)) return;
      [[fallthrough]];
    case Role::driver:
    case Role::nvml:
    case Role::runtime:
    case Role::toolkit:
    case Role::backend:
    case Role::smi:
      return record_library(program, role, attempt_of(event, at));
  }
}

void record_map(Program& program, const Event& event, const Place& at) {
  if (!event.text(Key::error).empty()) return;
  const std::string resolved = clipped(event.text(Key::resolved));
  const std::string_view given = event.text(Key::library);
  const std::string name = clipped(file_name(given.empty() ? resolved : given));
  Role role = role_of(name);
  if (role == Role::none) role = Role::library;
  Library* library = library_of(program, name, role);
  if (library == nullptr) return;
  forgive(program, Failure::Kind::library, name);
  if (!library->mapped)
    library->mapped =
        Mapping{resolved, std::string(event.text(Key::machine)),
                std::string(event.text(Key::needed_by)), event.number(Key::real, 1) != 0, at};
}

void record_symbol(Program& program, const Event& event, const Place& at) {
  const Role role = role_of(event.text(Key::library));
  if (role != Role::driver && role != Role::nvml && !event.text(Key::library).empty()) return;
  const std::string name = clipped(event.text(Key::name), 120);
  if (!program.first_symbol) program.first_symbol = at;
  program.last_symbol = name;
  // Runtimes ask for functions of newer drivers too, to learn which there are: no failure.
  ++(event.number(Key::result) == 0 ? program.symbols_good : program.symbols_bad);
}

void record_failed_exec(Program& program, const Event& event, const Place& at) {
  Attempt attempt = attempt_of(event, at);
  const std::string name = clipped(file_name(attempt.path));
  if (role_of(attempt.path) == Role::smi) record_library(program, Role::smi, attempt);
  add_failure(program, {Failure::Kind::exec, name, attempt.error, at});
}

}  // namespace vgpu::explain
