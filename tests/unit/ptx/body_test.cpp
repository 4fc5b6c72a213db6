#include <doctest/doctest.h>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using test::kernel;
using test::Parsed;

TEST_CASE("body: modifiers, types and spaces are kept apart, each in the order written") {
  const Parsed p(
      kernel("cvt.rn.ftz.f32.f64 %f1, %fd1; ld.volatile.global.v2.u32 {%r1,%r2}, [%rd1];"));
  CHECK(p.at(0).op == Opcode::cvt_);
  CHECK(p.at(0).mods == std::vector<Mod>{Mod::rn_, Mod::ftz_});
  CHECK(p.at(0).types == std::vector<Type>{Type::f32, Type::f64});
  CHECK(p.at(1).space == Space::global);
  CHECK(p.at(1).mods == std::vector<Mod>{Mod::volatile_, Mod::v2_});
  CHECK(p.at(1).has(Mod::v2_));
  CHECK_FALSE(p.at(1).has(Mod::v4_));
}

TEST_CASE("body: shared::cta is shared, shared::cluster says so, cp.async has two spaces") {
  const Parsed p(
      kernel("ld.shared::cta.u32 %r1, [%r2]; ld.shared::cluster.u32 %r1, [%r2];"
             "cp.async.ca.shared.global [%r1], [%rd1], 16;"));
  CHECK(p.at(0).space == Space::shared);
  CHECK_FALSE(p.at(0).has(Mod::shared_cluster_));
  CHECK(p.at(1).space == Space::shared);
  CHECK(p.at(1).has(Mod::shared_cluster_));
  CHECK(p.at(2).space == Space::shared);
  CHECK(p.at(2).source_space == Space::global);
}

TEST_CASE("body: guards") {
  const Parsed p(kernel("@%p1 add.s32 %r1, %r1, 1; @!%p2 exit; ret;"));
  const auto reg = [&](std::size_t n) {
    return p.function->regs.at(static_cast<std::size_t>(p.at(n).guard)).name;
  };
  CHECK(reg(0) == "%p1");
  CHECK_FALSE(p.at(0).guard_negated);
  CHECK(reg(1) == "%p2");
  CHECK(p.at(1).guard_negated);
  CHECK(p.at(2).guard == -1);
}

TEST_CASE("body: labels are indices of the instruction behind them, before or after the branch") {
  const Parsed p(kernel("bra end; top: add.s32 %r1, %r1, 1; @%p1 bra top; end:"));
  CHECK(p.at(0).operands[0].kind == Operand::Kind::label);
  CHECK(p.at(0).operands[0].value == 3);
  CHECK(p.at(2).operands[0].value == 1);
  CHECK(p.function->body.size() == 3);
}

TEST_CASE("body: every instruction knows its place") {
  const Parsed p(kernel("  ret;\n @%p1 exit;"));
  CHECK(p.at(0).at.line == 3);
  CHECK(p.at(0).at.column == 3);
  CHECK(p.at(1).at.line == 4);
  CHECK(p.at(1).at.column == 2);
}

TEST_CASE("body: .loc, .pragma and empty statements are skipped") {
  const Parsed p(
      kernel(".loc 1 3 5\n.loc 1 2 3, function_name $L__info0, inlined_at 1 7 8\n"
             ".pragma \"nounroll\";;ret;"));
  CHECK(p.function->body.size() == 1);
}

TEST_CASE("body: lists of branch targets") {
  const Parsed p(kernel("ts: .branchtargets l0, l1; brx.idx %r1, ts; l0: ret; l1: exit;"));
  REQUIRE(p.function->targets.size() == 1);
  CHECK(p.function->targets[0].name == "ts");
  CHECK(p.function->targets[0].labels == std::vector<std::int64_t>{1, 2});
  CHECK(p.at(0).operands[1].name == "ts");
}

TEST_CASE("body: parsing twice changes nothing") {
  Parsed p(kernel("ret;"));
  Function& function = p.module.functions[0];
  const std::size_t regs = function.regs.size();
  parse_body(p.module, function);
  CHECK(function.regs.size() == regs);
  CHECK(function.body.size() == 1);
}

TEST_CASE("body: an error leaves the function as it was") {
  Module module = test::module_of(kernel("add.s32 %r1, %r2, %r3; nonsense;"));
  CHECK_THROWS_AS(parse_body(module, module.functions[0]), Error);
  CHECK_FALSE(module.functions[0].parsed);
  CHECK(module.functions[0].regs.empty());
  CHECK(module.functions[0].body.empty());
}

TEST_CASE("body: parameters in registers are registers of the body") {
  const Parsed p(".func (.reg .u32 %out) f (.reg .u32 %in) { add.u32 %out, %in, 1; ret; }");
  CHECK(p.function->regs[0].name == "%out");
  CHECK(p.function->regs[1].name == "%in");
  CHECK(p.at(0).operands[1].value == 1);
}

TEST_CASE("body: what GCC writes") {
  const Parsed p(
      ".extern .shared .u64 __nvptx_stacks[32];\n"
      ".visible .func (.param .u32 %value_out) f (.param .u64 %in_ar0)\n{\n.reg .u32 %value;\n"
      ".reg .u64 %ar0;\nld.param.u64 %ar0,[%in_ar0];\n.reg .u64 %stack;\n{\n.reg .u32 %fstmp0;\n"
      ".reg .u64 %fstmp2;\nmov.u32 %fstmp0,%tid.y;\nmov.u64 %fstmp2,__nvptx_stacks;\n"
      "ld.shared.u64 %stack,[%fstmp2];\n}\n.reg .pred %r148;\n.reg .v2.u64 %r5;\n"
      "setp.eq.u64 %r148,%ar0,0;\n@%r148 bra $L2;\nst.u64 [%stack+-8],%ar0;\n"
      "set.u32.eq.u32 %value,%value,0;\n$L2:\nst.param.u32 [%value_out],%value;\nret;\n}");
  CHECK(p.function->body.size() == 10);
  CHECK(p.at(7).types == std::vector<Type>{Type::u32, Type::u32});
}

}  // namespace
}  // namespace vgpu::ptx
