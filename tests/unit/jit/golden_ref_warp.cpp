// What lanes of a warp do together. Source: PTX ISA, shfl, vote, match, redux, elect.
#include <algorithm>
#include <optional>

#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using Warp = std::vector<Row>;

/// Where an operand comes from: a register, or the constant in the text.
struct Operand {
  std::optional<unsigned> input;
  std::uint64_t constant = 0;

  std::uint64_t of(const Row& lane) const { return input ? lane.in[*input] : constant; }
  std::string text() const {
    return input ? "%i" + std::to_string(*input)
                 : std::to_string(static_cast<std::int32_t>(constant));
  }
};

Operand reg(unsigned n) { return {n, 0}; }
Operand fixed(std::uint64_t value) { return {std::nullopt, value}; }

/// The pseudo-code of the ISA, word by word.
void shuffle(Warp& warp, const std::string& mode, const Operand& b, const Operand& c) {
  const Warp before = warp;
  for (unsigned lane = 0; lane < kRows; ++lane) {
    const auto bval = static_cast<unsigned>(b.of(before[lane]) & 31);
    const auto cval = static_cast<unsigned>(c.of(before[lane]) & 31);
    const auto segmask = static_cast<unsigned>(c.of(before[lane]) >> 8 & 31);
    const unsigned max_lane = (lane & segmask) | (cval & ~segmask & 31);
    const unsigned min_lane = lane & segmask;
    int j = 0;
    bool p = false;
    if (mode == "up") {
      j = static_cast<int>(lane) - static_cast<int>(bval);
      p = j >= static_cast<int>(max_lane);
    } else {
      if (mode == "down") j = static_cast<int>(lane + bval);
      if (mode == "bfly") j = static_cast<int>(lane ^ bval);
      if (mode == "idx") j = static_cast<int>(min_lane | (bval & ~segmask & 31));
      p = j <= static_cast<int>(max_lane);
    }
    if (!p) j = static_cast<int>(lane);
    warp[lane].out[0] = before[static_cast<unsigned>(j)].in[0];
    warp[lane].out[1] = p ? 1 : 0;
  }
}

void add_shuffle(Family& f, const std::string& mode, const Operand& b, const Operand& c,
                 const std::string& inputs) {
  const std::string tail = ", %i0, " + b.text() + ", " + c.text() + ", -1;";
  f.add_warp("shfl.sync." + mode + ".b32 %o0|%o1" + tail, "wp=w" + inputs,
             [=](Warp& warp) { shuffle(warp, mode, b, c); });
  f.add_warp("shfl.sync." + mode + ".b32 %o0" + tail, "w=w" + inputs,
             [=](Warp& warp) { shuffle(warp, mode, b, c); });
}

void add_shuffles(Family& f) {
  for (const std::string mode : {"up", "down", "bfly", "idx"}) {
    // The clamp of `up` is the lowest lane, that of the others the highest one.
    const std::uint64_t clamp = mode == "up" ? 0 : 31;
    for (const unsigned b : {0u, 1u, 5u, 16u, 31u})
      add_shuffle(f, mode, fixed(b), fixed(clamp), "");
    // Segments of 8 lanes, then clamped within the warp.
    add_shuffle(f, mode, fixed(3), fixed(0x1800 | (mode == "up" ? 0u : 7u)), "");
    add_shuffle(f, mode, fixed(2), fixed(12), "");
    add_shuffle(f, mode, reg(1), fixed(clamp), "s");
    add_shuffle(f, mode, reg(1), reg(2), "sw");
    f.add_warp("shfl." + mode + ".b32 %o0|%o1, %i0, 1, 31;", "wp=w",
               [=](Warp& warp) { shuffle(warp, mode, fixed(1), fixed(31)); });
  }
}

/// f(lane, lanes of its group): `group` names them.
template <class F>
void for_groups(Warp& warp, const Operand& group, F f) {
  for (Row& lane : warp) {
    std::vector<const Row*> members;
    for (unsigned n = 0; n < kRows; ++n)
      if ((group.of(lane) >> n & 1) != 0) members.push_back(&warp[n]);
    f(lane, members);
  }
}

