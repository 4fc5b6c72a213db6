#include <doctest/doctest.h>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using test::error_of;
using test::kernel;
using test::kHeader;

struct Bad {
  const char* text;
  const char* error;
};

/// Each stands alone as a whole text.
constexpr Bad kTexts[] = {
    {"", "line 1:1: expected .version, found the end of the text"},
    {"hello", "line 1:1: expected a directive, found 'hello'"},
    {".target sm_75", "line 1:1: expected .version, found '.target'"},
    {".version 7.5\n", "line 2:1: expected .target, found the end of the text"},
    {".version 7.5\n.global .u32 x;", "line 2:1: expected .target, found '.global'"},
    {".version seven", "line 1:10: expected a version such as 7.5"},
    {".version 7.5 .target compute_75", "line 1:22: expected a target such as sm_75"},
    {".version 7.5 .target sm_75 .address_size 16", "line 1:42: .address_size is 32 or 64"},
};

/// Behind kHeader, so they begin on line 2.
constexpr Bad kModules[] = {
    {".global .u32 x", "line 2:15: expected ';', found the end of the text"},
    {".global x;", "line 2:9: expected a type, found 'x'"},
    {".global .pred x;", "line 2:9: a variable in memory cannot be .pred"},
    {".global .u32 x[-1];", "line 2:16: a dimension cannot be negative"},
    {".global .u32 x[99999999999999];", "line 2:14: variable is too large"},
    {".global .u32 x[4][];", "line 2:18: only the first dimension may be empty"},
    {".global .align 3 .u32 x;", "line 2:16: an alignment is a power of two"},
    {".global .u32 x; .global .u32 x;", "line 2:30: 'x' is already defined"},
    {".global .u32 x = {1};", "line 2:18: too many braces"},
    {".global .u32 x[1] = {1, 2};", "line 2:25: too many values"},
    {".global .u32 x[2] = {1, };", "line 2:25: expected a value, found '}'"},
    {".global .u8 x[2][1] = {{1, 2}};", "line 2:29: too many values"},
    {".shared .u32 x = 1;", "line 2:16: only .global and .const variables have initialisers"},
    {".global .u32 x = 0x1FF(y);", "line 2:18: expected a mask of one byte"},
    {".global .u16 x = y;", "line 2:18: an address needs 4 or 8 bytes"},
    {".entry f() {", "line 2:12: '{' is never closed"},
    {".entry f() \n ret;", "line 3:2: expected '{', found 'ret'"},
    {".entry f(.u32 x) {}", "line 2:10: expected .param or .reg, found '.u32'"},
    {".entry f(.param .u32) {}", "line 2:21: expected the name of a parameter, found ')'"},
    {".entry f() .maxntid x {}", "line 2:21: expected a number of threads, found 'x'"},
    {".entry f() {} .entry f() {}", "line 2:22: 'f' is already defined"},
    {".func f; .entry f() {}", "line 2:17: 'f' was declared differently before"},
    {".global .u32 f; .func f;", "line 2:23: 'f' is already a variable"},
    {".func f; .global .u32 f;", "line 2:23: 'f' is already a function"},
    {".alias f, g;", "line 2:11: unknown function 'g'"},
    {".nonsense x;", "line 2:1: expected a declaration, found '.nonsense'"},
    {"/* \n", "line 2:1: comment is never closed"},
};

