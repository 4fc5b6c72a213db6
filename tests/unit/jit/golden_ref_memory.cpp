// Loads, stores and atomic operations, each lane on memory of its own. How lanes that meet at one
// place get along is tests/unit/jit/core's business. Source: PTX ISA, ld, st, atom, red.
#include <algorithm>
#include <cmath>

#include "tests/unit/jit/golden_memory.h"
#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

/// An access without its type: what is written, and what operands follow.
struct Access {
  std::string head;
  std::string tail;  ///< the cache policy
};

/// `bytes` bytes from the byte `at` of the inputs, which lie side by side.
std::uint64_t field(V in, unsigned at, unsigned bytes, bool with_sign = false) {
  std::uint64_t value = bytes_of(in, at, bytes);
  if (with_sign && (value >> (8 * bytes - 1) & 1) != 0) value |= ~std::uint64_t{0} << 8 * bytes;
  return value & 0xffffffff;
}

std::string load(const Access& a, const std::string& type, const std::string& to, unsigned at) {
  return " " + a.head + "." + type + " " + to + ", [%a+" + std::to_string(at) + "]" + a.tail + ";";
}

std::string store(const Access& a, const std::string& type, const std::string& from, unsigned at) {
  return " " + a.head + "." + type + " [%a+" + std::to_string(at) + "], " + from + a.tail + ";";
}

void add_loads(Family& f, const Access& a) {
  const std::string space = space_of(a.head);
  const std::string open = place(space) + " st." + space + ".v2.b64 [%a], {%i0, %i1};";
  f.add_all(open + load(a, "u8", "%o0", 1) + load(a, "s8", "%o1", 3) + load(a, "u16", "%o2", 4) +
                load(a, "s16", "%o3", 6) + load(a, "b32", "%o4", 8) + load(a, "u64", "%o5", 8) +
                " }",
            "wwwwwd=dd", [](V i, Values& o) {
              o = {field(i, 1, 1),       field(i, 3, 1, true), field(i, 4, 2),
                   field(i, 6, 2, true), field(i, 8, 4),       i[1]};
            });
  f.add_all(open + load(a, "v2.u32", "{%o0, %o1}", 8) + load(a, "v2.f64", "{%o2, %o3}", 0) +
                load(a, "v2.u16", "{%o4, %o5}", 4) + " }",
            "wwFFww=dd", [](V i, Values& o) {
              o = {field(i, 8, 4), field(i, 12, 4), i[0], i[1], field(i, 4, 2), field(i, 6, 2)};
            });
  f.add_all(
      open + load(a, "v4.f32", "{%o0, %o1, %o2, %o3}", 0) + load(a, "f32", "%o4", 12) + " }",
      "fffff=dd", [](V i, Values& o) {
        o = {field(i, 0, 4), field(i, 4, 4), field(i, 8, 4), field(i, 12, 4), field(i, 12, 4)};
      });
  f.add_all(open + load(a, "v4.u8", "{%o0, %o1, %o2, %o3}", 12) +
                load(a, "v2.s8", "{%o4, %o5}", 6) + " }",
            "wwwwww=dd", [](V i, Values& o) {
              o = {field(i, 12, 1), field(i, 13, 1),      field(i, 14, 1),
                   field(i, 15, 1), field(i, 6, 1, true), field(i, 7, 1, true)};
            });
}

void add_stores(Family& f, const Access& a) {
  const std::string space = space_of(a.head);
  const std::string open = place(space) + " st." + space + ".v2.b64 [%a], {0, -1};";
  const std::string close = " ld." + space + ".v2.b64 {%o0, %o1}, [%a]; }";
  const auto bytes = [](std::uint64_t value, unsigned count) {
    return value & (~std::uint64_t{0} >> (64 - 8 * count));
  };
  f.add_all(open + store(a, "u8", "%i0", 1) + store(a, "u16", "%i1", 4) +
                store(a, "f32", "%i2", 8) + store(a, "b8", "%i0", 15) + close,
            "dd=wwf", [=](V i, Values& o) {
              o[0] = bytes(i[0], 1) << 8 | bytes(i[1], 2) << 32;
              o[1] = 0x00ffffff00000000 | i[2] | bytes(i[0], 1) << 56;
            });
  f.add_all(open + store(a, "v2.u32", "{%i0, %i1}", 0) +
                store(a, "v4.u16", "{%i0, %i0, %i1, %i1}", 8) + close,
            "dd=ww", [=](V i, Values& o) {
              o[0] = i[0] | i[1] << 32;
              o[1] = bytes(i[0], 2) * 0x10001 | bytes(i[1], 2) * 0x10001 << 32;
            });
  f.add_all(open + store(a, "v2.f64", "{%i0, %i1}", 0) + close, "dd=FF", [](V i, Values& o) {
    o = {i[0], i[1]};
  });
  f.add_all(open + store(a, "v4.f32", "{%i0, %i1, %i1, %i0}", 0) + close, "dd=ff",
            [](V i, Values& o) {
              o = {i[0] | i[1] << 32, i[1] | i[0] << 32};
            });
}

