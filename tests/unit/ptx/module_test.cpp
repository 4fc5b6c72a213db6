#include <doctest/doctest.h>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using test::module_of;

TEST_CASE("module: version, target and address size are read") {
  const Module module = parse_module(".version 8.7\n.target sm_90a, debug\n.address_size 64\n");
  CHECK(module.version == 87);
  CHECK(module.target == 90);
  CHECK(module.target_suffix == 'a');
  CHECK(module.address_size == 64);
}

TEST_CASE("module: a text may stand behind blank lines, comments and NULs") {
  const std::string text = std::string("\n\n// c\n.version 6.0\n.target sm_30\n") + '\0';
  CHECK(parse_module(text).target == 30);
}

TEST_CASE("module: debug information and .loc are skipped") {
  const Module module = module_of(
      ".file 1 \"a.cu\", 1234, 56\n.section .debug_str { info: .b8 1,2 \n }\n"
      ".pragma \"nounroll\";\n.visible .entry k() { .loc 1 2 3 ret; }");
  CHECK(module.functions.size() == 1);
}

TEST_CASE("module: parameters get offsets aligned to each one's alignment") {
  const Module module = module_of(
      ".entry k(.param .u8 a, .param .align 8 .b8 b[12], .param .u32 c, .param .f64 d) {}");
  const auto& params = module.functions[0].params;
  REQUIRE(params.size() == 4);
  CHECK(params[0].offset == 0);
  CHECK(params[1].offset == 8);
  CHECK(params[1].size == 12);
  CHECK(params[1].align == 8);
  CHECK(params[2].offset == 20);
  CHECK(params[3].offset == 24);
  CHECK(params[3].type == Type::f64);
}

TEST_CASE("module: pointer attributes of parameters are accepted") {
  const Module module = module_of(".entry k(.param .u64 .ptr .global .align 16 p) {}");
  CHECK(module.functions[0].params[0].name == "p");
  CHECK(module.functions[0].params[0].align == 8);
}

TEST_CASE("module: performance directives of a kernel are kept") {
  const Module module = module_of(
      ".visible .entry k() .maxntid 128, 2 .minnctapersm 3 .maxnreg 40\n{ }\n"
      ".entry r() .reqntid 8,4,2 .noreturn {}");
  const Function& k = module.functions[0];
  CHECK(k.maxntid == std::array<std::uint32_t, 3>{128, 2, 1});
  CHECK(k.minnctapersm == 3);
  CHECK(k.maxnreg == 40);
  CHECK(k.visible);
  CHECK(module.functions[1].reqntid == std::array<std::uint32_t, 3>{8, 4, 2});
  CHECK(module.functions[1].noreturn);
}

TEST_CASE("module: a body is kept as text and not read") {
  const Module module = module_of("\n.func f\n {\n nonsense { } }\n.func g { ret; }");
  CHECK(module.functions[0].body_text == "{\n nonsense { } }");
  CHECK(module.functions[0].body_at.line == 4);
  CHECK(module.functions[0].body_at.column == 2);
  CHECK_FALSE(module.functions[0].parsed);
  CHECK(module.functions[1].name == "g");
}

TEST_CASE("module: its texts stay where they are when it moves") {
  Module first = module_of(".func f { ret; }");
  const Module second = std::move(first);
  CHECK(second.functions[0].body_text == "{ ret; }");
}

TEST_CASE("module: a definition takes the place of its declaration") {
  const Module module = module_of(
      ".visible .func (.param .u32 r) f (.param .u32 a);\n.extern .func g;\n"
      ".func (.param .u32 out) f (.param .u32 in) { ret; }\n.visible .func h;");
  REQUIRE(module.functions.size() == 3);
  const Function* f = module.find_function("f");
  REQUIRE(f != nullptr);
  CHECK_FALSE(f->external);
  CHECK(f->visible);
  CHECK(f->params[0].name == "in");
  CHECK(module.find_function("g")->external);
  CHECK(module.find_function("h")->external);
  CHECK(module.find_function("nothing") == nullptr);
}

TEST_CASE("module: variables have a type, a size and an alignment") {
  const Module module = module_of(
      ".visible .global .align 16 .b8 a[24];\n.extern .shared .align 16 .b8 dyn[];\n"
      ".weak .const .v4 .f32 v[2];\n.global .attribute(.managed) .align 4 .u32 m;\n"
      ".shared .u64 s[2][3], t;");
  REQUIRE(module.variables.size() == 6);
  const auto& v = module.variables;
  CHECK(v[0].size == 24);
  CHECK(v[0].align == 16);
  CHECK(v[0].visible);
  CHECK(v[1].external);
  CHECK(v[1].count == 0);
  CHECK(v[1].size == 0);
  CHECK(v[2].space == Space::constant);
  CHECK(v[2].weak);
  CHECK(v[2].vector == 4);
  CHECK(v[2].size == 32);
  CHECK(v[2].align == 16);
  CHECK(v[3].managed);
  CHECK(v[4].size == 48);
  CHECK(v[4].count == 6);
  CHECK(v[5].name == "t");
  CHECK(v[5].space == Space::shared);
}

TEST_CASE("module: an external variable may be defined later in the text") {
  const Module module = module_of(".extern .global .u32 x;\n.global .u32 x = 7;");
  REQUIRE(module.variables.size() == 1);
  CHECK_FALSE(module.variables[0].external);
  CHECK(module.variables[0].init.size() == 4);
}

TEST_CASE("module: aliases are kept") {
  const Module module = module_of(".func f { ret; }\n.visible .func g;\n.alias g, f;");
  REQUIRE(module.aliases.size() == 1);
  CHECK(module.aliases[0].name == "g");
  CHECK(module.aliases[0].target == "f");
}

TEST_CASE("module: old-style functions have parameters in registers") {
  const Module module = module_of(".func (.reg .u32 r) f (.reg .u32 a, .reg .pred p) { ret; }");
  CHECK(module.functions[0].returns[0].is_register);
  CHECK(module.functions[0].params[1].type == Type::pred);
}

}  // namespace
}  // namespace vgpu::ptx
