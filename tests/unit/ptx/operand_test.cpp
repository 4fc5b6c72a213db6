#include <doctest/doctest.h>

#include <bit>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using Kind = Operand::Kind;
using test::kernel;
using test::Parsed;

const std::string& name_of_reg(const Parsed& parsed, const Operand& operand) {
  REQUIRE(operand.kind == Kind::reg);
  return parsed.function->regs.at(static_cast<std::size_t>(operand.value)).name;
}

TEST_CASE("operands: registers, of ranges and single") {
  const Parsed p(kernel("add.s32 %r1, %r7, %r0;"));
  CHECK(name_of_reg(p, p.at(0).operands[0]) == "%r1");
  CHECK(name_of_reg(p, p.at(0).operands[1]) == "%r7");
  CHECK(name_of_reg(p, p.at(0).operands[2]) == "%r0");
  CHECK(p.function->regs.at(static_cast<std::size_t>(p.at(0).operands[0].value)).type == Type::b32);
}

TEST_CASE("operands: integer constants are sign-extended to 64 bits") {
  const Parsed p(kernel("add.s32 %r1, %r2, -7; mov.u64 %rd1, 0xFFFFFFFFFFFFFFFF;"));
  CHECK(p.at(0).operands[2].kind == Kind::imm_int);
  CHECK(p.at(0).operands[2].value == -7);
  CHECK(p.at(1).operands[1].value == -1);
}

TEST_CASE("operands: floating-point constants keep their bits") {
  const Parsed p(
      kernel("add.f32 %f1, %f2, 0fBF800000; add.f64 %fd1, %fd2, 0d3FF0000000000000;"
             "mul.f32 %f1, %f2, -2.5; mov.b32 %r1, 0f3F800000;"));
  CHECK(p.at(0).operands[2].kind == Kind::imm_f32);
  CHECK(p.at(0).operands[2].value == 0xbf800000);
  CHECK(p.at(1).operands[2].kind == Kind::imm_f64);
  CHECK(p.at(1).operands[2].value == 0x3ff0000000000000);
  CHECK(p.at(2).operands[2].kind == Kind::imm_f64);
  CHECK(std::bit_cast<double>(p.at(2).operands[2].value) == -2.5);
  CHECK(p.at(3).operands[1].kind == Kind::imm_f32);
}

TEST_CASE("operands: special registers and WARP_SZ") {
  const Parsed p(kernel("mov.u32 %r1, %tid.x; mov.u64 %rd1, %clock64; mov.u32 %r1, WARP_SZ;"));
  CHECK(p.at(0).operands[1].kind == Kind::special);
  CHECK(static_cast<SpecialReg>(p.at(0).operands[1].value) == SpecialReg::tid_x);
  CHECK(static_cast<SpecialReg>(p.at(1).operands[1].value) == SpecialReg::clock64);
  CHECK(p.at(2).operands[1].value == 32);
}

TEST_CASE("operands: addresses in brackets") {
  const Parsed p(
      kernel(".shared .b8 s[64]; ld.param.u64 %rd1, [a]; ld.global.u32 %r1, [%rd1+-4];"
             "ld.shared.u32 %r1, [s+8]; ld.shared.u32 %r1, [%r2]; ld.u32 %r1, [256];"
             "ld.shared.u32 %r1, [%u1 - 8];"));
  CHECK(p.at(0).operands[1].kind == Kind::memory);
  CHECK(p.at(0).operands[1].name == "a");
  CHECK(p.at(0).space == Space::param);
  CHECK(p.at(1).operands[1].base_is_reg);
  CHECK(p.at(1).operands[1].offset == -4);
  CHECK(p.at(2).operands[1].name == "s");
  CHECK(p.at(2).operands[1].offset == 8);
  CHECK(p.at(3).operands[1].base_is_reg);
  CHECK(p.at(4).operands[1].name.empty());
  CHECK(p.at(4).operands[1].offset == 256);
  CHECK(p.at(5).operands[1].offset == -8);
}

