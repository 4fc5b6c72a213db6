#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/vfs/virtual_file.h"

namespace vgpu::launcher {

/// Returns `library` (an ELF file's bytes) as shim/abi/watched_symbols.h has it: whoever looks up
/// one of its functions is seen. `soname`: how the trace calls it.
/// Errors: std::runtime_error if it was not built for that.
std::string watched_library(std::string library, std::string_view soname);

/// Has our libraries among `files` served as such copies, in memory, made when a guest first looks
/// at them: most programs never do. `failed` is told why one is served as it is instead; it must
/// live as long as the rows.
void watch_libraries(std::vector<tracer::VirtualFile>& files,
                     const std::function<void(std::string_view)>& failed);

}  // namespace vgpu::launcher
