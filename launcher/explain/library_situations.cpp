#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "launcher/explain/situations.h"
#include "tracer/sys/unique_fd.h"
#include "tracer/trace/elf.h"

namespace vgpu::explain {
namespace {

bool is_gpu_library(const Library& library) noexcept {
  return library.role == Role::driver || library.role == Role::nvml ||
         library.role == Role::runtime || library.role == Role::toolkit ||
         library.role == Role::backend;
}

bool is_there(const Library& library) noexcept {
  return !library.inherited && (library.found || library.mapped);
}

const std::string& path_of(const Library& library) noexcept {
  if (library.mapped) return library.mapped->path;
  return library.found->resolved.empty() ? library.found->path : library.found->resolved;
}

/// A library's file on this machine, as it is now; empty if it is not there or no regular file. It
/// may be hostile: to open another kind may have effects.
tracer::UniqueFd open_file(const Library& library) {
  tracer::UniqueFd file(
      ::open(path_of(library).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  return file;
}

/// nullopt: it cannot be read here, or is no ELF file.
std::optional<tracer::ElfFile> read_library(const Library& library) {
  const auto fd = open_file(library);
  if (!fd) return std::nullopt;
  tracer::ElfFile file = tracer::read_elf(fd.get());
  if (file.machine.empty()) return std::nullopt;
  return file;
}

tracer::ElfVersions versions_of(const Library& library) {
  const auto fd = open_file(library);
  return fd ? tracer::read_elf_versions(fd.get()) : tracer::ElfVersions();
}

const Place& place_of(const Library& library) noexcept {
  return library.found ? library.found->at : library.mapped->at;
}

/// The first of the program's own libraries for CUDA, or of the driver's, that is there.
template <class Wanted>
const Library* first_library(const Program& program, const Wanted& wanted) {
  const Library* first = nullptr;
  for (const auto& [name, library] : program.libraries)
    if (is_there(library) && wanted(library) &&
        (first == nullptr || place_of(library).time < place_of(*first).time))
      first = &library;
  return first;
}

/// Does `library` say that it needs `name`? nullopt: its file cannot be read here.
std::optional<bool> needs(const Library& library, const std::string& name) {
  const auto file = read_library(library);
  if (!file) return std::nullopt;
  return std::ranges::find(file->needed, name) != file->needed.end();
}

}  // namespace

Found wrong_architecture(const Facts&, const Program& program) {
  if (program.machine.empty() || !has_no_calls(program)) return std::nullopt;
  const Library* found = first_library(program, [&](const Library& library) {
    if (!is_gpu_library(library) || (library.mapped && library.mapped->machine.empty()))
      return false;
    if (library.mapped) return library.mapped->machine != program.machine;
    const auto file = read_library(library);
    // Ours, which nobody can read by that path, is for x86_64.
    return file ? file->machine != program.machine
                : library.role == Role::driver && program.machine == "i386";
  });
  if (found == nullptr) return std::nullopt;
  const auto file = read_library(*found);
  const std::string machine = found->mapped ? found->mapped->machine
                              : file        ? file->machine
                                            : "x86_64";
  Finding finding{
      fmt::format("the program is {} and {} is {}", program.machine, path_of(*found), machine),
      path_of(*found),
      Step::load,
      {},
      nullptr};
  finding.show(program.began, fmt::format("exec of {} ({})", program.path, program.machine));
  return finding.show(place_of(*found), fmt::format("found {} ({})", path_of(*found), machine));
}

Found musl_program(const Facts&, const Program& program) {
  if (program.libc != "musl" || !has_no_calls(program)) return std::nullopt;
  const Library* found = first_library(program, is_gpu_library);
  if (found == nullptr) return std::nullopt;
  Finding finding{fmt::format("{} was found, but the program's loader is musl's: {}",
                              path_of(*found), program.interpreter),
                  path_of(*found),
                  Step::load,
                  {},
                  nullptr};
  finding.show(program.began,
               fmt::format("exec of {}, interpreter {}", program.path, program.interpreter));
  return finding.show(place_of(*found), "found " + path_of(*found));
}

Found dependency_missing(const Facts&, const Program& program) {
  if (!has_no_calls(program)) return std::nullopt;
  const Library* missing = nullptr;
  const Library* by = nullptr;
  for (const auto& [name, library] : program.libraries) {
    // The driver's absence has situations of its own.
    if (library.failures == 0 || library.found || library.mapped || library.role == Role::driver ||
        library.role == Role::nvml)
      continue;
    const auto may_need = [&wanted = name, &lost = library](const Library& each) {
      // Without the file's own word: a loader looks for what a library needs after opening it.
      return is_gpu_library(each) && place_of(each).time < lost.attempts.front().at.time &&
             needs(each, wanted)
                 .value_or(each.role == Role::backend &&
                           (lost.role == Role::runtime || lost.role == Role::toolkit));
    };
    const Library* asking = first_library(program, may_need);
    if (asking != nullptr && missing == nullptr) {
      missing = &library;
      by = asking;
    }
  }
  if (missing == nullptr) return std::nullopt;
  Finding finding{
      fmt::format("{} was found, but {}, which it needs, was looked for in {} places and "
                  "found in none",
                  path_of(*by), missing->name, missing->failures),
      missing->name,
      Step::load,
      {},
      nullptr};
  finding.show(place_of(*by), "found " + path_of(*by));
  for (std::size_t at = 0; at < std::min<std::size_t>(missing->attempts.size(), 4); ++at)
    finding.show(missing->attempts[at].at,
                 fmt::format("{}: {}", missing->attempts[at].path, missing->attempts[at].error));
  if (const Variable* path = find_variable(program, "LD_LIBRARY_PATH");
      path != nullptr && path->by != 0)
    finding.show(path->at, fmt::format("LD_LIBRARY_PATH={}, {}", path->value, who_set(*path)));
  return finding;
}

Found symbol_version(const Facts&, const Program& program) {
  if (!has_no_calls(program)) return std::nullopt;
  for (const auto& [name, library] : program.libraries) {
    if (!is_there(library) || (!is_gpu_library(library) && !library.mapped)) continue;
    const tracer::ElfVersions own = versions_of(library);
    for (const auto& [other_name, versions] : own.wanted) {
      const auto other = program.libraries.find(other_name);
      if (other == program.libraries.end() || !is_there(other->second)) continue;
      const tracer::ElfVersions provider = versions_of(other->second);
      // A library without any versions fits all (dl_elf_check_versions of glibc).
      if (provider.had.empty()) continue;
      for (const std::string& version : versions) {
        if (provider.had.contains(version)) continue;
        Finding finding{fmt::format("{} needs version {} of {}, and {} does not have it",
                                    path_of(library), version, other_name, path_of(other->second)),
                        path_of(other->second),
                        Step::load,
                        {},
                        nullptr};
        finding.show(place_of(library), "found " + path_of(library));
        return finding.show(place_of(other->second), "found " + path_of(other->second));
      }
    }
  }
  return std::nullopt;
}

Found found_not_loaded(const Facts&, const Program& program) {
  const Library* driver = find_library(program, Role::driver);
  if (driver == nullptr || !driver->found || driver->mapped || !has_no_calls(program))
    return std::nullopt;
  Finding finding{
      fmt::format("{} is there ({}), and was not loaded", driver->found->path, driver->found->call),
      driver->found->path,
      Step::load,
      {},
      nullptr};
  finding.show(driver->found->at, fmt::format("{} {}", driver->found->call, driver->found->path));
  std::size_t shown = 0;
  for (auto failure = program.failures.rbegin(); failure != program.failures.rend() && shown < 4;
       ++failure, ++shown)
    finding.show(failure->at, fmt::format("failed: {}: {}", failure->what, failure->error));
  return finding;
}

}  // namespace vgpu::explain