TEST_CASE("operands: the addresses of variables and functions") {
  const Parsed p(
      ".global .u32 g[4];\n.extern .func h;\n" +
      kernel("mov.u64 %rd1, g; mov.u64 %rd1, g+8; mov.u64 %rd2, h; cvta.global.u64 %rd1, g;"));
  CHECK(p.at(0).operands[1].kind == Kind::symbol);
  CHECK(p.at(0).operands[1].name == "g");
  CHECK(p.at(1).operands[1].offset == 8);
  CHECK(p.at(2).operands[1].name == "h");
  CHECK(p.at(3).space == Space::global);
}

TEST_CASE("operands: vectors of registers, constants and _") {
  const Parsed p(
      kernel("ld.global.v4.f32 {%f1, %f2, _, %f3}, [%rd1]; st.global.v2.u32 [%rd1], {%r1, 5};"
             "mov.b64 {%r1, _}, %rd1; mov.b32 %r1, {%h1, %h2};"));
  REQUIRE(p.at(0).operands[0].kind == Kind::vector);
  REQUIRE(p.at(0).operands[0].elements.size() == 4);
  CHECK(p.at(0).operands[0].elements[2].kind == Kind::sink);
  CHECK(p.at(1).operands[1].elements[1].value == 5);
  CHECK(p.at(2).operands[0].elements[1].kind == Kind::sink);
  CHECK(p.at(3).operands[1].elements.size() == 2);
}

TEST_CASE("operands: a vector of one is the scalar") {
  const Parsed p(kernel("ld.global.u64 {%rd1}, [%rd2];"));
  CHECK(p.at(0).operands[0].kind == Kind::reg);
}

TEST_CASE("operands: a vector register stands for its elements, and .x for one of them") {
  const Parsed p(
      kernel(".reg .v2 .u64 %v; mov.v2.u64 %v, {%rd1, %rd2}; add.u64 %rd1, %v.y, %v.x;"));
  REQUIRE(p.at(0).operands[0].kind == Kind::vector);
  CHECK(name_of_reg(p, p.at(0).operands[0].elements[1]) == "%v.y");
  CHECK(name_of_reg(p, p.at(1).operands[1]) == "%v.y");
  CHECK(name_of_reg(p, p.at(1).operands[2]) == "%v.x");
}

TEST_CASE("operands: two destinations with a bar are two operands") {
  const Parsed p(
      kernel("setp.lt.s32 %p1|%p2, %r1, %r2; shfl.sync.idx.b32 %r1|%p1, %r2, 0, 31, -1;"));
  CHECK(p.at(0).operands.size() == 4);
  CHECK(name_of_reg(p, p.at(0).operands[1]) == "%p2");
  CHECK(p.at(1).operands.size() == 6);
}

TEST_CASE("operands: predicates may be negated where the instruction allows it") {
  const Parsed p(
      kernel("setp.lt.and.s32 %p1, %r1, %r2, !%p2; vote.sync.any.pred %p1, !%p2, -1;"
             "selp.b32 %r1, %r2, 3, %p1;"));
  CHECK(p.at(0).operands[3].negated);
  CHECK(p.at(1).operands[1].negated);
  CHECK_FALSE(p.at(2).operands[3].negated);
}

TEST_CASE("operands: textures have coordinates inside the brackets") {
  const Parsed p(kernel("tex.2d.v4.f32.f32 {%f1,%f2,%f3,%f4}, [%rd1, {%f5, %f6}];"));
  const Operand& address = p.at(0).operands[1];
  CHECK(address.base_is_reg);
  REQUIRE(address.elements.size() == 1);
  CHECK(address.elements[0].elements.size() == 2);
}

TEST_CASE("operands: no destination is _") {
  const Parsed p(kernel("atom.global.add.u32 _, [%rd1], %r1; setp.eq.s32 _|%p1, %r1, 0;"));
  CHECK(p.at(0).operands[0].kind == Kind::sink);
  CHECK(p.at(1).operands[0].kind == Kind::sink);
}

}  // namespace
}  // namespace vgpu::ptx
