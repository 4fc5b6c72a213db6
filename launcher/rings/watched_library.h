#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/sys/unique_fd.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::launcher {

/// Makes a copy in memory, called `name`, of the library `source`, as shim/abi/watched_symbols.h
/// has it: whoever looks up one of its functions is seen. Guests wait meanwhile: the kernel copies
/// what is loaded, and only the symbols are read. Errors: std::exception, if it was not built for
/// that among others.
tracer::UniqueFd watched_library(const std::string& source, const std::string& name, mode_t mode);

/// Has our libraries among `files` served as such copies, in memory, made when a guest first looks
/// at them: most programs never do. `failed` is told why one is served as it is instead; it must
/// live as long as the rows.
void watch_libraries(std::vector<tracer::VirtualFile>& files,
                     const std::function<void(std::string_view)>& failed);

}  // namespace vgpu::launcher
