#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tracer/sys/unique_fd.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::launcher {

/// Returns `library` (an ELF file's bytes) as shim/abi/watched_symbols.h has it: whoever looks up
/// one of its functions is seen. `soname`: how the trace calls it.
/// Errors: std::runtime_error if it was not built for that.
std::string watched_library(std::string library, std::string_view soname);

/// Replaces our libraries among `files` by such copies, in memory that `copies` owns: it must live
/// as long as the rows. Errors: std::runtime_error, std::system_error; what is done stays so.
void watch_libraries(std::vector<tracer::VirtualFile>& files,
                     std::vector<tracer::UniqueFd>& copies);

}  // namespace vgpu::launcher
