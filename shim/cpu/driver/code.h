#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::cpu {

class LoadNote;

/// The PTX in an image, ready to be parsed.
struct Code {
  std::vector<std::string> texts;  ///< of one namespace
  bool plain = false;              ///< the image was PTX itself, so its mistakes matter at once
};

/// The PTX of `image` that is best for a device of compute capability `capability` (75 is 7.5).
/// Whatever cuModuleLoadData takes: PTX text, a fatbin or its wrapper, or what linked_image made.
/// `size` is that of a file, or nothing when the program gave only an address.
/// Errors: INVALID_IMAGE, NO_BINARY_FOR_GPU; `log` says what was there instead. `note`, if there is
/// one, is told what the image holds.
Code code_of(const void* image, std::optional<std::size_t> size, int capability, std::string& log,
             LoadNote* note = nullptr);

/// Indexes the texts of `code` for a device of compute capability `capability`; of PTX that the
/// program gave itself, function bodies too. Errors: ApiError, as parse_texts; for code of other
/// GPUs INVALID_PTX if it was such PTX, else NO_BINARY_FOR_GPU. `note` as above.
std::vector<ptx::Module> parse_code(const Code& code, int capability, std::string& log,
                                    LoadNote* note = nullptr);

/// A file's content. Errors: FILE_NOT_FOUND, INVALID_VALUE.
std::vector<char> read_image_file(const char* path);

/// What cuLinkComplete hands out: PTX texts as one image of our own.
std::vector<char> linked_image(const std::vector<std::string>& texts);

}  // namespace vgpu::cpu
