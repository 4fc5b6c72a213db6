// Numbers: 10, 0x1F, 0b101, 017, 10U, 0f3F800000, 0d3FF0000000000000, 1.5e-3.

#include <charconv>
#include <cstring>

#include "shim/cpu/ptx/characters.h"
#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {
namespace {

unsigned digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 99;
}

}  // namespace

void Lexer::lex_number() {
  next_.kind = Token::Kind::integer;
  const char second = pos_ + 1 < text_.size() ? text_[pos_ + 1] : '\0';
  if (text_[pos_] != '0') return lex_decimal();
  if (second == 'x' || second == 'X') return lex_radix(16, pos_ + 2);
  if (second == 'b' || second == 'B') return lex_radix(2, pos_ + 2);
  if (second == 'f' || second == 'F') return lex_bits(8, Token::Kind::f32);
  if (second == 'd' || second == 'D') return lex_bits(16, Token::Kind::f64);
  std::size_t end = pos_;
  while (end < text_.size() && has_class(text_[end], kDigit)) ++end;
  const bool is_float =
      end < text_.size() && (text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E');
  if (is_float) return lex_decimal();
  lex_radix(8, pos_);
}

void Lexer::lex_radix(unsigned base, std::size_t digits_from) {
  const std::size_t start = pos_;
  std::size_t at = digits_from;
  std::uint64_t value = 0;
  for (; at < text_.size() && digit_of(text_[at]) < base; ++at) {
    std::uint64_t scaled = 0;
    if (__builtin_mul_overflow(value, static_cast<std::uint64_t>(base), &scaled) ||
        __builtin_add_overflow(scaled, static_cast<std::uint64_t>(digit_of(text_[at])), &value))
      throw Error(next_.at, "number does not fit in 64 bits");
  }
  const bool empty = at == digits_from;
  if (at < text_.size() && text_[at] == 'U') ++at;
  if (empty || (at < text_.size() && has_class(text_[at], kName | kDigit)))
    throw Error(next_.at, "malformed number");
  pos_ = at;
  next_.value = value;
  next_.text = text_.substr(start, pos_ - start);
}

void Lexer::lex_bits(unsigned digits, Token::Kind kind) {
  const std::size_t start = pos_;
  pos_ += 2;
  std::uint64_t value = 0;
  for (unsigned n = 0; n < digits; ++n, ++pos_) {
    const unsigned digit = pos_ < text_.size() ? digit_of(text_[pos_]) : 99;
    if (digit >= 16) throw Error(next_.at, "malformed number");
    value = value << 4 | digit;
  }
  if (pos_ < text_.size() && has_class(text_[pos_], kName | kDigit))
    throw Error(next_.at, "malformed number");
  next_.kind = kind;
  next_.value = value;
  next_.text = text_.substr(start, pos_ - start);
}

void Lexer::lex_decimal() {
  std::size_t end = pos_;
  const auto digits = [&] {
    while (end < text_.size() && has_class(text_[end], kDigit)) ++end;
  };
  digits();
  if (end >= text_.size() || (text_[end] != '.' && text_[end] != 'e' && text_[end] != 'E'))
    return lex_radix(10, pos_);
  if (text_[end] == '.') {
    ++end;
    digits();
  }
  if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
    ++end;
    if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
    digits();
  }
  double value = 0;  // from_chars and not strtod: the program may have set a locale
  const auto parsed = std::from_chars(text_.data() + pos_, text_.data() + end, value);
  if (parsed.ec != std::errc() || parsed.ptr != text_.data() + end ||
      (end < text_.size() && has_class(text_[end], kName)))
    throw Error(next_.at, "malformed number");
  next_.kind = Token::Kind::f64;
  std::memcpy(&next_.value, &value, sizeof value);
  next_.text = text_.substr(pos_, end - pos_);
  pos_ = end;
}

}  // namespace vgpu::ptx