/// In a body: they begin on line 3.
constexpr Bad kBodies[] = {
    {"frob.s32 %r1, %r2;", "line 3:1: unknown instruction 'frob'"},
    {"\n  add.frob.s32 %r1, %r2, %r3;", "line 4:6: unknown suffix '.frob'"},
    {"add.wide.s32 %rd1, %r2, %r3;", "line 3:4: '.wide' does not fit this 'add'"},
    {"add.rn.s32 %r1, %r2, %r3;", "line 3:7: '.s32' does not fit this 'add'"},
    {"add %r1, %r2, %r3;", "line 3:1: 'add' needs a type"},
    {"mul.s32 %r1, %r2, %r3;", "line 3:1: 'mul' needs .lo or .hi"},
    {"add.s32.s32 %r1, %r2, %r3;", "line 3:8: '.s32' does not fit this 'add'"},
    {"add.s32 %r1, %r2;", "line 3:1: add: operand missing"},
    {"add.s32 %r1, %r2, %r3, %r4;", "line 3:24: add: too many operands"},
    {"add.s32 %r1, %r2, %r9;", "line 3:19: unknown name '%r9'"},
    {"add.s32 %r1, %rd2, %r3;", "line 3:14: add: a .b64 register does not fit .s32"},
    {"add.f32 %f1, %f2, %u1;", "line 3:19: add: a .u32 register does not fit .f32"},
    {"add.f32 %f1, %f2, 1;", "line 3:19: add: expected a floating-point constant"},
    {"add.s32 %r1, %r2, 1.5;", "line 3:19: add: expected an integer constant"},
    {"add.s32 5, %r2, %r3;", "line 3:9: add: expected a register"},
    {"add.s32 %r1, [%rd1], %r3;", "line 3:14: add: expected a register or a constant"},
    {"add.s32 %r1|%p1, %r2, %r3;", "line 3:13: add: '|' does not fit here"},
    {"add.s32 %r1, %r2 %r3;", "line 3:1: add: operand missing"},
    {"add.s32 %r1, %r2, %r3", "line 4:1: expected ';', found '}'"},
    {"add.s32 %r1, %r2, ;", "line 3:19: expected an operand, found ';'"},
    {"mul.wide.s32 %r1, %r2, %r3;", "line 3:14: mul: a .b32 register does not fit twice .s32"},
    {"and.b32 %r1, %r2, !%p1;", "line 3:19: and: '!' or '-' does not fit here"},
    {"setp.lt.s32 %r1, %r2, %r3;", "line 3:13: setp: a .b32 register does not fit .pred"},
    {"setp.lt.and.s32 %p1, %r2, %r3;", "line 3:1: setp: operand missing"},
    {"setp.ltu.s32 %p1, %r2, %r3;", "line 3:9: '.s32' does not fit this 'setp'"},
    {"ld.global.u32 %r1, %rd1;", "line 3:20: ld: expected an address in brackets"},
    {"ld.global.u32 %r1, [%f1];", "line 3:20: ld: a .f32 register is no address"},
    {"ld.global.u32 %r1, [absent];", "line 3:21: unknown name 'absent'"},
    {"ld.global.v2.u32 %r1, [%rd1];", "line 3:18: ld: expected a vector of 2"},
    {"ld.global.v4.u32 {%r1, %r2}, [%rd1];", "line 3:18: ld: expected a vector of 4"},
    {"ld.global.u32 %h1, [%rd1];", "line 3:15: ld: a .b16 register does not fit .u32"},
    {"ld.global.global.u32 %r1, [%rd1];", "line 3:10: '.global' does not fit this 'ld'"},
    {"mov.b64 {%r1, %h1}, %rd1;", "line 3:9: mov: the elements do not add up to .b64"},
    {"mov.u32 %r1, %clock64;", "line 3:14: mov: the special register does not fit .u32"},
    {"mov.u32 %r1, %nonsense;", "line 3:14: unknown name '%nonsense'"},
    {"bra nowhere;", "line 3:5: unknown label 'nowhere'"},
    {"l: ret; l: ret;", "line 3:9: label 'l' is defined twice"},
    {"bra 5;", "line 3:5: expected a label, found '5'"},
    {"@%r1 ret;", "line 3:2: '%r1' is not a predicate"},
    {"@%p9 ret;", "line 3:2: unknown register '%p9'"},
    {"@5 ret;", "line 3:2: expected a predicate, found '5'"},
    {"@%p1 { ret; }", "line 3:6: expected an instruction, found '{'"},
    {".reg .b32 %r1; .reg .b32 %r1;", "line 3:26: '%r1' is declared twice"},
    {".reg .b32 x<9999999>;", "line 3:13: too many registers"},
    {".param .u64 x<9999999>;", "line 3:15: too many variables"},
    {".param .u64 x<2>; st.param.u64 [x2], 1;", "line 3:33: unknown name 'x2'"},
    {".nonsense;", "line 3:1: expected an instruction or a declaration, found '.nonsense'"},
    {"brx.idx %r1, absent;", "line 3:14: unknown name 'absent'"},
    {"ts: .branchtargets nowhere;", "line 3:20: unknown label 'nowhere'"},
    {"cvt.u32.nonsense %r1, %r2;", "line 3:8: unknown suffix '.nonsense'"},
    {"atom.global.exch.u32 %r1, [%rd1], 5;", "line 3:17: '.u32' does not fit this 'atom'"},
    {"bar.sync;", "line 3:1: bar: operand missing"},
    {"cvt.s32.f32 %r1, %f1;", "line 3:1: 'cvt' needs .rni or .rzi or .rmi or .rpi"},
    {"cvt.rn.f64.f32 %fd1, %f1;", "line 3:11: '.f32' does not fit this 'cvt'"},
    {"cvt.rn.f32.f32 %f1, %f2;", "line 3:11: '.f32' does not fit this 'cvt'"},
    {"add.s32 %r1, %tid.x, 1;", "line 3:14: add: special registers are read by mov and cvt only"},
    {"mov.b16 %h1, 0f3F800000;", "line 3:14: mov: expected an integer constant"},
    {"mov.b64 %rd1, 0f3F800000;", "line 3:15: mov: expected an integer constant"},
    {"add.f16 %h1, %h2, 1;", "line 3:19: add: expected a register"},
    {"mov.b64 {%r1, %r2}, {%r3, %r4};", "line 3:21: mov: expected a register or a constant"},
    {"ld.global.u32 %r1, [%rd1], %rd2;", "line 3:28: ld: too many operands"},
    {"ld.global.L2::cache_hint.u32 %r1, [%rd1];", "line 3:1: ld: operand missing"},
    {"setp.lt.s32 %p1, %r2, %r3, %p2;", "line 3:28: setp: too many operands"},
};

