// f32 and f64: rounding by the processor's own scalar instructions under its rounding modes, on
// volatile operands so that nothing is computed beforehand.
#include <bit>
#include <cfenv>
#include <cmath>

#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

float f32(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }
double f64(std::uint64_t bits) { return std::bit_cast<double>(bits); }
std::uint64_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }
std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

template <class T>
T number(std::uint64_t raw) {
  if constexpr (sizeof(T) == 4)
    return f32(raw);
  else
    return f64(raw);
}

struct Mode {
  const char* name;
  int value;
};
constexpr Mode kModes[] = {
    {".rn", FE_TONEAREST}, {".rz", FE_TOWARDZERO}, {".rm", FE_DOWNWARD}, {".rp", FE_UPWARD}};

/// Zero of the same sign for a subnormal.
template <class T>
T flushed(T x, bool ftz) {
  return ftz && std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(T{0}, x) : x;
}

template <class T>
T saturated(T x) {
  return x > 0 ? (x < 1 ? x : T{1}) : T{0};
}

/// What surrounds an operation: rounding, flushing of inputs and outputs, clamping.
struct Around {
  int mode = FE_TONEAREST;
  bool ftz = false;
  bool sat = false;
};

template <class T, class F>
std::uint64_t rounded(V in, const Around& around, F operation) {
  volatile T a = flushed(number<T>(in[0]), around.ftz);
  volatile T b = flushed(number<T>(in[1]), around.ftz);
  volatile T c = flushed(number<T>(in[2]), around.ftz);
  std::fesetround(around.mode);
  volatile T result = operation(a, b, c);
  std::fesetround(FE_TONEAREST);
  T value = flushed(static_cast<T>(result), around.ftz);
  return bits(around.sat ? saturated(value) : value);
}

/// Those that need no rounding mode: without one they round to nearest.
template <class T>
void add_simple(Family& f, const std::string& tail, char kind, const Around& around) {
  const std::string kinds{kind, '=', kind, kind};
  f.add("add" + tail, kinds,
        [around](V i) { return rounded<T>(i, around, [](T a, T b, T) { return a + b; }); });
  f.add("sub" + tail, kinds,
        [around](V i) { return rounded<T>(i, around, [](T a, T b, T) { return a - b; }); });
  f.add("mul" + tail, kinds,
        [around](V i) { return rounded<T>(i, around, [](T a, T b, T) { return a * b; }); });
}

template <class T>
void add_arithmetic(Family& f, const std::string& type, char kind, const Mode& mode,
                    const std::string& suffix, const Around& around) {
  const auto kinds = [kind](std::size_t count) {
    return std::string{kind} + "=" + std::string(count, kind);
  };
  const std::string tail = mode.name + suffix + type;
  add_simple<T>(f, tail, kind, around);
  const auto fused = [around](V i) {
    return rounded<T>(i, around, [](T a, T b, T c) { return std::fma(a, b, c); });
  };
  f.add("fma" + tail, kinds(3), fused);
  f.add("mad" + tail, kinds(3), fused);
  if (around.sat) return;
  f.add("div" + tail, kinds(2),
        [around](V i) { return rounded<T>(i, around, [](T a, T b, T) { return a / b; }); });
  f.add("rcp" + tail, kinds(1),
        [around](V i) { return rounded<T>(i, around, [](T a, T, T) { return T{1} / a; }); });
  f.add("sqrt" + tail, kinds(1),
        [around](V i) { return rounded<T>(i, around, [](T a, T, T) { return std::sqrt(a); }); });
}

template <class T>
std::uint64_t smaller_or_larger(T a, T b, bool maximum, bool nan) {
  const std::uint64_t canonical = ~std::uint64_t{0} >> (65 - 8 * sizeof(T));
  if (std::isnan(a) || std::isnan(b)) {
    if (nan || (std::isnan(a) && std::isnan(b))) return canonical;
    return bits(std::isnan(a) ? b : a);
  }
  const bool a_less = a < b || (a == b && std::signbit(a));
  return bits(a_less != maximum ? a : b);
}

