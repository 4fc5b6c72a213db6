#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shim/cpu/jit/digest.h"

namespace vgpu::jit {

/// A folder of compiled kernels, shared by all processes of a user: one file for each key, replaced
/// as a whole. It never fails: what cannot be read is not there, what cannot be written is not
/// kept. Nothing is held open between calls, since programs close descriptors that they don't know.
class CodeCache {
 public:
  /// `folder` is made when something is to be kept; empty is a cache that keeps nothing.
  /// `limit` is what all files together may take. Units: bytes
  CodeCache(std::string folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}

  bool enabled() const noexcept { return !folder_.empty(); }

  /// The content of a key's file. Only files that are the user's own and that nobody else may
  /// write are read, in a folder of which the same is true.
  std::optional<std::string> read(const Digest& key) const;
  /// Takes away a file whose content turned out to be wrong.
  void remove(const Digest& key) const;
  /// Returns whether the file is there now. When all files come to more than the limit, those that
  /// were used least lately go.
  bool write(const Digest& key, std::string_view content);

 private:
  void evict(int folder) const;

  const std::string folder_;
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> written_{UINT64_MAX};  ///< since the files were last added up
};

}  // namespace vgpu::jit
