// cvt to f16, bf16, tf32 and 8-bit floats, alone and in pairs. Source: PTX ISA, cvt.
#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

struct Half {
  std::string name;
  char kind, pair;
  const Format* format;
};
const std::vector<Half> kHalves{{"f16", 'H', 'X', &kF16}, {"bf16", 'B', 'Y', &kBf16}};

struct Mode {
  const char* name;
  Round round;
};
constexpr Mode kModes[] = {{".rn", Round::nearest}, {".rz", Round::zero}};

/// .relu: negative gives +0.
Quad rectified(Quad value) { return value != value || value > 0 ? value : Quad{0}; }

std::uint64_t finite(const Format& format, std::uint64_t bits) {
  const std::uint64_t size = bits & nan_of(format);
  return size == infinity_of(format) ? bits - 1 : bits;
}

void add_narrow_extras(Family& f) {
  for (const Half& to : kHalves) {
    const std::string tail = "." + to.name + ".f32";
    const std::string one{to.kind, '=', 'f'};
    for (const Mode& mode : kModes)
      f.add(std::string("cvt") + mode.name + ".relu" + tail, one,
            [=](V i) { return encode(*to.format, rectified(decode(kF32, i[0])), mode.round); });
    f.add("cvt.rn.satfinite" + tail, one, [=](V i) {
      return finite(*to.format, encode(*to.format, decode(kF32, i[0]), Round::nearest));
    });
  }
  const auto tf32 = [](V i, Round round, bool relu, bool satfinite) {
    const Quad value = decode(kF32, i[0]);
    const std::uint64_t bits = encode(kTf32, relu ? rectified(value) : value, round);
    if (is_nan(kTf32, bits)) return nan_of(kF32);
    return (satfinite ? finite(kTf32, bits) : bits) << 13;
  };
  f.add("cvt.rna.tf32.f32", "f=f", [=](V i) { return tf32(i, Round::away, false, false); });
  f.add("cvt.rn.tf32.f32", "f=f", [=](V i) { return tf32(i, Round::nearest, false, false); });
  f.add("cvt.rz.tf32.f32", "f=f", [=](V i) { return tf32(i, Round::zero, false, false); });
  f.add("cvt.rn.relu.tf32.f32", "f=f", [=](V i) { return tf32(i, Round::nearest, true, false); });
  f.add("cvt.rna.satfinite.tf32.f32", "f=f",
        [=](V i) { return tf32(i, Round::away, false, true); });
}

/// Two f32 into the halves of one register, the first one into the upper.
void add_pairs(Family& f) {
  for (const Half& to : kHalves)
    for (const Mode& mode : kModes)
      for (const bool relu : {false, true})
        for (const bool satfinite : {false, true}) {
          const auto half = [=](std::uint64_t bits) {
            const Quad value = decode(kF32, bits);
            const std::uint64_t out =
                encode(*to.format, relu ? rectified(value) : value, mode.round);
            return satfinite ? finite(*to.format, out) : out;
          };
          const std::string pair{to.pair};
          f.add(std::string("cvt") + mode.name + (relu ? ".relu" : "") +
                    (satfinite ? ".satfinite." : ".") + to.name + "x2.f32",
                pair + "=ff", [=](V i) { return half(i[0]) << 16 | half(i[1]); });
        }
}

std::uint64_t to_byte(const Format& format, Quad value) {
  if (value != value) return 0x7f;
  const std::uint64_t bits = encode(format, value, Round::nearest);
  return format.finite ? bits : finite(format, bits);
}

void add_bytes(Family& f) {
  struct Byte {
    std::string name;
    char kind;
    const Format* format;
  };
  for (const Byte& type : {Byte{"e4m3x2", 'E', &kE4m3}, Byte{"e5m2x2", 'G', &kE5m2}})
    for (const bool relu : {false, true}) {
      const Format& format = *type.format;
      const std::string mode = std::string(".rn") + ".satfinite" + (relu ? ".relu." : ".");
      const auto byte = [=](Quad value) {
        return to_byte(format, relu ? rectified(value) : value);
      };
      f.add("cvt" + mode + type.name + ".f32", std::string{type.kind, '=', 'f', 'f'},
            [=](V i) { return byte(decode(kF32, i[0])) << 8 | byte(decode(kF32, i[1])); });
      f.add("cvt" + mode + type.name + ".f16x2", std::string{type.kind, '=', 'X'}, [=](V i) {
        return byte(decode(kF16, i[0] >> 16)) << 8 | byte(decode(kF16, i[0] & 0xffff));
      });
      f.add(std::string("cvt.rn") + (relu ? ".relu" : "") + ".f16x2." + type.name,
            std::string{'X', '=', type.kind}, [=](V i) {
              const auto half = [&](std::uint64_t bits) {
                const Quad value = decode(format, bits & 0xff);
                return encode(kF16, relu ? rectified(value) : value, Round::nearest);
              };
              return half(i[0] >> 8) << 16 | half(i[0]);
            });
    }
}

}  // namespace

void add_narrow_conversions(Family& f) {
  add_narrow_extras(f);
  add_pairs(f);
  add_bytes(f);
}

}  // namespace vgpu::golden