/// Results as bits (kind w or d): a NaN must be the canonical one.
template <class T>
void add_min_max(Family& f, const std::string& type, const std::string& kinds, bool ftz, bool nan) {
  for (const bool maximum : {false, true}) {
    const std::string name =
        std::string(maximum ? "max" : "min") + (ftz ? ".ftz" : "") + (nan ? ".NaN" : "");
    f.add(name + type, kinds, [=](V i) {
      return smaller_or_larger(flushed(number<T>(i[0]), ftz), flushed(number<T>(i[1]), ftz),
                               maximum, nan);
    });
    if constexpr (sizeof(T) == 4) {
      f.add(name + ".xorsign.abs" + type, kinds, [=](V i) {
        const T a = flushed(number<T>(i[0]), ftz);
        const T b = flushed(number<T>(i[1]), ftz);
        const std::uint64_t size = smaller_or_larger(std::fabs(a), std::fabs(b), maximum, nan);
        if (size == 0x7fffffff) return size;
        return std::signbit(a) != std::signbit(b) ? size | 0x80000000u : size;
      });
      f.add(name + ".abs" + type + " %o0, %i0, %i1, %i2;", "w=fff", [=](V i) {
        const auto size = [&](unsigned n) { return std::fabs(flushed(number<T>(i[n]), ftz)); };
        const T first = number<T>(smaller_or_larger(size(0), size(1), maximum, nan));
        return smaller_or_larger(first, size(2), maximum, nan);
      });
      f.add(name + type + " %o0, %i0, %i1, %i2;", "w=fff", [=](V i) {
        const T c = flushed(number<T>(i[2]), ftz);
        const T first = number<T>(smaller_or_larger(flushed(number<T>(i[0]), ftz),
                                                    flushed(number<T>(i[1]), ftz), maximum, nan));
        return smaller_or_larger(first, c, maximum, nan);
      });
    }
  }
}

template <class T>
void add_signs(Family& f, const std::string& type, char kind) {
  const std::string one{kind, '=', kind};
  const bool single = sizeof(T) == 4;
  for (const bool ftz : {false, true}) {
    if (ftz && !single) continue;
    const std::string name = ftz ? ".ftz" : "";
    f.add("neg" + name + type, one, [=](V i) { return bits(-flushed(number<T>(i[0]), ftz)); });
    f.add("abs" + name + type, one,
          [=](V i) { return bits(std::fabs(flushed(number<T>(i[0]), ftz))); });
  }
  // The first operand gives the sign.
  f.add("copysign" + type, one + kind,
        [](V i) { return bits(std::copysign(number<T>(i[1]), number<T>(i[0]))); });
  const auto test = [&](const std::string& name, bool (*predicate)(T)) {
    f.add("testp." + name + type, std::string("p=") + kind,
          [predicate](V i) -> std::uint64_t { return predicate(number<T>(i[0])) ? 1 : 0; });
  };
  test("finite", [](T x) -> bool { return std::isfinite(x); });
  test("infinite", [](T x) -> bool { return std::isinf(x); });
  test("number", [](T x) -> bool { return !std::isnan(x); });
  test("notanumber", [](T x) -> bool { return std::isnan(x); });
  test("normal", [](T x) -> bool { return std::isnormal(x); });
  test("subnormal", [](T x) -> bool { return std::fpclassify(x) == FP_SUBNORMAL; });
}

void add_packed(Family& f, const Mode& mode, bool ftz) {
  const Around around{mode.value, ftz, false};
  const auto halves = [around](auto operation) {
    return [around, operation](V i) {
      std::uint64_t result = 0;
      for (unsigned at = 0; at < 64; at += 32)
        result |= rounded<float>({i[0] >> at, i[1] >> at, i[2] >> at}, around, operation) << at;
      return result;
    };
  };
  const std::string tail = mode.name + std::string(ftz ? ".ftz" : "") + ".f32x2";
  f.add("add" + tail, "L=LL", halves([](float a, float b, float) { return a + b; }));
  f.add("sub" + tail, "L=LL", halves([](float a, float b, float) { return a - b; }));
  f.add("mul" + tail, "L=LL", halves([](float a, float b, float) { return a * b; }));
  f.add("fma" + tail, "L=LLL", halves([](float a, float b, float c) { return std::fma(a, b, c); }));
}

}  // namespace

Family float_family() {
  Family f("float", "Arithmetic on f32 and f64.");
  for (const Mode& mode : kModes) {
    add_arithmetic<float>(f, ".f32", 'f', mode, "", {mode.value, false, false});
    add_arithmetic<float>(f, ".f32", 'f', mode, ".ftz", {mode.value, true, false});
    add_arithmetic<double>(f, ".f64", 'F', mode, "", {mode.value, false, false});
    add_arithmetic<float>(f, ".f32", 'f', mode, ".sat", {mode.value, false, true});
    add_arithmetic<float>(f, ".f32", 'f', mode, ".ftz.sat", {mode.value, true, true});
  }
  add_simple<float>(f, ".f32", 'f', {});
  add_simple<float>(f, ".ftz.f32", 'f', {FE_TONEAREST, true, false});
  add_simple<double>(f, ".f64", 'F', {});
  for (const bool ftz : {false, true})
    for (const bool nan : {false, true}) add_min_max<float>(f, ".f32", "w=ff", ftz, nan);
  add_min_max<double>(f, ".f64", "d=FF", false, false);
  add_signs<float>(f, ".f32", 'f');
  add_signs<double>(f, ".f64", 'F');
  for (const Mode& mode : kModes)
    for (const bool ftz : {false, true}) add_packed(f, mode, ftz);
  return f;
}

}  // namespace vgpu::golden
