#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shim/cpu/jit/digest.h"

namespace vgpu::jit {

/// What is known of a kernel once its body was looked through.
struct Measures {
  std::uint32_t static_shared = 0;   ///< Units: bytes
  std::uint32_t dynamic_shared = 0;  ///< where dynamic shared memory begins. Units: bytes
  std::uint32_t local_bytes = 0;     ///< of a thread
  std::uint32_t registers = 0;
  std::uint32_t flushes = 0;  ///< 1 if it runs with subnormals flushed
};

/// A file of the cache: a kernel's measures, and its code for one class of blocks if there is any.
struct CodeFile {
  Measures measures;
  std::uint32_t form = 0;
  std::uint64_t frame_bytes = 0;
  std::string object;  ///< as Engine::compile made it; empty in a file of measures only
};

/// Limits what a file may make us read. Units: bytes
inline constexpr std::uint64_t kMaxCodeFile = std::uint64_t{256} << 20;

/// The bytes of a file that answers to `key`.
std::string encode(const Digest& key, const CodeFile& file);

/// The other way round; nothing for bytes that encode(key, ...) did not make: cut, changed, of
/// another version or another key.
std::optional<CodeFile> decode(const Digest& key, std::string_view bytes);

}  // namespace vgpu::jit
