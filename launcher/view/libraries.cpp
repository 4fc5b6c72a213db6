#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "launcher/view/ld_cache.h"
#include "launcher/view/view.h"

namespace vgpu::launcher {
namespace {

constexpr const char* kLdCache = "/etc/ld.so.cache";

struct Library {
  std::string stem;    ///< "libcuda.so"
  std::string source;  ///< our own library
};

std::string read_ld_cache() {
  std::ifstream file(kLdCache, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::string bytes(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// A library under its three names, as the driver's installer leaves it.
void add_library(NvidiaView& view, const Library& library, const std::string& directory,
                 const std::string& driver_version) {
  const std::string full_name = library.stem + "." + driver_version;
  const std::string full_path = directory + "/" + full_name;
  // A descriptor shows the file's own permissions, so the path has to.
  constexpr mode_t kPermissions = 07777;
  auto row = tracer::alias_file(full_path, library.source);
  struct stat real {};
  if (::stat(library.source.c_str(), &real) == 0) row.mode = real.st_mode & kPermissions;
  row.why = "the driver's library is ours";
  view.files.push_back(std::move(row));
  view.files.push_back(tracer::virtual_symlink(directory + "/" + library.stem + ".1", full_name));
  view.files.push_back(
      tracer::virtual_symlink(directory + "/" + library.stem, library.stem + ".1"));
  for (const std::string& name : {library.stem, library.stem + ".1", full_name})
    view.rules.push_back({"*", "*/" + name, tracer::Action::serve, 0, full_path,
                          "the driver's library, wherever a loader looks for it"});
}

}  // namespace

void add_programs(Rows& rows, const Machine& machine) {
  if (machine.smi_program.empty()) return;
  auto row = tracer::alias_file(kSmiPath, machine.smi_program, 0755);
  row.why = "the driver comes with nvidia-smi";
  rows.push_back(std::move(row));
}

void add_libraries(NvidiaView& view, const DeviceConfig& config, const Machine& machine) {
  const Library libraries[] = {{"libcuda.so", machine.cuda_library},
                               {"libnvidia-ml.so", machine.nvml_library}};
  const std::string& driver_version = config.gpus.front().driver_version;
  for (const Library& library : libraries)
    add_library(view, library, machine.library_directory, driver_version);

  const std::string cache = read_ld_cache();
  const std::string directory =
      directory_in_ld_cache(cache, "libc.so.6").value_or(machine.library_directory);
  std::vector<CachedLibrary> cached;
  for (const Library& library : libraries)
    for (const std::string& name : {library.stem + ".1", library.stem})
      cached.push_back({name, fmt::format("{}/{}", directory, name)});
  if (auto text = add_to_ld_cache(cache, cached)) {
    auto row = tracer::text_file(kLdCache, std::move(*text), 0644);
    row.why = "the loader's cache names the driver's libraries";
    view.files.push_back(std::move(row));
  }
}

}  // namespace vgpu::launcher
