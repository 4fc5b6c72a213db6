// f16 and bf16: exact in Quad, then rounded once.
#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

struct Half {
  std::string name;
  Format format;
  char kind, pair;
};

/// What is written after the opcode.
struct Extra {
  bool ftz = false, sat = false, relu = false;
};

std::uint64_t flushed(const Format& format, std::uint64_t bits, bool ftz) {
  return ftz && is_subnormal(format, bits) ? bits & sign_of(format) : bits;
}

std::uint64_t finished(const Format& format, std::uint64_t bits, const Extra& extra) {
  bits = flushed(format, bits, extra.ftz);
  const Quad value = decode(format, bits);
  if (extra.sat) {
    if (!(value > 0)) return 0;
    return value > 1 ? encode(format, 1, Round::nearest) : bits;
  }
  if (extra.relu && is_nan(format, bits)) return nan_of(format);
  if (extra.relu && !(value > 0)) return 0;
  return bits;
}

using Operation = std::uint64_t (*)(const Format&, Quad, Quad, Quad);

std::uint64_t sum(const Format& format, Quad a, Quad b, Quad) {
  return encode(format, a + b, Round::nearest);
}
std::uint64_t difference(const Format& format, Quad a, Quad b, Quad) {
  return encode(format, a - b, Round::nearest);
}
std::uint64_t product(const Format& format, Quad a, Quad b, Quad) {
  return encode(format, a * b, Round::nearest);
}
std::uint64_t fused(const Format& format, Quad a, Quad b, Quad c) {
  Quad residual = 0;
  const Quad value = exact_sum(a * b, c, residual);
  return encode(format, value, Round::nearest, residual);
}

std::uint64_t apply(const Half& half, const Extra& extra, Operation operation, V in, unsigned at) {
  const auto value = [&](unsigned n) {
    const std::uint64_t raw = in[n] >> at & 0xffff;
    return decode(half.format, flushed(half.format, raw, extra.ftz));
  };
  return finished(half.format, operation(half.format, value(0), value(1), value(2)), extra);
}

/// The form on one element and on a pair.
template <class F>
void add_both(Family& f, const Half& half, const std::string& name, std::size_t count, F element,
              char out = 0) {
  f.add(name + "." + half.name,
        std::string{out != 0 ? 'h' : half.kind} + "=" + std::string(count, half.kind),
        [=](V i) { return element(i, 0u); });
  f.add(name + "." + half.name + "x2",
        std::string{out != 0 ? 'P' : half.pair} + "=" + std::string(count, half.pair),
        [=](V i) { return element(i, 0u) | element(i, 16u) << 16; });
}

void add_operation(Family& f, const Half& half, const std::string& name, const std::string& suffix,
                   std::size_t count, Operation operation, const Extra& extra) {
  add_both(f, half, name + suffix, count,
           [=](V i, unsigned at) { return apply(half, extra, operation, i, at); });
}

std::uint64_t chosen(const Format& format, std::uint64_t a, std::uint64_t b, bool maximum,
                     bool nan) {
  if (is_nan(format, a) || is_nan(format, b)) {
    if (nan || (is_nan(format, a) && is_nan(format, b))) return nan_of(format);
    return is_nan(format, a) ? b : a;
  }
  const Quad x = decode(format, a);
  const Quad y = decode(format, b);
  const bool a_less = x < y || (x == y && (a & sign_of(format)) != 0);
  return a_less != maximum ? a : b;
}

void add_min_max(Family& f, const Half& half, bool ftz, bool nan, bool xorsign) {
  for (const bool maximum : {false, true}) {
    const std::string name = std::string(maximum ? "max" : "min") + (ftz ? ".ftz" : "") +
                             (nan ? ".NaN" : "") + (xorsign ? ".xorsign.abs" : "");
    const auto element = [=](V i, unsigned at) -> std::uint64_t {
      const Format& format = half.format;
      const std::uint64_t a = flushed(format, i[0] >> at & 0xffff, ftz);
      const std::uint64_t b = flushed(format, i[1] >> at & 0xffff, ftz);
      if (!xorsign) return chosen(format, a, b, maximum, nan);
      const std::uint64_t size =
          chosen(format, a & nan_of(format), b & nan_of(format), maximum, nan);
      return is_nan(format, size) ? size : size | ((a ^ b) & sign_of(format));
    };
    // As bits: a NaN must be the canonical one.
    add_both(f, half, name, 2, element, 'w');
  }
}

void add_each(Family& f, const Half& half, bool with_ftz) {
  for (const bool ftz : {false, true}) {
    if (ftz && !with_ftz) continue;
    const std::string flush = ftz ? ".ftz" : "";
    const Extra plain{ftz, false, false};
    const Extra sat{ftz, true, false};
    const Extra relu{ftz, false, true};
    add_operation(f, half, "add", flush, 2, sum, plain);
    add_operation(f, half, "add", ".rn" + flush, 2, sum, plain);
    add_operation(f, half, "sub", flush, 2, difference, plain);
    add_operation(f, half, "mul", flush, 2, product, plain);
    add_operation(f, half, "fma", ".rn" + flush, 3, fused, plain);
    add_operation(f, half, "fma", ".rn" + flush + ".relu", 3, fused, relu);
    if (half.kind == 'H') {
      add_operation(f, half, "add", flush + ".sat", 2, sum, sat);
      add_operation(f, half, "sub", flush + ".sat", 2, difference, sat);
      add_operation(f, half, "mul", flush + ".sat", 2, product, sat);
      add_operation(f, half, "fma", ".rn" + flush + ".sat", 3, fused, sat);
    }
    add_both(f, half, "neg" + flush, 1, [=](V i, unsigned at) {
      return flushed(half.format, i[0] >> at & 0xffff, ftz) ^ 0x8000;
    });
    add_both(f, half, "abs" + flush, 1, [=](V i, unsigned at) {
      return flushed(half.format, i[0] >> at & 0xffff, ftz) & 0x7fff;
    });
    for (const bool nan : {false, true})
      for (const bool xorsign : {false, true}) add_min_max(f, half, ftz, nan, xorsign);
  }
}

}  // namespace

Family half_family() {
  Family f("half", "Arithmetic on f16 and bf16, alone and in pairs.");
  add_each(f, {"f16", kF16, 'H', 'X'}, true);
  add_each(f, {"bf16", kBf16, 'B', 'Y'}, false);
  return f;
}

}  // namespace vgpu::golden
