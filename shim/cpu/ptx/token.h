#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::ptx {

/// One lexical element. `text` lies in the text that the lexer reads.
struct Token {
  enum class Kind : std::uint8_t {
    end,
    word,       ///< a name or keyword: letters, digits, _ $ %
    directive,  ///< a dot and a name, may contain "::": .reg, .v4, .shared::cta
    integer,    ///< value = the bits
    f32,        ///< value = IEEE bits
    f64,        ///< value = IEEE bits
    string,     ///< text without the quotes
    punct,      ///< one character
  };
  Kind kind = Kind::end;
  std::string_view text;
  std::uint64_t value = 0;
  Location at;

  bool is(char punct) const noexcept { return kind == Kind::punct && text.front() == punct; }
  bool is_directive(std::string_view name) const noexcept {
    return kind == Kind::directive && text == name;
  }
};

/// Cuts PTX text into tokens, always one token ahead.
class Lexer {
 public:
  /// Reads `text` from the byte `offset`, which is at `start`.
  explicit Lexer(std::string_view text, std::size_t offset = 0, Location start = {1, 1});

  const Token& peek() const noexcept { return next_; }
  Token take();

  /// Takes the next token if it is this character.
  bool accept(char punct);
  bool accept_directive(std::string_view name);
  /// Errors: ptx::Error at the next token unless it is `punct`.
  Token expect(char punct);
  Token expect_word(const char* what);
  Token expect_integer(const char* what);

  /// An integer constant with signs and '~', and sums of them. Errors: ptx::Error.
  std::int64_t integer_expression(const char* what);

  /// Takes the next token, a word, together with the ".suffix" words that touch it: add.s32.
  Token take_dotted();

  /// Takes everything from the next token, a '{', to its '}', unread. Errors: ptx::Error at the
  /// '{' when it is never closed.
  Token take_braces();

  [[noreturn]] static void fail(const Token& at, const std::string& message);
  /// `message`, with what was found instead.
  [[noreturn]] void fail_here(const std::string& message) const;

 private:
  void advance();
  void skip_blanks();
  void skip_comment();
  void lex_word();
  void lex_directive();
  void lex_number();
  void lex_radix(unsigned base, std::size_t digits_from);
  void lex_bits(unsigned digits, Token::Kind kind);
  void lex_decimal();
  void lex_string();
  Location here() const noexcept;

  std::string_view text_;
  std::size_t pos_ = 0;         // of the first byte behind next_
  std::size_t line_start_ = 0;  // offset of column 1; wraps below zero for a text with a start
  std::uint32_t line_ = 1;
  Token next_;
};

}  // namespace vgpu::ptx
