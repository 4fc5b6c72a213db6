// The values behind '=' of a .global or .const variable.

#include <bit>
#include <cstring>

#include "shim/cpu/ptx/declaration.h"

namespace vgpu::ptx {
namespace {

/// What one variable's initialiser may take of our own memory. Units: bytes
constexpr std::uint64_t kMaxInitialiser = std::uint64_t{256} << 20;

class Initialiser {
 public:
  Initialiser(Lexer& lexer, Variable& variable, const std::vector<std::uint64_t>& dimensions)
      : lexer_(lexer), variable_(variable), element_(size_of(variable.type)) {
    // strides_[n]: scalars in one element of nesting level n.
    strides_.assign(dimensions.size() + (variable.vector > 1 ? 1 : 0) + 1, 1);
    std::size_t level = strides_.size() - 1;
    if (variable.vector > 1) strides_[--level] = variable.vector;
    for (std::size_t n = dimensions.size(); n-- > 0;) strides_[n] = strides_[n + 1] * dimensions[n];
    open_ended_ = !dimensions.empty() && dimensions.front() == 0;
    scalars_ = open_ended_ ? kMaxInitialiser : strides_[0];
  }

  /// The number of scalars up to the last one given.
  std::uint64_t parse() {
    std::vector<std::uint64_t> starts;  // of the braces that are open
    bool after_value = false;
    while (true) {
      if (!after_value && lexer_.peek().is('{')) {
        if (starts.size() + 1 >= strides_.size()) Lexer::fail(lexer_.peek(), "too many braces");
        lexer_.take();
        starts.push_back(at_);
        if (!lexer_.peek().is('}')) continue;
      } else if (!after_value) {
        value();
      }
      after_value = true;
      while (!starts.empty() && lexer_.peek().is('}')) {
        close(starts);
      }
      if (starts.empty()) break;
      lexer_.expect(',');
      after_value = false;
    }
    return at_;
  }

 private:
  void close(std::vector<std::uint64_t>& starts) {
    const Token brace = lexer_.take();
    const std::uint64_t start = starts.back();
    starts.pop_back();
    if (starts.empty()) return;
    const std::uint64_t end = start + strides_[starts.size()];
    if (at_ > end) Lexer::fail(brace, "too many values");
    at_ = end;
  }

  void value() {
    const Token first = lexer_.peek();
    place_ = first;
    if (at_ >= scalars_) Lexer::fail(first, "too many values");
    Lexer ahead = lexer_;
    if (first.is('-')) ahead.take();
    const Token::Kind kind = ahead.peek().kind;
    if (kind == Token::Kind::f32 || kind == Token::Kind::f64) {
      lexer_ = ahead;
      store_float(lexer_.take(), first.is('-'));
    } else if (kind == Token::Kind::word && !first.is('-')) {
      address(0, element_);
    } else {
      integer();
    }
    ++at_;
  }

  void integer() {
    const Token at = lexer_.peek();
    const std::int64_t number = lexer_.integer_expression("a value");
    if (at.kind == Token::Kind::integer && lexer_.peek().is('('))
      return masked(at, static_cast<std::uint64_t>(number));
    if (variable_.type == Type::f32 || variable_.type == Type::f64)
      return store_number(static_cast<double>(number));
    store(static_cast<std::uint64_t>(number), element_);
  }

  /// 0xFF00(symbol): the byte of the address that the mask selects.
  void masked(const Token& at, std::uint64_t mask) {
    const unsigned shift = mask == 0 ? 64 : static_cast<unsigned>(std::countr_zero(mask));
    if (shift == 64 || shift % 8 != 0 || mask >> shift != 0xff || element_ != 1)
      Lexer::fail(at, "expected a mask of one byte");
    lexer_.expect('(');
    address(shift, 1);
    lexer_.expect(')');
  }

  void address(unsigned shift, unsigned size) {
    AddressInit init;
    Token name = lexer_.take();
    if (name.text == "generic" && lexer_.accept('(')) {
      init.generic = true;
      name = lexer_.expect_word("the name of a variable");
      lexer_.expect(')');
    }
    if (lexer_.peek().is('+') || lexer_.peek().is('-'))
      init.offset = lexer_.integer_expression("an offset");
    init.at = at_ * element_;
    init.symbol = name.text;
    init.shift = static_cast<std::uint8_t>(shift);
    init.size = static_cast<std::uint8_t>(size);
    if (size != 1 && size != 4 && size != 8) Lexer::fail(name, "an address needs 4 or 8 bytes");
    store(0, size);
    append(init);
  }

  /// Bytes of one address that follow each other become one entry.
  void append(const AddressInit& init) {
    if (!variable_.addresses.empty()) {
      AddressInit& last = variable_.addresses.back();
      if (last.symbol == init.symbol && last.offset == init.offset &&
          last.generic == init.generic && last.at + last.size == init.at &&
          last.shift + 8U * last.size == init.shift && last.size + init.size <= 8) {
        last.size = static_cast<std::uint8_t>(last.size + init.size);
        return;
      }
    }
    variable_.addresses.push_back(init);
  }

  void store_float(const Token& token, bool minus) {
    const bool narrow = token.kind == Token::Kind::f32;
    const double number =
        narrow ? double{std::bit_cast<float>(static_cast<std::uint32_t>(token.value))}
               : std::bit_cast<double>(token.value);
    if (variable_.type == Type::f32 || variable_.type == Type::f64)
      return store_number(minus ? -number : number);
    if (minus || element_ != (narrow ? 4 : 8))
      Lexer::fail(token, "the value does not fit the type");
    store(token.value, element_);
  }

  void store_number(double number) {
    if (variable_.type == Type::f64) return store(std::bit_cast<std::uint64_t>(number), 8);
    store(std::bit_cast<std::uint32_t>(static_cast<float>(number)), 4);
  }

  void store(std::uint64_t bits, unsigned size) {
    const std::uint64_t offset = at_ * element_;
    if (offset + element_ > kMaxInitialiser) Lexer::fail(place_, "the initialiser is too large");
    if (variable_.init.size() < offset + element_) variable_.init.resize(offset + element_);
    std::memcpy(variable_.init.data() + offset, &bits, std::min<std::size_t>(size, sizeof bits));
  }

  Lexer& lexer_;
  Variable& variable_;
  unsigned element_;
  std::vector<std::uint64_t> strides_;
  std::uint64_t scalars_ = 0;
  std::uint64_t at_ = 0;  // the next scalar
  bool open_ended_ = false;
  Token place_;  // of the value that is being read
};

}  // namespace

void parse_initialiser(Lexer& lexer, Variable& variable, std::vector<std::uint64_t>& dimensions) {
  Initialiser initialiser(lexer, variable, dimensions);
  const std::uint64_t scalars = initialiser.parse();
  if (dimensions.empty() || dimensions.front() != 0) return;
  std::uint64_t row = variable.vector;
  for (std::size_t n = 1; n < dimensions.size(); ++n) row *= dimensions[n];
  dimensions.front() = row == 0 ? 0 : (scalars + row - 1) / row;
}

}  // namespace vgpu::ptx
