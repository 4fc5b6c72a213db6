#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/profile.h"

namespace vgpu::launcher {

/// A profile as its file holds it.
struct ProfileText {
  std::string_view name;  ///< of the file, without ".ini"
  std::string_view text;
};

/// All files of launcher/profiles, as they were when this program was built.
std::span<const ProfileText> profile_texts() noexcept;

/// The profile that is used when none is asked for.
inline constexpr std::string_view kDefaultProfile = "vgpu75";

/// Names for --gpu, in the order of --list-gpus.
std::vector<std::string_view> profile_names();

/// Returns the profile. Errors: std::runtime_error for an unknown name, with a suggestion.
GpuProfile load_profile(std::string_view name);

/// Fills `gpu` from the text of a profile: `key = value` lines of set_field, sizes with units,
/// `cc = 7.5`, and `inherit = name` as the first key. Errors: std::runtime_error naming the line.
void read_profile(GpuProfile& gpu, std::string_view text);

/// Sets the compute capability from "7.5". Errors: std::runtime_error.
void set_compute_capability(GpuProfile& gpu, std::string_view text);

/// Returns the UUID of the GPU at `index`: always the same for the same profile, in the form of
/// RFC 4122, version 5.
std::array<std::uint8_t, 16> make_uuid(std::string_view profile, std::size_t index);

/// Returns the table that --list-gpus prints.
std::string list_profiles();

}  // namespace vgpu::launcher