void add_large(Family& f) {
  const std::string open = place("global");
  f.add_all(open +
                " .reg .b128 %q; st.global.v2.b64 [%a], {%i0, %i1}; ld.global.b128 %q, [%a];"
                " st.global.b128 [%a+16], %q; ld.global.v2.u64 {%o0, %o1}, [%a+16]; }",
            "dd=dd", [](V i, Values& o) {
              o = {i[0], i[1]};
            });
  f.add_all(open +
                " st.global.v4.f64 [%a], {%i0, %i1, %i2, %i3};"
                " ld.global.v4.b64 {%o3, %o2, %o1, %o0}, [%a]; }",
            "dddd=FFFF", [](V i, Values& o) {
              o = {i[3], i[2], i[1], i[0]};
            });
  f.add_all(
      open +
          " .reg .b32 %z, %y; st.global.v8.b32 [%a], {%i0, %i1, %i2, %i3, %i4, %i5, %i0, %i1};"
          " ld.global.nc.v8.b32 {%z, %y, %o0, %o1, %o2, %o3, %o4, %o5}, [%a]; }",
      "wwwwww=wwwwww", [](V i, Values& o) { o = {i[2], i[3], i[4], i[5], i[0], i[1]}; });
}

/// An operation on one value; `b` is the second source of cas.
using Update = std::function<std::uint64_t(std::uint64_t old, std::uint64_t a, std::uint64_t b)>;

struct Atomic {
  const char* name;
  char kind;
  Update update;
};

std::uint64_t half_sum(const Format& format, std::uint64_t a, std::uint64_t b) {
  return encode(format, decode(format, a) + decode(format, b), Round::nearest);
}

std::uint64_t half_least(const Format& format, std::uint64_t a, std::uint64_t b, bool greatest) {
  if (is_nan(format, a)) return is_nan(format, b) ? nan_of(format) : b;
  if (is_nan(format, b)) return a;
  const Quad x = decode(format, a);
  const Quad y = decode(format, b);
  if (x == y) return greatest ? a & b : a | b;
  return (x < y) != greatest ? a : b;
}

Update both(const std::function<std::uint64_t(std::uint64_t, std::uint64_t)>& one) {
  return [=](std::uint64_t old, std::uint64_t a, std::uint64_t) {
    return one(old & 0xffff, a & 0xffff) | one(old >> 16, a >> 16) << 16;
  };
}

