// Copies behind the kernel's back, and the objects that say that they are done.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

/// Each thread copies `size` bytes from in + 16 * tid to shared memory, which was all ones, by
/// `copy` (%s to, %g from, %i the thread), and stores what is there then.
Memory<std::uint32_t> copied(const std::string& copy, Dim3 block) {
  Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in)
{
  .shared .align 16 .b8 area[8192];
  .reg .b32 %i, %s, %a, %b, %c, %d, %n, %e;
  .reg .b64 %g, %o, %x, %policy;
  .reg .pred %p;
  mov.u32 %i, %tid.x;
  mov.u32 %s, area;
  shl.b32 %e, %i, 4;
  add.u32 %s, %s, %e;
  mul.wide.u32 %x, %i, 16;
  ld.param.u64 %g, [in];
  add.u64 %g, %g, %x;
  cvta.to.global.u64 %g, %g;
  mov.u32 %a, -1;
  st.shared.v4.u32 [%s], {%a, %a, %a, %a};
  bar.sync 0;
  )" + copy + R"(
  bar.sync 0;
  ld.shared.v4.u32 {%a, %b, %c, %d}, [%s];
  ld.param.u64 %o, [out];
  add.u64 %o, %o, %x;
  st.global.v4.u32 [%o], {%a, %b, %c, %d};
  ret;
})");
  const std::uint32_t threads = block.x;
  Memory<std::uint32_t> in(threads * 4);
  Memory<std::uint32_t> out(threads * 4);
  std::iota(in.begin(), in.end(), 0x01020304);
  CHECK(device.run("k", {1, 1, 1}, block, Params().add(out.data()).add(in.data())).message == "");
  return out;
}

/// What `copied` must give where thread i copied `bytes(i)` of `size` bytes; the rest is zero.
template <class F>
Memory<std::uint32_t> expected(std::uint32_t threads, std::size_t size, F bytes) {
  Memory<std::uint32_t> out(threads * 4, 0xffffffff);
  for (std::uint32_t i = 0; i < threads; ++i) {
    std::uint32_t line[4];
    for (std::uint32_t n = 0; n < 4; ++n) line[n] = 0x01020304 + 4 * i + n;
    const std::size_t count = std::min<std::size_t>(bytes(i), size);
    std::memset(reinterpret_cast<std::byte*>(line) + count, 0, size - count);
    std::memcpy(&out[4 * i], line, size);
  }
  return out;
}

}  // namespace

TEST_CASE("cp.async: every size and hint copies, alone and in groups") {
  const std::string group = "cp.async.commit_group; cp.async.wait_group 0;";
  for (const std::uint32_t threads : {32U, 100U}) {
    const auto all = [](std::size_t size) { return [size](std::uint32_t) { return size; }; };
    const auto check = [&](const std::string& text, std::size_t size) {
      CAPTURE(text);
      CHECK(copied(text, {threads, 1, 1}) == expected(threads, size, all(size)));
    };
    check("cp.async.ca.shared.global [%s], [%g], 4; cp.async.wait_all;", 4);
    check("cp.async.ca.shared.global [%s], [%g], 8;" + group, 8);
    check("cp.async.ca.shared.global.L2::128B [%s], [%g], 16;" + group, 16);
    check("cp.async.cg.shared.global [%s], [%g], 16;" + group, 16);
    check("cp.async.cg.shared.global.L2::64B [%s], [%g], 16; cp.async.wait_all;", 16);
    check("cp.async.cg.shared::cta.global.L2::256B [%s], [%g], 16, 16;" + group, 16);
    check(
        "createpolicy.fractional.L2::evict_first.b64 %policy, 0.5;"
        "cp.async.cg.shared.global.L2::cache_hint [%s], [%g], 16, %policy;" +
            group,
        16);
    check(
        "createpolicy.fractional.L2::evict_last.b64 %policy;"
        "cp.async.cg.shared.global.L2::cache_hint.L2::128B [%s], [%g], 16, 16, %policy;" +
            group,
        16);
  }
}

