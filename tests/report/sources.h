#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "shim/cpu/image/fatbin.h"

namespace vgpu::report {

/// A file mapped for reading.
class MappedFile {
 public:
  /// Errors: std::system_error.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

/// One PTX text of a file.
struct Source {
  int arch = 0;            ///< 75 of sm_75; 0 for a plain text: its .target says
  char suffix = 0;         ///< 'a' or 'f'
  std::size_t offset = 0;  ///< of its fatbin in the file
  std::size_t size = 0;    ///< about what the text takes. Units: bytes
  image::Entry entry;      ///< of a fatbin
  bool plain = false;      ///< the whole file is the text
};

/// Every PTX text in `file`: of all fatbins in it, wherever they are, or the file itself.
std::vector<Source> find_sources(std::span<const std::byte> file);

/// The text. Errors: image::Error.
std::string text_of(std::span<const std::byte> file, const Source& source);

}  // namespace vgpu::report
