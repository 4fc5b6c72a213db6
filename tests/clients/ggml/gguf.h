#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ggml {

/// A GGUF file, version 3, put together in memory.
/// Source: the GGUF specification (ggml's docs/gguf.md).
class Gguf {
 public:
  void set(std::string_view key, std::uint32_t value);
  void set(std::string_view key, float value);
  void set(std::string_view key, bool value);
  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
  void set(std::string_view key, const std::vector<std::string>& values);
  void set(std::string_view key, const std::vector<float>& values);
  void set(std::string_view key, const std::vector<std::int32_t>& values);

  void add_tensor(std::string_view name, const std::vector<std::int64_t>& shape, int type,
                  std::vector<std::byte> data);

  /// Errors: std::runtime_error
  void write(const std::string& path) const;

 private:
  std::string pairs_;
  std::string infos_;
  std::vector<std::vector<std::byte>> data_;
  std::uint64_t pair_count_ = 0;
  std::uint64_t data_size_ = 0;
};

}  // namespace ggml