TEST_CASE("cp.async: bytes from the source's size on become zero, and are not read") {
  const std::string wait = "cp.async.wait_all;";
  CHECK(copied("rem.u32 %n, %i, 17; cp.async.cg.shared.global [%s], [%g], 16, %n;" + wait,
               {96, 1, 1}) == expected(96, 16, [](std::uint32_t i) { return i % 17; }));
  CHECK(copied("rem.u32 %n, %i, 9; cp.async.ca.shared.global [%s], [%g], 8, %n;" + wait,
               {32, 1, 1}) == expected(32, 8, [](std::uint32_t i) { return i % 9; }));
  CHECK(copied("cp.async.ca.shared.global [%s], [%g], 4, 2;" + wait, {32, 1, 1}) ==
        expected(32, 4, [](std::uint32_t) { return 2; }));
  // Odd threads ignore a source that cannot be read.
  CHECK(copied("and.b32 %n, %i, 1; setp.ne.u32 %p, %n, 0; selp.u64 %g, 64, %g, %p;"
               "cp.async.cg.shared.global [%s], [%g], 16, %p;" +
                   wait,
               {64, 1, 1}) ==
        expected(64, 16, [](std::uint32_t i) { return i % 2 == 0 ? 16 : 0; }));
  CHECK(copied("and.b32 %n, %i, 1; setp.ne.u32 %p, %n, 0; selp.u64 %g, 64, %g, %p;"
               "selp.u32 %n, 0, 16, %p; cp.async.cg.shared.global [%s], [%g], 16, %n;" +
                   wait,
               {64, 1, 1}) ==
        expected(64, 16, [](std::uint32_t i) { return i % 2 == 0 ? 16 : 0; }));
}

TEST_CASE("cp.async: a guard keeps lanes out") {
  auto want = expected(64, 16, [](std::uint32_t) { return 16; });
  for (std::uint32_t i = 0; i < 64; i += 3)
    for (std::uint32_t n = 0; n < 4; ++n) want[4 * i + n] = 0xffffffff;
  CHECK(copied("rem.u32 %n, %i, 3; setp.ne.u32 %p, %n, 0; selp.u64 %g, %g, 64, %p;"
               "@%p cp.async.cg.shared.global [%s], [%g], 16; cp.async.wait_all;",
               {64, 1, 1}) == want);
}

namespace {

/// Sums what `body` leaves in %r of each of 128 threads; `bar` is an mbarrier that 128 arrivals
/// complete.
Memory<std::uint32_t> with_barrier(const std::string& body, const char* count = "128") {
  return [&] {
    Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in)
{
  .shared .align 8 .b64 bar;
  .shared .align 16 .b8 area[4096];
  .reg .b32 %i, %r, %n, %s, %e;
  .reg .b64 %o, %x, %state, %g;
  .reg .pred %p, %q, %first;
  mov.u32 %i, %tid.x;
  mov.u32 %r, 0;
  mov.u32 %s, area;
  ld.param.u64 %g, [in];
  setp.eq.u32 %first, %i, 0;
  @%first mbarrier.init.shared::cta.b64 [bar], )" +
                  std::string(count) + R"(;
  bar.sync 0;
  )" + body + R"(
  ld.param.u64 %o, [out];
  mul.wide.u32 %x, %i, 4;
  add.u64 %o, %o, %x;
  st.global.u32 [%o], %r;
  ret;
})");
    Memory<std::uint32_t> in(1024);
    Memory<std::uint32_t> out(128);
    std::iota(in.begin(), in.end(), 7);
    CHECK(
        device.run("k", {1, 1, 1}, {128, 1, 1}, Params().add(out.data()).add(in.data())).message ==
        "");
    return out;
  }();
}

Memory<std::uint32_t> all_of(std::uint32_t value) { return Memory<std::uint32_t>(128, value); }

}  // namespace

TEST_CASE("mbarrier: nobody passes before all have arrived, phase after phase") {
  // Each thread writes its place, arrives, waits and reads its neighbour's of the next warp.
  CHECK(with_barrier(R"(
    mov.u32 %e, 0;
  PHASE:
    mad.lo.u32 %n, %i, 4, %s;
    mad.lo.u32 %r, %e, 1000, %i;
    st.shared.u32 [%n], %r;
    mbarrier.arrive.shared.b64 %state, [bar];
  WAIT:
    mbarrier.try_wait.shared.b64 %p, [bar], %state;
    @!%p bra WAIT;
    add.u32 %n, %i, 32;
    and.b32 %n, %n, 127;
    mad.lo.u32 %n, %n, 4, %s;
    ld.shared.u32 %r, [%n];
    sub.u32 %r, %r, %i;
    mbarrier.arrive.release.cta.shared::cta.b64 _, [bar];
    // The phase with parity 1 is the second of each round.
  AGAIN:
    mbarrier.test_wait.parity.shared::cta.b64 %q, [bar], 1;
    @!%q bra AGAIN;
    add.u32 %e, %e, 1;
    setp.lt.u32 %p, %e, 5;
    @%p bra PHASE;
    add.u32 %r, %r, 1024;
    and.b32 %r, %r, 127;
  )") == all_of((4000 + 32 + 1024) & 127));
}

TEST_CASE("mbarrier: bytes that are to come keep a phase open, and a bulk copy brings them") {
  CHECK(with_barrier(R"(
    @!%first bra WAIT;
    mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [bar], 512;
    mbarrier.test_wait.parity.shared::cta.b64 %p, [bar], 0;
    @%p trap;
    cvta.to.global.u64 %g, %g;
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%s], [%g], 512, [bar];
  WAIT:
    mbarrier.try_wait.parity.shared::cta.b64 %p, [bar], 0, 1000;
    @!%p bra WAIT;
    mad.lo.u32 %n, %i, 4, %s;
    ld.shared.u32 %r, [%n];
    sub.u32 %r, %r, %i;
  )",
                     "1") == all_of(7));
}

