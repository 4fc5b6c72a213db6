#include "shim/cpu/ptx/token.h"

#include <cstring>

#include "shim/cpu/ptx/characters.h"

namespace vgpu::ptx {
namespace {

/// A token's text, cut and made printable for a message.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) out += (c >= ' ' && c <= '~') ? c : '?';
  return out;
}

}  // namespace

Error::Error(Location where, const std::string& message)
    : std::runtime_error("line " + std::to_string(where.line) + ":" + std::to_string(where.column) +
                         ": " + message),
      at(where) {}

Lexer::Lexer(std::string_view text, std::size_t offset, Location start)
    : text_(text), pos_(offset), line_start_(offset - (start.column - 1)), line_(start.line) {
  advance();
}

Location Lexer::here() const noexcept {
  return {line_, static_cast<std::uint32_t>(pos_ - line_start_) + 1};
}

void Lexer::fail(const Token& at, const std::string& message) { throw Error(at.at, message); }

void Lexer::fail_here(const std::string& message) const {
  if (next_.kind == Token::Kind::end) fail(next_, message + ", found the end of the text");
  fail(next_, message + ", found '" + shown(next_.text) + "'");
}

Token Lexer::take() {
  const Token taken = next_;
  advance();
  return taken;
}

bool Lexer::accept(char punct) {
  if (!next_.is(punct)) return false;
  advance();
  return true;
}

bool Lexer::accept_directive(std::string_view name) {
  if (!next_.is_directive(name)) return false;
  advance();
  return true;
}

Token Lexer::expect(char punct) {
  if (!next_.is(punct)) fail_here(std::string("expected '") + punct + "'");
  return take();
}

Token Lexer::expect_word(const char* what) {
  if (next_.kind != Token::Kind::word) fail_here(std::string("expected ") + what);
  return take();
}

Token Lexer::expect_integer(const char* what) {
  if (next_.kind != Token::Kind::integer) fail_here(std::string("expected ") + what);
  return take();
}

std::int64_t Lexer::integer_expression(const char* what) {
  std::uint64_t sum = 0;
  bool subtract = false;
  while (true) {
    // The prefixes read so far are sign * x + shift; ~x is -x - 1.
    std::uint64_t sign = subtract ? ~std::uint64_t{0} : 1;
    std::uint64_t shift = 0;
    for (; next_.is('-') || next_.is('+') || next_.is('~'); advance()) {
      if (next_.is('+')) continue;
      if (next_.is('~')) shift -= sign;
      sign = 0 - sign;
    }
    sum += sign * expect_integer(what).value + shift;
    if (!next_.is('+') && !next_.is('-')) return static_cast<std::int64_t>(sum);
    subtract = next_.is('-');
    advance();
  }
}

Token Lexer::take_dotted() {
  Token word = next_;
  const char* begin = word.text.data();
  const std::size_t size = text_.size();
  while (pos_ + 1 < size && text_[pos_] == '.' && has_class(text_[pos_ + 1], kName | kDigit)) {
    ++pos_;
    while (pos_ < size) {
      if (has_class(text_[pos_], kName | kDigit)) {
        ++pos_;
      } else if (pos_ + 2 < size && text_[pos_] == ':' && text_[pos_ + 1] == ':' &&
                 has_class(text_[pos_ + 2], kName | kDigit)) {
        pos_ += 2;
      } else {
        break;
      }
    }
  }
  word.text = std::string_view(begin, static_cast<std::size_t>(text_.data() + pos_ - begin));
  advance();
  return word;
}

Token Lexer::take_braces() {
  Token all = next_;
  if (!all.is('{')) fail_here("expected '{'");
  const char* begin = all.text.data();
  const std::size_t size = text_.size();
  std::uint64_t depth = 1;
  while (depth != 0) {
    while (pos_ < size && !has_class(text_[pos_], kBrace)) ++pos_;
    if (pos_ >= size) fail(all, "'{' is never closed");
    const char c = text_[pos_];
    if (c == '/') {
      skip_comment();
    } else if (c == '"') {
      lex_string();
    } else {
      ++pos_;
      if (c == '{') ++depth;
      if (c == '}') --depth;
      if (c == '\n') {
        ++line_;
        line_start_ = pos_;
      }
    }
  }
  all.text = std::string_view(begin, static_cast<std::size_t>(text_.data() + pos_ - begin));
  advance();
  return all;
}

