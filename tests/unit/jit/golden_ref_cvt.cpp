// cvt: exact in Quad, then rounded once; integers by their own arithmetic. Source: PTX ISA, cvt.
#include <algorithm>
#include <bit>
#include <cmath>

#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

__extension__ typedef __int128 Wide;
using V = const Values&;

struct Number {
  std::string name;
  char kind;  ///< of its register
  unsigned bits;
  bool with_sign;
  const Format* format;
};
const std::vector<Number> kIntegers{
    {"u8", 'h', 8, false, nullptr},   {"s8", 'h', 8, true, nullptr},
    {"u16", 'h', 16, false, nullptr}, {"s16", 'h', 16, true, nullptr},
    {"u32", 'w', 32, false, nullptr}, {"s32", 'w', 32, true, nullptr},
    {"u64", 'd', 64, false, nullptr}, {"s64", 'd', 64, true, nullptr}};
const std::vector<Number> kReals{{"f16", 'H', 16, true, &kF16},
                                 {"bf16", 'B', 16, true, &kBf16},
                                 {"f32", 'f', 32, true, &kF32},
                                 {"f64", 'F', 64, true, &kF64}};

struct Mode {
  const char* name;
  Round round;
};
constexpr Mode kModes[] = {
    {".rn", Round::nearest}, {".rz", Round::zero}, {".rm", Round::down}, {".rp", Round::up}};
constexpr Mode kWholeModes[] = {
    {".rni", Round::nearest}, {".rzi", Round::zero}, {".rmi", Round::down}, {".rpi", Round::up}};

Wide integer(const Number& type, std::uint64_t bits) {
  const std::uint64_t low = bits << (64 - type.bits);
  if (!type.with_sign) return static_cast<Wide>(low >> (64 - type.bits));
  return static_cast<std::int64_t>(low) >> (64 - type.bits);
}

Wide clamped(const Number& type, Wide value) {
  const Wide top = (Wide{1} << (type.with_sign ? type.bits - 1 : type.bits)) - 1;
  return std::clamp(value, type.with_sign ? -top - 1 : Wide{0}, top);
}

/// An integer of `type` as its register, wider or not, holds it.
std::uint64_t held(const Number& type, Wide value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return static_cast<std::uint64_t>(integer(type, bits));
}

Quad real(const Number& type, std::uint64_t bits, bool ftz) {
  const bool flushed = ftz && type.name == "f32" && is_subnormal(kF32, bits);
  return decode(*type.format, flushed ? bits & sign_of(kF32) : bits);
}

/// The nearest whole number in the direction asked for. Works on what fits 64 bits; anything
/// larger is whole already.
Quad whole(Quad value, Round round) {
  const Quad size = value < 0 ? -value : value;
  if (value != value || size >= 0x1p62) return value;
  auto below = static_cast<std::int64_t>(value);
  if (static_cast<Quad>(below) > value) --below;
  const Quad rest = value - static_cast<Quad>(below);
  const bool negative = value < 0;
  bool up = false;
  if (round == Round::nearest) up = rest > 0.5 || (rest == 0.5 && below % 2 != 0);
  if (round == Round::zero) up = negative && rest > 0;
  if (round == Round::up) up = rest > 0;
  const Quad result = static_cast<Quad>(below + (up ? 1 : 0));
  return result == 0 && (negative || __builtin_signbitl(static_cast<long double>(value))) ? -Quad{0}
                                                                                          : result;
}

std::uint64_t to_integer(const Number& to, Quad value) {
  if (value != value) return 0;
  const Quad limit = 0x1p65;
  const Quad near = value > limit ? limit : (value < -limit ? -limit : value);
  return held(to, clamped(to, static_cast<Wide>(near)));
}

std::uint64_t flushed(const Number& to, std::uint64_t bits, bool ftz) {
  return ftz && to.name == "f32" && is_subnormal(kF32, bits) ? bits & sign_of(kF32) : bits;
}

Quad saturated(Quad value) { return value > 0 ? (value < 1 ? value : Quad{1}) : Quad{0}; }

std::string kinds(const Number& to, const Number& from) {
  return std::string{to.kind, '=', from.kind};
}

void add_integers(Family& f) {
  for (const Number& to : kIntegers)
    for (const Number& from : kIntegers) {
      const std::string tail = "." + to.name + "." + from.name;
      f.add("cvt" + tail, kinds(to, from), [=](V i) { return held(to, integer(from, i[0])); });
      // Where every source value fits, .sat is not allowed.
      const bool fits = to.with_sign
                            ? to.bits > from.bits || (to.bits == from.bits && from.with_sign)
                            : !from.with_sign && to.bits >= from.bits;
      if (fits) continue;
      f.add("cvt.sat" + tail, kinds(to, from),
            [=](V i) { return held(to, clamped(to, integer(from, i[0]))); });
    }
}

void add_to_integer(Family& f) {
  for (const Number& from : kReals)
    for (const Number& to : kIntegers)
      for (const Mode& mode : kWholeModes)
        for (const bool ftz : {false, true}) {
          if (from.name == "bf16" && to.bits == 8) continue;
          if (ftz && (from.name != "f32" || to.bits < 32)) continue;
          f.add(std::string("cvt") + mode.name + (ftz ? ".ftz." : ".") + to.name + "." + from.name,
                kinds(to, from),
                [=](V i) { return to_integer(to, whole(real(from, i[0], ftz), mode.round)); });
        }
}

