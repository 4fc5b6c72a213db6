#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace vgpu::image {

/// Why an image gives no PTX.
enum class Reason : std::uint8_t {
  not_an_image,  ///< nothing that we know: CUDA_ERROR_INVALID_IMAGE
  corrupt,       ///< it says that it is one, but its sizes or its contents do not hold:
                 ///< CUDA_ERROR_INVALID_IMAGE
  no_binary,     ///< there is code, but none that we can run: CUDA_ERROR_NO_BINARY_FOR_GPU
};

/// what() is for people, for example "only SASS for sm_86, sm_89; no PTX".
class Error : public std::runtime_error {
 public:
  Error(Reason why, const std::string& message, std::vector<std::string> there = {})
      : std::runtime_error(message), reason(why), held(std::move(there)) {}
  Reason reason;
  std::vector<std::string> held;  ///< of no_binary: as Image::held
};

/// What a program handed to cuModuleLoadData and its like.
struct Image {
  /// One text, or several that are to be linked: relocatable pieces (nvcc -rdc=true).
  std::vector<std::string> ptx;
  /// True when the program gave the text itself, not a container.
  bool plain = false;
  /// What the container holds, each once: "sm_90 (sass)", "compute_75 (ptx)".
  std::vector<std::string> held;
  /// Those of them that `ptx` is, each once.
  std::vector<std::string> chosen;
};

/// The PTX for a device of `compute_capability` (75 is 7.5) in what `data` points to: a fatbin
/// wrapper, a bare fatbin, PTX text ended by a NUL. Nothing says how long it is: as with the real
/// driver, `data` must be what it says that it is. Errors: Error.
Image load_image(const void* data, int compute_capability);

/// The same for a fatbin or PTX text whose size is known, such as a file's contents.
Image load_image(std::span<const std::byte> data, int compute_capability);

/// Limits what one text may take of our own memory. Units: bytes
inline constexpr std::size_t kMaxText = std::size_t{1} << 30;

}  // namespace vgpu::image