std::uint64_t bits_where(const Warp& warp, std::uint64_t group,
                         bool (*wanted)(const Row&, const Row&), const Row& own) {
  std::uint64_t result = 0;
  for (unsigned n = 0; n < kRows; ++n)
    if ((group >> n & 1) != 0 && wanted(warp[n], own)) result |= std::uint64_t{1} << n;
  return result;
}

bool says_yes(const Row& lane, const Row&) { return lane.in[0] != 0; }
bool same_value(const Row& lane, const Row& own) { return lane.in[0] == own.in[0]; }

void add_votes(Family& f, const std::string& sync, const Operand& group,
               const std::string& inputs) {
  const std::string tail = sync.empty() ? ", %i0;" : ", %i0, " + group.text() + ";";
  const auto add = [&](const std::string& mode,
                       bool (*result)(std::uint64_t yes, std::uint64_t all)) {
    f.add_warp("vote" + sync + "." + mode + ".pred %o0" + tail, "p=p" + inputs, [=](Warp& warp) {
      for (Row& lane : warp) {
        const std::uint64_t all = group.of(lane) & 0xffffffff;
        lane.out[0] = result(bits_where(warp, all, says_yes, lane), all) ? 1 : 0;
      }
    });
  };
  add("all", [](std::uint64_t yes, std::uint64_t all) { return yes == all; });
  add("any", [](std::uint64_t yes, std::uint64_t) { return yes != 0; });
  add("uni", [](std::uint64_t yes, std::uint64_t all) { return yes == 0 || yes == all; });
  const auto add_ballot = [&](const std::string& words) {
    f.add_warp("vote" + words + ".b32 %o0" + tail, "w=p" + inputs, [=](Warp& warp) {
      for (Row& lane : warp) lane.out[0] = bits_where(warp, group.of(lane), says_yes, lane);
    });
  };
  add_ballot(sync + ".ballot");
  if (sync.empty()) return;
  add_ballot(".ballot.sync");  // as ggml writes it
  f.add_warp("vote.sync.all.pred %o0, !%i0, " + group.text() + ";", "p=p" + inputs,
             [=](Warp& warp) {
               for (Row& lane : warp)
                 lane.out[0] = bits_where(warp, group.of(lane), says_yes, lane) == 0 ? 1 : 0;
             });
}

void add_matches(Family& f, const Operand& group, const std::string& inputs) {
  for (const std::string type : {"b32", "b64"}) {
    // A few small values, so that some are the same.
    const std::string from = (type == "b32" ? "b" : "d") + inputs;
    const std::string tail = ", %i0, " + group.text() + ";";
    f.add_warp("match.any.sync." + type + " %o0" + tail, "w=" + from, [=](Warp& warp) {
      for (Row& lane : warp) lane.out[0] = bits_where(warp, group.of(lane), same_value, lane);
    });
    f.add_warp("match.all.sync." + type + " %o0|%o1" + tail, "wp=" + from, [=](Warp& warp) {
      for (Row& lane : warp) {
        const std::uint64_t all = group.of(lane) & 0xffffffff;
        const bool every = bits_where(warp, all, same_value, lane) == all;
        lane.out[0] = every ? all : 0;
        lane.out[1] = every ? 1 : 0;
      }
    });
  }
  f.add_warp("match.all.sync.b32 %o0|%o1, 7, " + group.text() + ";", "wp=w" + inputs,
             [=](Warp& warp) {
               for (Row& lane : warp) {
                 lane.out[0] = group.of(lane);
                 lane.out[1] = 1;
               }
             });
}

