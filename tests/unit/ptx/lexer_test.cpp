#include <doctest/doctest.h>

#include <bit>

#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {
namespace {

using Kind = Token::Kind;

Token only(std::string_view text) {
  Lexer lexer(text);
  const Token token = lexer.take();
  CHECK(lexer.peek().kind == Kind::end);
  return token;
}

TEST_CASE("lexer: integers are read in the four bases, with U or without") {
  CHECK(only("0").value == 0);
  CHECK(only("42").value == 42);
  CHECK(only("42U").value == 42);
  CHECK(only("0x1F").value == 31);
  CHECK(only("0XfF").value == 255);
  CHECK(only("017").value == 15);
  CHECK(only("0b101").value == 5);
  CHECK(only("18446744073709551615").value == ~std::uint64_t{0});
  CHECK(only("0xFFFFFFFFFFFFFFFF").value == ~std::uint64_t{0});
  CHECK(only("42").kind == Kind::integer);
}

TEST_CASE("lexer: floating-point constants keep their bits") {
  CHECK(only("0f3F800000").kind == Kind::f32);
  CHECK(only("0F3f800000").value == 0x3f800000);
  CHECK(only("0d3FF0000000000000").kind == Kind::f64);
  CHECK(only("0D3FF0000000000000").value == 0x3ff0000000000000);
  CHECK(only("1.5").kind == Kind::f64);
  CHECK(std::bit_cast<double>(only("1.5e-3").value) == 1.5e-3);
  CHECK(std::bit_cast<double>(only("0.25").value) == 0.25);
  CHECK(std::bit_cast<double>(only("1e3").value) == 1000.0);
}

TEST_CASE("lexer: numbers that are none are refused where they start") {
  for (const char* text : {"0x", "0xg", "0b2", "089", "12ab", "0f3F80000", "0f3F8000000", "0d3FF0",
                           "18446744073709551616", "0x10000000000000000", "1.5x", "1e"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Lexer{text}, Error);
  }
}

TEST_CASE("lexer: names may hold letters, digits, _ $ %") {
  CHECK(only("$L__BB0_1").text == "$L__BB0_1");
  CHECK(only("%rd12").text == "%rd12");
  CHECK(only("_Z3fooi$1").text == "_Z3fooi$1");
  CHECK(only("%rd12").kind == Kind::word);
}

TEST_CASE("lexer: a directive is a dot and a name that may have ::") {
  CHECK(only(".reg").kind == Kind::directive);
  CHECK(only(".shared::cta").text == ".shared::cta");
  CHECK(only(".2d").text == ".2d");
}

TEST_CASE("lexer: an instruction is taken with the suffixes that touch it") {
  Lexer lexer("ld.global.L2::128B.u32 %r1");
  CHECK(lexer.take_dotted().text == "ld.global.L2::128B.u32");
  CHECK(lexer.peek().text == "%r1");
}

TEST_CASE("lexer: a label's colon is no suffix") {
  Lexer lexer("loop: add");
  CHECK(lexer.take_dotted().text == "loop");
  CHECK(lexer.peek().is(':'));
}

TEST_CASE("lexer: comments, blanks and continued lines are skipped and lines are counted") {
  Lexer lexer("// one\n /* two\n three */ \\\n\tword");
  CHECK(lexer.peek().text == "word");
  CHECK(lexer.peek().at.line == 4);
  CHECK(lexer.peek().at.column == 2);
}

TEST_CASE("lexer: a lexer that starts inside a text counts from there") {
  const std::string_view text = "abc { x\n y }";
  Lexer lexer(text, 4, {7, 5});
  CHECK(lexer.take().at.column == 5);
  CHECK(lexer.take().at.column == 7);
  CHECK(lexer.peek().at.line == 8);
  CHECK(lexer.peek().at.column == 2);
}

TEST_CASE("lexer: braces are matched past strings and comments") {
  Lexer lexer("{ a \"}\" /* } */ // }\n { b } } end");
  const Token all = lexer.take_braces();
  CHECK(all.text.front() == '{');
  CHECK(all.text.back() == '}');
  CHECK(lexer.peek().text == "end");
  CHECK(lexer.peek().at.line == 2);
}

TEST_CASE("lexer: what is never closed is refused at its start") {
  CHECK_THROWS_WITH(Lexer("\n  /* x"), "line 2:3: comment is never closed");
  CHECK_THROWS_WITH(Lexer("\n \"x\n\""), "line 2:2: string is never closed");
  Lexer lexer(" { {} ");
  CHECK_THROWS_WITH(lexer.take_braces(), "line 1:2: '{' is never closed");
}

TEST_CASE("lexer: integer expressions know signs, ~, + and -") {
  const auto value = [](const char* text) { return Lexer(text).integer_expression("a number"); };
  CHECK(value("-5") == -5);
  CHECK(value("+-4") == -4);
  CHECK(value("~0") == -1);
  CHECK(value("-~5") == 6);
  CHECK(value("~-5") == 4);
  CHECK(value("1+2-4") == -1);
  CHECK(value("10 - -3") == 13);
  CHECK_THROWS_WITH(value("1+x"), "line 1:3: expected a number, found 'x'");
}

}  // namespace
}  // namespace vgpu::ptx