TEST_CASE("errors: a text that is no module is refused at its line and column") {
  for (const Bad& bad : kTexts) {
    CAPTURE(bad.text);
    CHECK(error_of(bad.text) == bad.error);
  }
}

TEST_CASE("errors: a bad declaration is refused at its line and column") {
  for (const Bad& bad : kModules) {
    CAPTURE(bad.text);
    CHECK(error_of(kHeader + bad.text) == bad.error);
  }
}

TEST_CASE("errors: a bad instruction is refused at its line and column") {
  for (const Bad& bad : kBodies) {
    CAPTURE(bad.text);
    CHECK(error_of(kHeader + kernel(bad.text)) == bad.error);
  }
}

TEST_CASE("errors: deep nesting is refused and does not eat the stack") {
  const std::string open(100000, '{');
  const std::string close(100000, '}');
  CHECK(error_of(kHeader + ".entry f() {" + open + close + "}") ==
        "line 2:268: scopes are nested too deeply");
}

TEST_CASE("errors: an initialiser cannot take all memory") {
  CHECK(error_of(kHeader + ".global .u8 x[2][1000000000] = {{1},{1}};") ==
        "line 2:38: the initialiser is too large");
}

TEST_CASE("errors: any prefix of a text is an error or a text, never a crash") {
  const std::string text =
      kHeader +
      ".global .u64 x[2] = {generic(f)+4, 0f3F800000};\n.func (.param .b32 r) f (.param "
      ".b64 a) .noreturn { .loc 1 2 3 .reg .b32 %r<5>; @!%r1 ret; \"s\" /* c */ }";
  for (std::size_t n = 0; n < text.size(); ++n) error_of(text.substr(0, n));
  CHECK(error_of(text).substr(0, 5) == "line ");
}

}  // namespace
}  // namespace vgpu::ptx
