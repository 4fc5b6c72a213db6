// Jumps, calls, barriers and asynchronous copies, seen from one warp. How several warps wait for
// each other is tests/unit/jit/core's business. Source: PTX ISA, bra, call, exit, trap, bar,
// membar, cp.async, mbarrier.
#include <algorithm>
#include <bit>

#include "tests/unit/jit/golden_memory.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;
using Warp = std::vector<Row>;

void add_jumps(Family& f) {
  // Each lane goes round as often as its own number says.
  f.add(
      "{ .reg .b32 %x, %n; .reg .pred %p; mov.u32 %x, %i0; mov.u32 %n, 0; again: setp.eq.u32 %p, "
      "%x, 0;"
      " @%p bra done; add.u32 %n, %n, 1; shr.u32 %x, %x, 1; bra again; done: mov.u32 %o0, %n; }",
      "w=w", [](V i) { return static_cast<std::uint64_t>(std::bit_width(i[0])); });
  f.add_all(
      "{ .reg .b32 %n; .reg .pred %p; mov.u32 %n, 0; mov.u32 %o0, %i0; bra.uni again;"
      " mov.u32 %o0, 0; again: add.u32 %n, %n, 1; setp.lt.u32 %p, %n, 7; @%p bra.uni again;"
      " mov.u32 %o1, %n; }",
      "ww=w", [](V i, Values& o) {
        o = {i[0], 7};
      });
}

void add_ends(Family& f) {
  // Some lanes return early.
  f.add(
      ".func (.param .b32 result) halves_or_next(.param .b32 given) { .reg .b32 %x, %y; .reg .pred "
      "%p;"
      " ld.param.u32 %x, [given]; and.b32 %y, %x, 1; setp.ne.u32 %p, %y, 0; @%p bra odd;"
      " shr.u32 %x, %x, 1; st.param.b32 [result], %x; ret; odd: add.u32 %x, %x, 1;"
      " st.param.b32 [result], %x; ret; } => { .param .b32 put; .param .b32 got;"
      " st.param.b32 [put], %i0; call (got), halves_or_next, (put); ld.param.b32 %o0, [got]; }",
      "w=w", [](V i) { return i[0] % 2 == 0 ? i[0] / 2 : i[0] + 1; });
  // What has ended writes no result: 0.
  f.add(
      "{ .reg .b32 %x; .reg .pred %p; and.b32 %x, %i0, 1; setp.ne.u32 %p, %x, 0; @%p exit;"
      " mov.u32 %o0, %i0; }",
      "w=w", [](V i) { return i[0] % 2 == 0 ? i[0] : 0; });
  f.add("{ .reg .pred %p; setp.ne.u32 %p, %i0, %i0; @%p trap; mov.u32 %o0, %i0; }", "w=w",
        [](V i) { return i[0]; });
}

/// What a lane gives the opposite one by way of shared memory.
void add_exchange(Family& f, const std::string& wait) {
  f.add_warp(
      "{ .shared .align 4 .b8 own[128]; .reg .b32 %t, %base, %at; mov.u32 %t, %laneid; mov.u32 "
      "%base, own;"
      " mad.lo.u32 %at, %t, 4, %base; st.shared.u32 [%at], %i0; " +
          wait + "; xor.b32 %t, %t, 31; mad.lo.u32 %at, %t, 4, %base; ld.shared.u32 %o0, [%at]; }",
      "w=w", [](Warp& warp) {
        for (unsigned lane = 0; lane < kRows; ++lane) warp[lane].out[0] = warp[lane ^ 31].in[0];
      });
}

