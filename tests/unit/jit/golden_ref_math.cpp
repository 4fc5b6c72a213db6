// .approx: the exact result, and the error that the PTX ISA allows.
#include <bit>
#include <cmath>
#include <limits>

#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;
using Function = double (*)(double);

double reciprocal(double x) { return 1 / x; }
double reciprocal_root(double x) { return 1 / std::sqrt(x); }

std::uint64_t flushed(std::uint64_t bits, bool ftz) {
  return ftz && is_subnormal(kF32, bits) ? bits & sign_of(kF32) : bits;
}

std::uint64_t exact(Function function, std::uint64_t in, bool ftz) {
  const double x = static_cast<double>(decode(kF32, flushed(in, ftz)));
  return flushed(encode(kF32, function(x), Round::nearest), ftz);
}

void add_function(Family& f, const std::string& name, Function function, const std::string& check,
                  const std::string& kinds = "f=f") {
  for (const bool ftz : {false, true})
    f.add(
        name + (ftz ? ".ftz" : "") + ".f32", kinds, [=](V i) { return exact(function, i[0], ftz); },
        check);
}

void add_quotients(Family& f) {
  for (const std::string mode : {".approx", ".full"})
    for (const bool ftz : {false, true})
      f.add(
          "div" + mode + (ftz ? ".ftz" : "") + ".f32", "f=ff",
          [=](V i) {
            const Quad a = decode(kF32, flushed(i[0], ftz));
            const Quad b = decode(kF32, flushed(i[1], ftz));
            return flushed(encode(kF32, a / b, Round::nearest), ftz);
          },
          "rel -22");
}

/// The .approx.ftz.f64 forms know the upper half of the bits only.
std::uint64_t gross(Function function, std::uint64_t in) {
  constexpr std::uint64_t kUpper = 0xffffffff00000000;
  in &= kUpper;
  if (is_subnormal(kF64, in)) in &= sign_of(kF64);
  const auto out = std::bit_cast<std::uint64_t>(function(std::bit_cast<double>(in)));
  if (is_nan(kF64, out)) return nan_of(kF64);
  return is_subnormal(kF64, out) ? out & sign_of(kF64) : out & kUpper;
}

void add_halves(Family& f, const std::string& name, Function function, const Format& format,
                const std::string& type, const std::string& check) {
  const char kind = format.exponent == 5 ? 'H' : 'B';
  const char pair = format.exponent == 5 ? 'X' : 'Y';
  const bool ftz = name.find("ftz") != std::string::npos;
  const auto element = [=](std::uint64_t in) {
    const double x = static_cast<double>(decode(format, in & 0xffff));
    const std::uint64_t out = encode(format, function(x), Round::nearest);
    return ftz && is_subnormal(format, out) ? out & sign_of(format) : out;
  };
  f.add(
      name + "." + type, std::string{kind, '=', kind}, [=](V i) { return element(i[0]); }, check);
  f.add(
      name + "." + type + "x2", std::string{pair, '=', pair},
      [=](V i) { return element(i[0]) | element(i[0] >> 16) << 16; }, check);
}

}  // namespace

Family math_family() {
  Family f("math", "Approximations, with the errors that the ISA allows or smaller ones.");
  add_function(f, "rcp.approx", reciprocal, "rel -23");
  add_function(f, "sqrt.approx", std::sqrt, "rel -23");
  add_function(f, "rsqrt.approx", reciprocal_root, "rel -22.9");
  add_function(f, "ex2.approx", std::exp2, "rel -22.5");
  add_function(f, "lg2.approx", std::log2, "rel -22");
  // Sines of large angles are left open by the ISA: angles here are small.
  add_function(f, "sin.approx", std::sin, "abs -20.9", "f=a");
  add_function(f, "cos.approx", std::cos, "abs -20.9", "f=a");
  f.add(
      "tanh.approx.f32", "f=f", [](V i) { return exact(std::tanh, i[0], false); }, "rel -11");
  add_quotients(f);
  f.add(
      "rcp.approx.ftz.f64", "F=F", [](V i) { return gross(reciprocal, i[0]); }, "rel -19");
  f.add(
      "rsqrt.approx.ftz.f64", "F=F", [](V i) { return gross(reciprocal_root, i[0]); }, "rel -19");
  f.add(
      "rsqrt.approx.f64", "F=F",
      [](V i) {
        return std::bit_cast<std::uint64_t>(reciprocal_root(std::bit_cast<double>(i[0])));
      },
      "rel -50");
  add_halves(f, "ex2.approx", std::exp2, kF16, "f16", "rel -9.9");
  add_halves(f, "ex2.approx.ftz", std::exp2, kBf16, "bf16", "rel -7");
  add_halves(f, "tanh.approx", std::tanh, kF16, "f16", "rel -10.9");
  add_halves(f, "tanh.approx", std::tanh, kBf16, "bf16", "rel -8");
  return f;
}

}  // namespace vgpu::golden
