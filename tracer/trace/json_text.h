#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vgpu::tracer {

/// Appends `bytes` as a JSON string; see make_jsonl_sink for bytes that are no UTF-8.
void append_json_string(std::string& to, std::string_view bytes);

/// Reads the tokens of one line of JSON, from left to right. Errors: std::runtime_error that names
/// the column.
class JsonText {
 public:
  explicit JsonText(std::string_view text) noexcept : text_(text) {}

  std::size_t column() const noexcept { return at_; }
  /// The next character that is no space, or 0 at the end.
  char next() noexcept;
  bool at_end() noexcept { return next() == 0 && at_ >= text_.size(); }
  /// Goes over `wanted`, if that is next.
  bool take(char wanted) noexcept;
  bool take(std::string_view wanted) noexcept;
  std::int64_t number();
  std::string string();

 private:
  unsigned code_unit();
  char32_t escaped_character();
  [[noreturn]] void fail(std::string_view what) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace vgpu::tracer