void add_reductions(Family& f, const Operand& group, const std::string& inputs) {
  const auto add = [&](const std::string& name,
                       std::uint64_t (*combine)(std::uint64_t, std::uint64_t)) {
    f.add_warp("redux.sync." + name + " %o0, %i0, " + group.text() + ";", "w=w" + inputs,
               [=](Warp& warp) {
                 for_groups(warp, group, [&](Row& lane, const std::vector<const Row*>& members) {
                   std::uint64_t sum = members.front()->in[0];
                   for (std::size_t n = 1; n < members.size(); ++n)
                     sum = combine(sum, members[n]->in[0]);
                   lane.out[0] = sum;
                 });
               });
  };
  const auto sum = [](std::uint64_t a, std::uint64_t b) { return a + b; };
  add("add.u32", sum);
  add("add.s32", sum);
  add("min.u32", [](std::uint64_t a, std::uint64_t b) { return std::min(a, b); });
  add("max.u32", [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); });
  add("min.s32", [](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) ? a : b;
  });
  add("max.s32", [](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int32_t>(a) > static_cast<std::int32_t>(b) ? a : b;
  });
  add("and.b32", [](std::uint64_t a, std::uint64_t b) { return a & b; });
  add("or.b32", [](std::uint64_t a, std::uint64_t b) { return a | b; });
  add("xor.b32", [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
}

}  // namespace

namespace {

/// Policies are opaque: what is seen is that there is one. A block is the first of its cluster.
void add_cluster(Family& f) {
  const auto zero = [](const Values&) { return 0; };
  const std::string drop = "; and.b64 %o0, %o0, 0;";
  for (const std::string first : {"evict_last", "evict_normal", "evict_first", "evict_unchanged"}) {
    f.add("createpolicy.fractional.L2::" + first + ".b64 %o0" + drop, "d=w", zero);
    for (const std::string second : {"evict_first", "evict_unchanged"}) {
      const std::string words = ".L2::" + first + ".L2::" + second + ".b64 %o0, ";
      f.add("createpolicy.fractional" + words + "0.5" + drop, "d=w", zero);
      f.add("createpolicy.range.global" + words + "[%i0], 32, 64" + drop, "d=d", zero);
    }
  }
  f.add("createpolicy.cvt.L2.b64 %o0, %i0" + drop, "d=d", zero);
  f.add("getctarank.u32 %o0, %i0;", "w=w", zero);
  f.add("getctarank.u64 %o0, %i0;", "w=d", zero);
}

}  // namespace

Family warp_family() {
  Family f("warp", "Shuffles, votes, matches and reductions; each row is a lane.");
  add_shuffles(f);
  const Operand all = fixed(0xffffffff);
  add_votes(f, "", all, "");
  add_votes(f, ".sync", all, "");
  add_votes(f, ".sync", reg(1), "m");
  add_matches(f, all, "");
  add_matches(f, reg(1), "m");
  add_reductions(f, all, "");
  add_reductions(f, reg(1), "m");
  // Hints that have nothing to show.
  for (const std::string hint :
       {"nanosleep.u32 20;", "pmevent 3;", "pmevent.mask 3;", "griddepcontrol.wait;",
        "griddepcontrol.launch_dependents;", "setmaxnreg.inc.sync.aligned.u32 64;",
        "setmaxnreg.dec.sync.aligned.u32 24;"})
    f.add_warp(hint + " not.b32 %o0, %i0;", "w=w", [](Warp& warp) {
      for (Row& lane : warp) lane.out[0] = ~lane.in[0];
    });
  add_cluster(f);
  f.add_warp("activemask.b32 %o0;", "w=", [](Warp& warp) {
    for (Row& lane : warp) lane.out[0] = 0xffffffff;
  });
  for (const Operand& group : {all, reg(0)})
    f.add_warp("elect.sync %o0|%o1, " + group.text() + ";",
               group.input ? "wp=m" : "wp=", [=](Warp& warp) {
                 for (unsigned lane = 0; lane < kRows; ++lane) {
                   // Any member may be the leader; ours is the first.
                   unsigned leader = 0;
                   while ((group.of(warp[lane]) >> leader & 1) == 0) ++leader;
                   warp[lane].out[0] = leader;
                   warp[lane].out[1] = leader == lane ? 1 : 0;
                 }
               });
  return f;
}

}  // namespace vgpu::golden