void add_barriers(Family& f) {
  for (const char* wait :
       {"bar.sync 0", "bar.sync 1, 32", "barrier.sync 0", "barrier.sync 2, 32",
        "membar.cta; bar.sync 0", "membar.gl; bar.sync 0", "membar.sys; bar.sync 0"})
    add_exchange(f, wait);
  // Of the lanes' own answers, of ones that are all yes, and of ones that are all no.
  for (const bool all : {true, false}) {
    const std::string vote = std::string("bar.red.") + (all ? "and" : "or") + ".pred ";
    f.add_warp("{ .reg .pred %yes; .reg .b32 %t; mov.u32 %t, %laneid; setp.lt.u32 %yes, %t, 32; " +
                   vote + "%o0, 0, %i0; " + vote + "%o1, 0, %yes; " + vote + "%o2, 0, !%yes; }",
               "ppp=p", [all](Warp& warp) {
                 const auto yes = [](const Row& lane) { return lane.in[0] != 0; };
                 const bool result = all ? std::all_of(warp.begin(), warp.end(), yes)
                                         : std::any_of(warp.begin(), warp.end(), yes);
                 for (Row& lane : warp) lane.out = {result ? 1U : 0U, 1, 0};
               });
  }
  f.add_warp(
      "{ .reg .b32 %n; .reg .pred %p; setp.ne.b32 %p, %i0, 0; bar.red.popc.u32 %n, 0, %p;"
      " mov.u32 %o0, %n; }",
      "w=b", [](Warp& warp) {
        const auto yes = std::count_if(warp.begin(), warp.end(),
                                       [](const Row& lane) { return lane.in[0] != 0; });
        for (Row& lane : warp) lane.out[0] = static_cast<std::uint64_t>(yes);
      });
}

/// 16 bytes of each lane go from global memory to shared memory, `copied` of them; the rest is
/// `filler`.
void add_copy(Family& f, const std::string& words, unsigned size, unsigned copied,
              const std::string& wait) {
  const std::string sizes =
      std::to_string(size) + (copied == size ? "" : ", " + std::to_string(copied));
  f.add_all(place("global") +
                " .shared .align 16 .b8 near[512]; .reg .b32 %to; mov.u32 %to, near; mad.lo.u32 "
                "%to, %t, 16, %to;"
                " st.shared.v2.b64 [%to], {-1, -1}; st.global.v2.b64 [%a], {%i0, %i1}; " +
                words + " [%to], [%a], " + sizes + "; " + wait +
                " ld.shared.v2.b64 {%o0, %o1}, [%to]; }",
            "dd=dd", [=](V i, Values& o) {
              o = {~std::uint64_t{0}, ~std::uint64_t{0}};
              std::fill_n(reinterpret_cast<std::byte*>(o.data()), size, std::byte{0});
              std::memcpy(o.data(), i.data(), copied);
            });
}

void add_copies(Family& f) {
  const std::string all = "cp.async.wait_all;";
  for (const char* hint : {"", ".L2::64B", ".L2::128B", ".L2::256B"}) {
    const std::string cg = std::string("cp.async.cg.shared.global") + hint;
    const std::string ca = std::string("cp.async.ca.shared.global") + hint;
    add_copy(f, cg, 16, 16, all);
    add_copy(f, cg, 16, 6, all);
    for (const unsigned size : {4U, 8U, 16U}) add_copy(f, ca, size, size, all);
    add_copy(f, ca, 8, 4, all);
    add_copy(f, ca, 4, 0, all);
  }
  for (const char* open : {"0", "1", "3"}) {
    // Groups that may still be open are empty ones that came later.
    std::string wait = "cp.async.commit_group;";
    for (char n = '0'; n < open[0]; ++n) wait += " cp.async.commit_group;";
    add_copy(f, "cp.async.cg.shared.global", 16, 16, wait + " cp.async.wait_group " + open + ";");
  }
}

/// Nobody is let through before all lanes have arrived, and everybody afterwards.
void add_mbarriers(Family& f) {
  f.add_warp(
      "{ .shared .align 8 .b64 gate; .reg .b32 %t, %g; .reg .b64 %s; .reg .pred %p, %first;"
      " mov.u32 %t, %laneid; mov.u32 %g, gate; setp.eq.u32 %first, %t, 0;"
      " @%first mbarrier.init.shared.b64 [%g], 33; bar.sync 0; mbarrier.arrive.shared.b64 %s, [%g];"
      " bar.sync 0; mbarrier.test_wait.shared.b64 %o0, [%g], %s; bar.sync 0;"
      " @%first mbarrier.arrive.shared.b64 %s, [%g]; bar.sync 0;"
      " mbarrier.test_wait.parity.shared.b64 %o1, [%g], 0;"
      " mbarrier.test_wait.parity.shared.b64 %o2, [%g], 1; mov.u32 %o3, %i0; }",
      "pppw=w", [](Warp& warp) {
        for (Row& lane : warp) lane.out = {0, 1, 0, lane.in[0]};
      });
}

}  // namespace

Family flow_family() {
  Family f("flow", "Jumps, calls, barriers, asynchronous copies.");
  add_jumps(f);
  add_ends(f);
  add_barriers(f);
  add_copies(f);
  add_mbarriers(f);
  return f;
}

}  // namespace vgpu::golden
