#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::launcher {

/// A library of this architecture that the loader's cache is to name.
struct CachedLibrary {
  std::string name;  ///< "libcuda.so.1"
  std::string path;
};

/// Returns the text of /etc/ld.so.cache with `libraries` in it (in place of what it has of these
/// names), or nothing if `cache` is not exactly as we understand the format.
/// Source: glibc, sysdeps/generic/dl-cache.h, "glibc-ld.so.cache1.1".
std::optional<std::string> add_to_ld_cache(std::string_view cache,
                                           const std::vector<CachedLibrary>& libraries);

/// Returns the directory where `cache` finds `library`, if it names it for this architecture.
std::optional<std::string> directory_in_ld_cache(std::string_view cache, std::string_view library);

/// The order of names in the cache, greatest first: digits count as numbers.
/// Returns less than, equal to or greater than 0. Source: glibc, _dl_cache_libcmp.
int compare_library_names(std::string_view a, std::string_view b) noexcept;

}  // namespace vgpu::launcher