void Lexer::skip_comment() {
  const std::size_t size = text_.size();
  if (pos_ + 1 < size && text_[pos_ + 1] == '/') {
    const void* end = std::memchr(text_.data() + pos_, '\n', size - pos_);
    pos_ = end == nullptr ? size
                          : static_cast<std::size_t>(static_cast<const char*>(end) - text_.data());
    return;
  }
  if (pos_ + 1 >= size || text_[pos_ + 1] != '*') {
    ++pos_;  // a lone slash: the token that starts here is no token of PTX
    return;
  }
  const Location start = here();
  pos_ += 2;
  while (true) {
    if (pos_ + 1 >= size) throw Error(start, "comment is never closed");
    if (text_[pos_] == '*' && text_[pos_ + 1] == '/') break;
    if (text_[pos_] == '\n') {
      ++line_;
      line_start_ = pos_ + 1;
    }
    ++pos_;
  }
  pos_ += 2;
}

void Lexer::skip_blanks() {
  const std::size_t size = text_.size();
  while (pos_ < size) {
    const char c = text_[pos_];
    if (c == '\n') {
      ++line_;
      line_start_ = ++pos_;
    } else if (has_class(c, kBlank)) {
      ++pos_;
    } else if (c == '/' && pos_ + 1 < size && (text_[pos_ + 1] == '/' || text_[pos_ + 1] == '*')) {
      skip_comment();
    } else if (c == '\\' && pos_ + 1 < size &&
               (text_[pos_ + 1] == '\n' || text_[pos_ + 1] == '\r')) {
      ++pos_;  // the line goes on
    } else {
      return;
    }
  }
}

void Lexer::advance() {
  skip_blanks();
  next_.at = here();
  next_.value = 0;
  if (pos_ >= text_.size()) {
    next_.kind = Token::Kind::end;
    next_.text = {};
    return;
  }
  const char c = text_[pos_];
  if (has_class(c, kName)) return lex_word();
  if (has_class(c, kDigit)) return lex_number();
  if (c == '.' && pos_ + 1 < text_.size() && has_class(text_[pos_ + 1], kName | kDigit))
    return lex_directive();
  if (c == '"') return lex_string();
  next_.kind = Token::Kind::punct;
  next_.text = text_.substr(pos_++, 1);
}

void Lexer::lex_word() {
  const std::size_t start = pos_;
  const std::size_t size = text_.size();
  while (pos_ < size && has_class(text_[pos_], kName | kDigit)) ++pos_;
  next_.kind = Token::Kind::word;
  next_.text = text_.substr(start, pos_ - start);
}

void Lexer::lex_directive() {
  const std::size_t start = pos_++;
  const std::size_t size = text_.size();
  while (pos_ < size) {
    if (has_class(text_[pos_], kName | kDigit)) {
      ++pos_;
    } else if (pos_ + 2 < size && text_[pos_] == ':' && text_[pos_ + 1] == ':' &&
               has_class(text_[pos_ + 2], kName | kDigit)) {
      pos_ += 2;
    } else {
      break;
    }
  }
  next_.kind = Token::Kind::directive;
  next_.text = text_.substr(start, pos_ - start);
}

void Lexer::lex_string() {
  const Location start = here();
  const std::size_t open = pos_++;
  while (pos_ < text_.size() && text_[pos_] != '"' && text_[pos_] != '\n') {
    if (text_[pos_] == '\\' && pos_ + 1 < text_.size() && text_[pos_ + 1] != '\n') ++pos_;
    ++pos_;
  }
  if (pos_ >= text_.size() || text_[pos_] != '"') throw Error(start, "string is never closed");
  next_.kind = Token::Kind::string;
  next_.text = text_.substr(open + 1, pos_ - open - 1);
  ++pos_;
}

}  // namespace vgpu::ptx