TEST_CASE("mbarrier: bulk copies go to global memory in groups") {
  CHECK(with_barrier(R"(
    mad.lo.u32 %n, %i, 4, %s;
    add.u32 %e, %i, 3;
    st.shared.u32 [%n], %e;
    bar.sync 0;
    @%first cp.async.bulk.global.shared::cta.bulk_group [%g], [%s], 512;
    @%first cp.async.bulk.commit_group;
    @%first cp.async.bulk.wait_group.read 0;
    bar.sync 0;
    mul.wide.u32 %x, %i, 4;
    add.u64 %g, %g, %x;
    ld.global.u32 %r, [%g];
    sub.u32 %r, %r, %i;
  )") == all_of(3));
}

TEST_CASE("mbarrier: asynchronous stores report their bytes; a bulk store makes zeros") {
  CHECK(with_barrier(R"(
    @%first st.bulk.weak.shared::cta [%s], 2048, 0;
    @%first mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [bar], 1024;
    bar.sync 0;
    mad.lo.u32 %n, %i, 8, %s;
    add.u32 %e, %i, 2;
    st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.u32 [%n], {%i, %e}, [bar];
  WAIT:
    mbarrier.try_wait.parity.shared::cta.b64 %p, [bar], 0;
    @!%p bra WAIT;
    ld.shared.v2.u32 {%r, %e}, [%n];
    sub.u32 %r, %e, %r;
    ld.shared.u32 %e, [%n+1024];
    add.u32 %r, %r, %e;
  )",
                     "1") == all_of(2));
}

TEST_CASE("mbarrier: who drops out is not waited for afterwards; pending arrivals are counted") {
  CHECK(with_barrier(R"(
    setp.lt.u32 %q, %i, 32;
    @%q mbarrier.arrive_drop.shared.b64 _, [bar];
    @!%q mbarrier.arrive.shared.b64 _, [bar];
  FIRST:
    mbarrier.try_wait.parity.shared.b64 %p, [bar], 0;
    @!%p bra FIRST;
    @!%q mbarrier.arrive.shared.b64 _, [bar];
  SECOND:
    mbarrier.try_wait.parity.shared.b64 %p, [bar], 1;
    @!%p bra SECOND;
    bar.sync 0;
    @!%first bra DONE;
    mbarrier.arrive.noComplete.release.cta.shared::cta.b64 %state, [bar], 6;
    mbarrier.pending_count.b64 %r, %state;
    ld.shared.u32 %n, [bar];
    mbarrier.arrive.shared.b64 %state, [bar], 10;
    mbarrier.pending_count.b64 %n, %state;
    sub.u32 %r, %r, %n;
    mbarrier.inval.shared.b64 [bar];
  DONE:
    bar.sync 0;
    selp.u32 %r, %r, 6, %first;
  )") == all_of(6));
}

TEST_CASE("cp.async.mbarrier.arrive: an arrival that counts, or one that asks for itself") {
  CHECK(with_barrier(R"(
    cp.async.mbarrier.arrive.shared::cta.b64 [bar];
    cp.async.mbarrier.arrive.noinc.shared::cta.b64 [bar];
  WAIT:
    mbarrier.try_wait.parity.shared.b64 %p, [bar], 0;
    @!%p bra WAIT;
    mov.u32 %r, 5;
  )") == all_of(5));
}

TEST_CASE("clusters of one block: barrier, rank, and the block's own shared memory") {
  CHECK(with_barrier(R"(
    mad.lo.u32 %n, %i, 4, %s;
    st.shared.u32 [%n], %i;
    barrier.cluster.arrive.release.aligned;
    barrier.cluster.wait.acquire.aligned;
    xor.b32 %e, %i, 64;
    mad.lo.u32 %n, %e, 4, %s;
    mapa.shared::cluster.u32 %n, %n, 0;
    ld.shared::cluster.u32 %r, [%n];
    xor.b32 %r, %r, %i;
    getctarank.shared::cluster.u32 %e, %n;
    add.u32 %r, %r, %e;
  )") == all_of(64));
}

}  // namespace vgpu::jit::test