std::vector<Atomic> updates() {
  using U = std::uint64_t;
  const auto s32 = [](U value) { return static_cast<std::int32_t>(value); };
  const auto s64 = [](U value) { return static_cast<std::int64_t>(value); };
  const auto f16 = [](U a, U b) { return half_sum(kF16, a, b); };
  const auto bf16 = [](U a, U b) { return half_sum(kBf16, a, b); };
  return {
      {"add.u32", 'w', [](U o, U a, U) { return o + a; }},
      {"add.s32", 'w', [](U o, U a, U) { return o + a; }},
      {"add.u64", 'd', [](U o, U a, U) { return o + a; }},
      {"and.b32", 'w', [](U o, U a, U) { return o & a; }},
      {"and.b64", 'd', [](U o, U a, U) { return o & a; }},
      {"or.b32", 'w', [](U o, U a, U) { return o | a; }},
      {"or.b64", 'd', [](U o, U a, U) { return o | a; }},
      {"xor.b32", 'w', [](U o, U a, U) { return o ^ a; }},
      {"xor.b64", 'd', [](U o, U a, U) { return o ^ a; }},
      {"inc.u32", 'w', [](U o, U a, U) { return o >= a ? 0 : o + 1; }},
      {"dec.u32", 'w', [](U o, U a, U) { return o == 0 || o > a ? a : o - 1; }},
      {"min.u32", 'w', [](U o, U a, U) { return std::min(o, a); }},
      {"max.u32", 'w', [](U o, U a, U) { return std::max(o, a); }},
      {"min.s32", 'w', [=](U o, U a, U) { return s32(o) < s32(a) ? o : a; }},
      {"max.s32", 'w', [=](U o, U a, U) { return s32(o) < s32(a) ? a : o; }},
      {"min.u64", 'd', [](U o, U a, U) { return std::min(o, a); }},
      {"max.u64", 'd', [](U o, U a, U) { return std::max(o, a); }},
      {"min.s64", 'd', [=](U o, U a, U) { return s64(o) < s64(a) ? o : a; }},
      {"max.s64", 'd', [=](U o, U a, U) { return s64(o) < s64(a) ? a : o; }},
      {"add.f64", 'F',
       [](U o, U a, U) {
         Quad residual = 0;
         const Quad sum = exact_sum(decode(kF64, o), decode(kF64, a), residual);
         return encode(kF64, sum, Round::nearest, residual);
       }},
      {"add.noftz.f16x2", 'X', both(f16)},
      {"add.noftz.bf16x2", 'Y', both(bf16)},
      {"exch.b32", 'w', [](U, U a, U) { return a; }},
      {"exch.b64", 'd', [](U, U a, U) { return a; }},
      {"cas.b32", 'w', [](U o, U a, U b) { return o == a ? b : o; }},
      {"cas.b64", 'd', [](U o, U a, U b) { return o == a ? b : o; }},
  };
}

void add_atomic(Family& f, const Atomic& each, const std::string& head, const std::string& words) {
  const std::string name = each.name;
  const bool cas = name.starts_with("cas");
  if (head == "red" && (cas || name.starts_with("exch"))) return;
  const std::string space = space_of(words);
  const std::string bits = bits_of(each.kind) == 32 ? "b32" : "b64";
  const std::string policy = words.find("cache_hint") == std::string::npos ? "" : ", %policy";
  // The value that cas looks for is seldom there, and always in shared memory.
  const bool found = cas && space == "shared";
  const std::string sources = found ? ", %i0, %i2" : cas ? ", %i1, %i2" : ", %i1";
  const std::string old = head == "atom" ? " %o1," : "";
  const std::string text = place(space) + " st." + space + "." + bits + " [%a], %i0; " + head +
                           words + "." + name + old + " [%a]" + sources + policy + "; ld." + space +
                           "." + bits + " %o0, [%a]; }";
  const std::string kinds =
      std::string(head == "atom" ? 2 : 1, each.kind) + "=" + std::string(cas ? 3 : 2, each.kind);
  f.add_all(text, kinds, [found, update = each.update](V i, Values& o) {
    o[0] = update(i[0], i[found ? 0 : 1], i[2]);
    o[1] = i[0];
  });
}

