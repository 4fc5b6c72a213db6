#include "shim/cpu/ptx/isa.h"

#include <doctest/doctest.h>

#include "parse.h"
#include "shim/cpu/ptx/check.h"

namespace vgpu::ptx {
namespace {

TEST_CASE("isa.def: every row can be read and has a form") {
  for (std::size_t n = 0; n < static_cast<std::size_t>(Opcode::count); ++n) {
    const auto op = static_cast<Opcode>(n);
    CAPTURE(name_of(op));
    CHECK_FALSE(forms_of(op).empty());
    CHECK(find_opcode(name_of(op)) == op);
    const std::string_view lowering = lowering_of(op);
    const bool known = lowering == "core" || lowering == "later" ||
                       lowering == "lower_" + std::string(name_of(op));
    CHECK(known);
  }
}

TEST_CASE("names: every modifier, type and special register is found by its text") {
  for (std::size_t n = 0; n < static_cast<std::size_t>(Mod::count); ++n) {
    const auto mod = static_cast<Mod>(n);
    CAPTURE(name_of(mod));
    const auto suffix = find_suffix(name_of(mod));
    REQUIRE(suffix);
    CHECK(suffix->mod == mod);
  }
  for (std::size_t n = 1; n <= static_cast<std::size_t>(Type::surfref); ++n)
    CHECK(find_type(name_of(static_cast<Type>(n))) == static_cast<Type>(n));
  for (std::size_t n = 0; n < static_cast<std::size_t>(SpecialReg::count); ++n)
    CHECK(find_special(name_of(static_cast<SpecialReg>(n))) == static_cast<SpecialReg>(n));
}

TEST_CASE("names: sizes of types") {
  CHECK(size_of(Type::pred) == 1);
  CHECK(size_of(Type::b128) == 16);
  CHECK(size_of(Type::f16x2) == 4);
  CHECK(size_of(Type::bf16) == 2);
  CHECK(size_of(Type::f64) == 8);
  CHECK(type_of(SpecialReg::tid_x) == Type::u32);
  CHECK(type_of(SpecialReg::globaltimer) == Type::u64);
  CHECK(type_of(SpecialReg::globaltimer_lo) == Type::u32);
}

TEST_CASE("register sizes: the rules of the PTX ISA") {
  CHECK(register_fits(Type::b32, Type::f32, false));
  CHECK(register_fits(Type::u32, Type::s32, false));
  CHECK(register_fits(Type::f32, Type::b32, false));
  CHECK(register_fits(Type::b16, Type::f16, false));
  CHECK(register_fits(Type::b32, Type::bf16x2, false));
  CHECK_FALSE(register_fits(Type::u32, Type::f32, false));
  CHECK_FALSE(register_fits(Type::f32, Type::u32, false));
  CHECK_FALSE(register_fits(Type::b64, Type::u32, false));
  CHECK_FALSE(register_fits(Type::pred, Type::b8, true));
  CHECK(register_fits(Type::b64, Type::u32, true));
  CHECK(register_fits(Type::b64, Type::f32, true));
  CHECK(register_fits(Type::f64, Type::b32, true));
  CHECK(register_fits(Type::b32, Type::f16, true));
  CHECK_FALSE(register_fits(Type::b32, Type::f16, false));
  CHECK_FALSE(register_fits(Type::u16, Type::f16, false));
  CHECK_FALSE(register_fits(Type::f32, Type::u8, true));
  CHECK(register_fits(Type::u16, Type::s8, true));
  CHECK_FALSE(register_fits(Type::f64, Type::f32, true));
  CHECK_FALSE(register_fits(Type::b16, Type::u32, true));
}

/// Forms that compilers were seen to write, and that the table must therefore take.
TEST_CASE("isa.def: forms in use are accepted") {
  for (const char* text : {"add.cc.u32 %r1, %r2, %r3",
                           "addc.cc.u32 %r1, %r2, %r3",
                           "madc.hi.cc.u32 %r1, %r2, %r3, %r4",
                           "add.sat.s32 %r1, %r2, 5",
                           "add.rz.ftz.f32 %f1, %f2, %f3",
                           "add.f16x2 %r1, %r2, %r3",
                           "mul.wide.s32 %rd1, %r1, 4",
                           "mul.wide.u16 %r1, %h1, 4",
                           "mad.wide.u32 %rd1, %r1, 8, %rd2",
                           "fma.rn.relu.bf16x2 %r1, %r2, %r3, %r4",
                           "div.full.ftz.f32 %f1, %f2, %f3",
                           "min.NaN.f16 %h1, %h2, %h3",
                           "max.xorsign.abs.f32 %f1, %f2, %f3",
                           "max.f32 %f1, %f2, %f3, %f4",
                           "bfind.shiftamt.u32 %r1, %r2",
                           "bfi.b64 %rd1, %rd2, %rd3, %r1, %r2",
                           "bmsk.clamp.b32 %r1, %r2, %r3",
                           "dp4a.s32.u32 %r1, %r2, %r3, %r4",
                           "dp2a.lo.s32.s32 %r1, %r2, %r3, %r4",
                           "testp.infinite.f64 %p1, %fd1",
                           "setp.gtu.ftz.f32 %p1, %f1, %f2",
                           "setp.num.f32 %p1, %f1, %f2",
                           "setp.eq.b16 %p1, %h1, 0",
                           "setp.lt.f16x2 %p1|%p2, %r1, %r2",
                           "set.eq.f32.u32 %f1, %r1, %r2",
                           "slct.u32.f32 %r1, %r2, %r3, %f1",
                           "lop3.b32 %r1, %r2, %r3, %r4, 0x96",
                           "lop3.or.b32 %r1|%p1, %r2, %r3, %r4, 0x96, %p2",
                           "shf.l.wrap.b32 %r1, %r2, %r3, %r4",
                           "prmt.b32.f4e %r1, %r2, %r3, %r4",
                           "mov.pred %p1, %p2",
                           "mov.v2.u64 {%rd1, %rd2}, {%rd3, %rd4}",
                           "shfl.idx.b32 %r1|%p1, %r2, %r3, 31",
                           "vote.ballot.b32 %r1, %p1",
                           "vote.sync.ballot.b32 %r1, %p1, -1",
                           "match.all.sync.b64 %r1|%p1, %rd1, -1",
                           "redux.sync.xor.b32 %r1, %r2, -1",
                           "activemask.b32 %r1",
                           "elect.sync _|%p1, -1",
                           "ld.global.nc.L1::no_allocate.L2::128B.v4.f32 {%f1,%f2,%f3,%f4}, [%rd1]",
                           "ld.global.L2::cache_hint.f32 %f1, [%rd1], %rd2",
                           "ld.relaxed.gpu.global.u8 %r1, [%rd1]",
                           "ld.s8 %h1, [%rd1]",
                           "st.global.wt.b8 [%rd1], %r1",
                           "st.shared.v2.f64 [%r1], {%fd1, %fd2}",
                           "atom.add.noftz.f16x2 %r1, [%rd1], %r2",
                           "atom.acq_rel.sys.global.cas.b64 %rd1, [%rd2], %rd3, 0",
                           "atom.shared.inc.u32 %r1, [%r2], 7",
                           "red.global.add.f64 [%rd1], %fd1",
                           "atom.global.add.v2.f32 {%f1, %f2}, [%rd1], {%f3, %f4}",
                           "bar.sync 0",
                           "bar.sync %r1, 64",
                           "bar.arrive 1, 64",
                           "bar.red.popc.u32 %r1, 0, %p1",
                           "bar.red.and.pred %p1, 0, 32, !%p2",
                           "bar.warp.sync -1",
                           "barrier.sync.aligned 0",
                           "barrier.cluster.arrive.release.aligned",
                           "membar.gl",
                           "fence.acq_rel.gpu",
                           "fence.proxy.async",
                           "prefetch.global.L2 [%rd1]",
                           "isspacep.shared %p1, %rd1",
                           "cvta.to.shared.u64 %rd1, %rd2",
                           "cvt.u32.u8 %r1, %r2",
                           "cvt.rn.bf16x2.f32 %r1, %f1, %f2",
                           "cvt.rna.tf32.f32 %r1, %f1",
                           "cvt.rn.f16x2.e4m3x2 %r1, %h1",
                           "cvt.rn.satfinite.e4m3x2.f32 %h1, %f1, %f2",
                           "cvt.pack.sat.s8.s32.b32 %r1, %r2, %r3, %r4",
                           "cp.async.cg.shared.global.L2::128B [%r1], [%rd1], 16, %r2",
                           "cp.async.wait_group 1",
                           "cp.async.commit_group",
                           "cp.async.mbarrier.arrive.noinc.shared.b64 [%r1]",
                           "cp.async.bulk.commit_group",
                           "mbarrier.init.shared::cta.b64 [%r1], 5",
                           "griddepcontrol.wait",
                           "nanosleep.u32 20",
                           "ldmatrix.sync.aligned.m8n8.x2.trans.b16 {%r1,%r2}, [%r3]",
                           "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, "
                           "{%r1,%r2}, {%r3}, {%f1,%f2,%f3,%f4}",
                           "vadd.u32.u32.u32.add %u1, %u2, %u3, %u1",
                           "brkpt",
                           "trap",
                           "pmevent 3"}) {
    CAPTURE(text);
    CHECK(test::error_of(test::kHeader + test::kernel(std::string(text) + ";")) == "");
  }
}

}  // namespace
}  // namespace vgpu::ptx
