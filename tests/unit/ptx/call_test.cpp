#include <doctest/doctest.h>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using Kind = Operand::Kind;
using test::error_of;
using test::kernel;
using test::kHeader;
using test::Parsed;

const std::string kPrintf =
    ".extern .func (.param .b32 r) vprintf (.param .b64 f, .param .b64 a);\n.func nothing { ret; "
    "}\n";

TEST_CASE("call: results, target, arguments, over several lines") {
  const Parsed p(kPrintf +
                 kernel("{ .param .b64 param0; .param .b64 param1; .param .b32 retval0;\n"
                        "call.uni (retval0), \n vprintf, \n (\n param0, \n param1\n );\n}"));
  const auto& operands = p.at(0).operands;
  REQUIRE(operands.size() == 3);
  CHECK(p.at(0).has(Mod::uni_));
  CHECK(operands[0].kind == Kind::list);
  CHECK(operands[0].elements[0].name == "retval0");
  CHECK(operands[1].kind == Kind::symbol);
  CHECK(operands[1].name == "vprintf");
  REQUIRE(operands[2].elements.size() == 2);
  CHECK(operands[2].elements[1].name == "param1");
}

TEST_CASE("call: arguments declared as a range, as GCC does") {
  const Parsed p(kPrintf + kernel("{ .param.u64 %P<2>; .param .u32 r; st.param.u64 [%P0], %rd1;\n"
                                  "st.param.u64 [%P1], %rd2; call (r), vprintf, (%P0, %P1); }"));
  REQUIRE(p.function->variables.size() == 3);
  CHECK(p.function->variables[1].name == "%P1");
  CHECK(p.function->variables[1].size == 8);
  CHECK(p.at(1).operands[0].name == "%P1");
  CHECK(p.at(2).operands[2].elements[1].name == "%P1");
}

TEST_CASE("call: without results, without arguments") {
  const Parsed p(kPrintf + kernel("call nothing; call nothing, (); call (), nothing, ();"));
  CHECK(p.at(0).operands.size() == 1);
  CHECK(p.at(1).operands[1].kind == Kind::list);
  CHECK(p.at(2).operands[1].name == "nothing");
}

TEST_CASE("call: through a register with a prototype") {
  const Parsed p(kernel(
      "{ .param .b32 x; .param .b32 y;\n"
      "proto : .callprototype (.param .b32 _) _ (.param .b32 _, .param .align 8 .b8 _[16]);\n"
      "call (y), %rd1, (x, x), proto; }"));
  REQUIRE(p.function->prototypes.size() == 1);
  CHECK(p.function->prototypes[0].returns.size() == 1);
  CHECK(p.function->prototypes[0].params[1].size == 16);
  CHECK(p.function->prototypes[0].params[1].offset == 8);
  CHECK(p.at(0).operands[1].kind == Kind::reg);
  CHECK(p.at(0).operands[3].name == "proto");
}

TEST_CASE("call: through a register with a list of targets") {
  const Parsed p(kPrintf + kernel("fs: .calltargets nothing; call %rd1, (), fs;"));
  REQUIRE(p.function->call_targets.size() == 1);
  CHECK(p.function->call_targets[0].functions == std::vector<std::string>{"nothing"});
}

TEST_CASE("call: an alias is called by its name") {
  const Parsed p(".func h { ret; }\n.visible .func g;\n.alias g, h;\n" + kernel("call g;"));
  CHECK(p.at(0).operands[0].name == "g");
}

TEST_CASE("call: it must fit what it calls") {
  const auto error = [](const std::string& body) {
    return error_of(kHeader + kPrintf + kernel(body));
  };
  CHECK(error("call (%r1), nothing;") == "line 5:13: call: 1 results where 0 are declared");
  CHECK(error("call (%r1), vprintf, (%rd1);") ==
        "line 5:13: call: 1 arguments where 2 are declared");
  CHECK(error("call absent;") == "line 5:6: call: 'absent' is not a function");
  CHECK(error("call %rd1, ();") == "line 5:6: call: an indirect call needs a prototype");
  CHECK(error("call %rd1, (), absent;") == "line 5:16: unknown name 'absent'");
  CHECK(error("call 5;") == "line 5:6: call: expected a function or a register");
  CHECK(error("call nothing, (absent);") == "line 5:16: unknown name 'absent'");
}

}  // namespace
}  // namespace vgpu::ptx