/// Vectors of sm_90, on global memory.
void add_vectors(Family& f) {
  for (const auto& [type, format] : {std::pair{"f16", kF16}, std::pair{"bf16", kBf16}})
    for (const std::string operation : {"add", "min", "max"}) {
      const char kind = type[0] == 'f' ? 'H' : 'B';
      const auto one = [format = format, operation](std::uint64_t a, std::uint64_t b) {
        if (operation == "add") return half_sum(format, a, b);
        return half_least(format, a, b, operation == "max");
      };
      f.add_all(place("global") + " st.global.v2.b16 [%a], {%i0, %i1}; atom.global." + operation +
                    ".noftz.v2." + type + " {%o2, %o3}, [%a], {%i2, %i3};" +
                    " ld.global.v2.b16 {%o0, %o1}, [%a]; }",
                std::string(4, kind) + "=" + std::string(4, kind), [=](V i, Values& o) {
                  o = {one(i[0], i[2]), one(i[1], i[3]), i[0], i[1]};
                });
    }
  f.add_all(
      place("global") +
          " st.global.v2.b64 [%a], {%i0, %i1}; red.relaxed.gpu.global.add.v4.f32"
          " [%a], {0f3F800000, 0f00000000, 0f40000000, 0f80000000};"
          " ld.global.v4.f32 {%o0, %o1, %o2, %o3}, [%a]; }",
      "ffff=FF", [](V i, Values& o) {
        // On global memory subnormals are flushed.
        const auto flushed = [](std::uint64_t bits) {
          return is_subnormal(kF32, bits) ? bits & 0x80000000 : bits;
        };
        const auto sum = [&](unsigned at, std::uint64_t addend) {
          const std::uint64_t old = flushed(field(i, at, 4));
          return flushed(encode(kF32, decode(kF32, old) + decode(kF32, addend), Round::nearest));
        };
        o = {sum(0, 0x3f800000), sum(4, 0), sum(8, 0x40000000), sum(12, 0x80000000)};
      });
  for (const bool equal : {true, false})
    f.add_all(place("global") +
                  " .reg .b128 %q, %r; st.global.v2.b64 [%a], {%i0, %i1}; mov.b128 %q, {%i0, " +
                  (equal ? "%i1" : "%i2") +
                  "}; mov.b128 %r, {%i2, %i3}; atom.global.cas.b128 %q, [%a], %q, %r;" +
                  " mov.b128 {%o2, %o3}, %q; ld.global.v2.b64 {%o0, %o1}, [%a]; }",
              "dddd=dddd", [=](V i, Values& o) {
                const bool same = equal || i[1] == i[2];
                o = {same ? i[2] : i[0], same ? i[3] : i[1], i[0], i[1]};
              });
  f.add_all(place("global") +
                " .reg .b128 %q; st.global.v2.b64 [%a], {%i0, %i1}; mov.b128 %q, {%i2, %i3};"
                " atom.exch.b128 %q, [%a], %q; mov.b128 {%o2, %o3}, %q;"
                " ld.global.v2.b64 {%o0, %o1}, [%a]; }",
            "dddd=dddd", [](V i, Values& o) {
              o = {i[2], i[3], i[0], i[1]};
            });
}

}  // namespace

Family memory_family() {
  Family f("memory", "Loads and stores.");
  for (const char* head : {"ld",
                           "ld.volatile",
                           "ld.relaxed.gpu",
                           "ld.acquire.sys",
                           "ld.cg",
                           "ld.global",
                           "ld.weak.global",
                           "ld.volatile.global",
                           "ld.relaxed.cta.global",
                           "ld.acquire.gpu.global",
                           "ld.global.ca",
                           "ld.global.cg",
                           "ld.global.cs",
                           "ld.global.lu",
                           "ld.global.cv",
                           "ld.global.nc",
                           "ld.global.nc.L1::no_allocate.L2::128B",
                           "ld.global.L1::evict_last",
                           "ld.global.L2::64B",
                           "ld.global.L2::256B",
                           "ldu.global",
                           "ld.shared",
                           "ld.volatile.shared",
                           "ld.acquire.cta.shared::cta",
                           "ld.relaxed.cluster.shared::cluster",
                           "ld.local"})
    add_loads(f, {head, ""});
  add_loads(f, {"ld.global.L2::cache_hint", ", %policy"});
  for (const char* head :
       {"st", "st.volatile", "st.relaxed.gpu", "st.release.sys", "st.cg", "st.global",
        "st.weak.global", "st.volatile.global", "st.relaxed.cta.global", "st.release.gpu.global",
        "st.global.wb", "st.global.cg", "st.global.cs", "st.global.wt", "st.global.L1::no_allocate",
        "st.shared", "st.volatile.shared", "st.release.cta.shared::cta", "st.local"})
    add_stores(f, {head, ""});
  add_stores(f, {"st.global.L2::cache_hint", ", %policy"});
  add_large(f);
  return f;
}

Family atomic_family() {
  Family f("atomic", "Atomic operations and reductions, each lane for itself.");
  for (const Atomic& each : updates()) {
    for (const char* words : {".global", ".shared"})
      for (const char* head : {"atom", "red"}) add_atomic(f, each, head, words);
    add_atomic(f, each, "atom", ".relaxed.sys.global.L2::cache_hint");
    add_atomic(f, each, "atom", ".acq_rel.gpu");
  }
  add_vectors(f);
  return f;
}

}  // namespace vgpu::golden