void add_from_integer(Family& f) {
  for (const Number& from : kIntegers)
    for (const Number& to : kReals)
      for (const Mode& mode : kModes) {
        if (mode.round != Round::nearest && from.bits < 32) continue;
        if (to.name == "bf16" && from.bits == 8) continue;
        f.add(std::string("cvt") + mode.name + "." + to.name + "." + from.name, kinds(to, from),
              [=](V i) {
                return encode(*to.format, static_cast<Quad>(integer(from, i[0])), mode.round);
              });
      }
  f.add("cvt.rn.sat.f32.s32", "f=w", [](V i) {
    return encode(kF32, saturated(static_cast<Quad>(integer(kIntegers[5], i[0]))), Round::nearest);
  });
}

/// Wider or equal destinations need no rounding; narrower ones do.
void add_reals(Family& f) {
  for (const Number& to : kReals)
    for (const Number& from : kReals) {
      const bool narrower = to.format->mantissa < from.format->mantissa ||
                            to.format->exponent < from.format->exponent;
      const std::string tail = "." + to.name + "." + from.name;
      if (to.name == from.name) continue;
      for (const Mode& mode : kModes) {
        if (!narrower && mode.round != Round::nearest) continue;
        const std::string name = std::string("cvt") + (narrower ? mode.name : "");
        for (const bool ftz : {false, true}) {
          if (ftz && to.name != "f32" && from.name != "f32") continue;
          if (ftz && (to.name == "bf16" || from.name == "bf16")) continue;
          f.add(name + (ftz ? ".ftz" : "") + tail, kinds(to, from), [=](V i) {
            return flushed(to, encode(*to.format, real(from, i[0], ftz), mode.round), ftz);
          });
        }
      }
      if (to.bits >= 32 && from.name != "bf16")
        f.add(std::string("cvt") + (narrower ? ".rn" : "") + ".sat" + tail, kinds(to, from),
              [=](V i) {
                return encode(*to.format, saturated(real(from, i[0], false)), Round::nearest);
              });
    }
  for (const Number& type : kReals)
    for (const Mode& mode : kWholeModes) {
      f.add(std::string("cvt") + mode.name + "." + type.name + "." + type.name, kinds(type, type),
            [=](V i) {
              return encode(*type.format, whole(real(type, i[0], false), mode.round),
                            Round::nearest);
            });
    }
  for (const Mode& mode : kWholeModes)
    f.add(std::string("cvt") + mode.name + ".ftz.f32.f32", "f=f", [=](V i) {
      return encode(kF32, whole(real(kReals[2], i[0], true), mode.round), Round::nearest);
    });
  f.add("cvt.ftz.f32.f32", "f=f",
        [](V i) { return encode(kF32, real(kReals[2], i[0], true), Round::nearest); });
  f.add("cvt.sat.f32.f32", "f=f",
        [](V i) { return encode(kF32, saturated(real(kReals[2], i[0], false)), Round::nearest); });
}

/// Where .ftz and .sat change nothing, or little.
void add_idle_words(Family& f) {
  f.add("cvt.rn.ftz.f32.s32", "f=w", [](V i) {
    return encode(kF32, static_cast<Quad>(integer(kIntegers[5], i[0])), Round::nearest);
  });
  f.add("cvt.rzi.sat.s32.f32", "w=f", [](V i) {
    return to_integer(kIntegers[5], whole(real(kReals[2], i[0], false), Round::zero));
  });
  f.add("cvt.rn.sat.f16.f32", "H=f",
        [](V i) { return encode(kF16, saturated(real(kReals[2], i[0], false)), Round::nearest); });
  f.add("cvt.rn.ftz.bf16.f32", "B=f",
        [](V i) { return encode(kBf16, real(kReals[2], i[0], true), Round::nearest); });
}

void add_packs(Family& f) {
  for (const Number& to : {kIntegers[0], kIntegers[1], kIntegers[2], kIntegers[3]}) {
    const std::uint64_t mask = (std::uint64_t{1} << to.bits) - 1;
    const auto both = [=](V i) {
      const auto part = [&](unsigned n) {
        return static_cast<std::uint64_t>(clamped(to, integer(kIntegers[5], i[n]))) & mask;
      };
      return part(0) << to.bits | part(1);
    };
    if (to.bits == 16)
      f.add("cvt.pack.sat." + to.name + ".s32", "w=ww", both);
    else
      f.add("cvt.pack.sat." + to.name + ".s32.b32", "w=www",
            [=](V i) { return i[2] << 16 | both(i); });
  }
}

}  // namespace

Family cvt_family() {
  Family f("cvt", "Conversions.");
  add_integers(f);
  add_to_integer(f);
  add_from_integer(f);
  add_reals(f);
  add_idle_words(f);
  add_narrow_conversions(f);
  add_packs(f);
  return f;
}

}  // namespace vgpu::golden
