#include <doctest/doctest.h>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using test::error_of;
using test::kernel;
using test::kHeader;
using test::Parsed;

std::int64_t destination(const Parsed& parsed, std::size_t n) {
  return parsed.at(n).operands[0].value;
}

TEST_CASE("scopes: an inner register hides an outer one of the same name") {
  const Parsed p(
      kernel("add.s32 %r1, %r1, 1; { .reg .b32 %r1; add.s32 %r1, %r1, 1; }"
             "add.s32 %r1, %r1, 1;"));
  CHECK(destination(p, 0) == destination(p, 2));
  CHECK(destination(p, 0) != destination(p, 1));
}

TEST_CASE("scopes: an inner range hides an outer register, and ends with its scope") {
  const Parsed p(
      kernel(".reg .b32 t1; mov.b32 t1, 0; { .reg .b32 t<3>; mov.b32 t1, 0; mov.b32 t2, 0; }"
             "mov.b32 t1, 0;"));
  CHECK(destination(p, 0) == destination(p, 3));
  CHECK(destination(p, 1) != destination(p, 0));
  CHECK(error_of(kHeader + kernel("{ .reg .b32 t<3>; } mov.b32 t1, 0;")) ==
        "line 3:29: unknown name 't1'");
}

TEST_CASE("scopes: a range whose prefix ends in digits") {
  const Parsed p(kernel(".reg .b32 %q1<12>; mov.b32 %q111, 0; mov.b32 %q10, 0;"));
  CHECK(destination(p, 0) - destination(p, 1) == 11);
  CHECK(error_of(kHeader + kernel(".reg .b32 %q1<12>; mov.b32 %q112, 0;")) ==
        "line 3:28: unknown name '%q112'");
  CHECK(error_of(kHeader + kernel("mov.b32 %r01, 0;")) == "line 3:9: unknown name '%r01'");
}

TEST_CASE("scopes: labels of inline assembly may repeat in scopes beside each other") {
  const Parsed p(kernel("{ again: @%p1 bra again; } { again: @%p1 bra again; } ret;"));
  CHECK(p.at(0).operands[0].value == 0);
  CHECK(p.at(1).operands[0].value == 1);
}

TEST_CASE("scopes: a branch may leave its scope, but not enter another") {
  const Parsed p(kernel("{ bra out; } out: ret;"));
  CHECK(p.at(0).operands[0].value == 1);
  CHECK(error_of(kHeader + kernel("{ in: } bra in;")) == "line 3:13: unknown label 'in'");
}

TEST_CASE("scopes: .param variables of one name and shape are one, others get names of their own") {
  const Parsed p(
      kernel("{ .param .b32 x; st.param.b32 [x], 1; } { .param .b32 x; st.param.b32 [x], 2; }"
             "{ .param .b64 x; st.param.b64 [x], 3; }"));
  REQUIRE(p.function->variables.size() == 2);
  CHECK(p.at(0).operands[0].name == "x");
  CHECK(p.at(1).operands[0].name == "x");
  CHECK(p.at(2).operands[0].name == p.function->variables[1].name);
  CHECK(p.function->variables[1].name != "x");
}

TEST_CASE("scopes: a .param variable that is still in use is not taken for another") {
  const Parsed p(
      kernel(".param .b32 x; { .param .b32 x; st.param.b32 [x], 1; } st.param.b32 [x], 2;"));
  CHECK(p.function->variables.size() == 2);
  CHECK(p.at(0).operands[0].name != p.at(1).operands[0].name);
}

TEST_CASE("scopes: shared variables of two scopes are two, and never the module's") {
  const Parsed p(".shared .u32 s;\n" +
                 kernel("{ .shared .b32 s; st.shared.u32 [s], 1; } { .shared .b32 s;"
                        "st.shared.u32 [s], 1; } st.shared.u32 [s], 1;"));
  CHECK(p.at(0).operands[0].name != p.at(1).operands[0].name);
  CHECK(p.at(0).operands[0].name != "s");
  CHECK(p.at(1).operands[0].name != "s");
  CHECK(p.at(2).operands[0].name == "s");
}

}  // namespace
}  // namespace vgpu::ptx
