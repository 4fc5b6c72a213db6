// Source of all expectations: PTX ISA, integer arithmetic and extended precision.
#include <algorithm>

#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UWide;
using V = const Values&;

struct Integer {
  std::string name;
  unsigned bits;
  bool with_sign;
  char kind;
  char wide;  ///< kind of twice the size, or 0
};
const std::vector<Integer> kIntegers{{"u16", 16, false, 'h', 'w'}, {"s16", 16, true, 'h', 'w'},
                                     {"u32", 32, false, 'w', 'd'}, {"s32", 32, true, 'w', 'd'},
                                     {"u64", 64, false, 'd', 0},   {"s64", 64, true, 'd', 0}};

Wide value(const Integer& t, std::uint64_t bits) {
  if (!t.with_sign) return static_cast<Wide>(bits);
  return static_cast<std::int64_t>(bits << (64 - t.bits)) >> (64 - t.bits);
}

Wide clamped(Wide x, unsigned bits, bool with_sign) {
  const Wide top = with_sign ? (Wide{1} << (bits - 1)) - 1 : (Wide{1} << bits) - 1;
  const Wide bottom = with_sign ? -top - 1 : 0;
  return std::clamp(x, bottom, top);
}

std::uint64_t low(Wide x) { return static_cast<std::uint64_t>(x); }

/// The upper half of the product.
std::uint64_t high(const Integer& t, std::uint64_t a, std::uint64_t b) {
  if (!t.with_sign) return static_cast<std::uint64_t>(UWide{a} * b >> t.bits);
  return low(value(t, a) * value(t, b) >> t.bits);
}

std::string kinds(char out, char in, int count) {
  return std::string{out} + "=" + std::string(static_cast<std::size_t>(count), in);
}

void add_products(Family& f, const Integer& t) {
  const std::string two = kinds(t.kind, t.kind, 2);
  const std::string three = kinds(t.kind, t.kind, 3);
  f.add("mul.lo." + t.name, two, [](V i) { return i[0] * i[1]; });
  f.add("mul.hi." + t.name, two, [t](V i) { return high(t, i[0], i[1]); });
  f.add("mad.lo." + t.name, three, [](V i) { return i[0] * i[1] + i[2]; });
  f.add("mad.hi." + t.name, three, [t](V i) { return high(t, i[0], i[1]) + i[2]; });
  if (t.wide != 0) {
    const auto wide = [t](V i) { return low(value(t, i[0]) * value(t, i[1])); };
    f.add("mul.wide." + t.name, kinds(t.wide, t.kind, 2), wide);
    f.add("mad.wide." + t.name, kinds(t.wide, t.kind, 2) + t.wide,
          [wide](V i) { return wide(i) + i[2]; });
  }
}

void add_each(Family& f, const Integer& t) {
  const std::string two = kinds(t.kind, t.kind, 2);
  const std::uint64_t ones = ~std::uint64_t{0} >> (64 - t.bits);
  f.add("add." + t.name, two, [](V i) { return i[0] + i[1]; });
  f.add("sub." + t.name, two, [](V i) { return i[0] - i[1]; });
  add_products(f, t);
  f.add("sad." + t.name, kinds(t.kind, t.kind, 3), [t](V i) {
    const Wide difference = value(t, i[0]) - value(t, i[1]);
    return i[2] + low(difference < 0 ? -difference : difference);
  });
  // By zero the ISA leaves the result open; all ones is what the hardware's sequence gives.
  f.add("div." + t.name, two,
        [t, ones](V i) { return i[1] == 0 ? ones : low(value(t, i[0]) / value(t, i[1])); });
  f.add("rem." + t.name, two,
        [t, ones](V i) { return i[1] == 0 ? ones : low(value(t, i[0]) % value(t, i[1])); });
  f.add("min." + t.name, two, [t](V i) { return low(std::min(value(t, i[0]), value(t, i[1]))); });
  f.add("max." + t.name, two, [t](V i) { return low(std::max(value(t, i[0]), value(t, i[1]))); });
  if (!t.with_sign) return;
  f.add("abs." + t.name, kinds(t.kind, t.kind, 1),
        [t](V i) { return low(value(t, i[0]) < 0 ? -value(t, i[0]) : value(t, i[0])); });
  f.add("neg." + t.name, kinds(t.kind, t.kind, 1), [](V i) { return 0 - i[0]; });
}

const Integer& s32() { return kIntegers[3]; }

void add_saturated(Family& f) {
  const auto sat = [](Wide x) { return low(clamped(x, 32, true)); };
  f.add("add.sat.s32", "w=ww", [sat](V i) { return sat(value(s32(), i[0]) + value(s32(), i[1])); });
  f.add("sub.sat.s32", "w=ww", [sat](V i) { return sat(value(s32(), i[0]) - value(s32(), i[1])); });
  f.add("mad.hi.sat.s32", "w=www", [sat](V i) {
    return sat((value(s32(), i[0]) * value(s32(), i[1]) >> 32) + value(s32(), i[2]));
  });
  f.add("min.relu.s32", "w=ww", [](V i) {
    return low(std::max<Wide>(0, std::min(value(s32(), i[0]), value(s32(), i[1]))));
  });
  f.add("max.relu.s32", "w=ww", [](V i) {
    return low(std::max<Wide>(0, std::max(value(s32(), i[0]), value(s32(), i[1]))));
  });
}

/// The function on each half of a pair.
template <class F>
auto on_halves(F half) {
  return [half](V i) {
    const std::uint64_t lower = half(i[0] & 0xffff, i[1] & 0xffff) & 0xffff;
    return lower | (half(i[0] >> 16, i[1] >> 16) & 0xffff) << 16;
  };
}

void add_pairs(Family& f) {
  for (const Integer& t : {kIntegers[0], kIntegers[1]}) {
    const std::string type = t.name + "x2";
    f.add("add." + type, "P=PP", on_halves([](auto a, auto b) { return a + b; }));
    f.add("min." + type, "P=PP",
          on_halves([t](auto a, auto b) { return low(std::min(value(t, a), value(t, b))); }));
    f.add("max." + type, "P=PP",
          on_halves([t](auto a, auto b) { return low(std::max(value(t, a), value(t, b))); }));
  }
  const Integer& t = kIntegers[1];
  f.add("min.relu.s16x2", "P=PP", on_halves([t](auto a, auto b) {
          return low(std::max<Wide>(0, std::min(value(t, a), value(t, b))));
        }));
  f.add("max.relu.s16x2", "P=PP", on_halves([t](auto a, auto b) {
          return low(std::max<Wide>(0, std::max(value(t, a), value(t, b))));
        }));
}

void add_24_bits(Family& f) {
  for (const bool with_sign : {false, true}) {
    const auto product = [with_sign](V i) {
      const Integer t{"", 24, with_sign, 'w', 0};
      return value(t, i[0] & 0xffffff) * value(t, i[1] & 0xffffff);
    };
    const std::string type = with_sign ? "s32" : "u32";
    f.add("mul24.lo." + type, "w=ww", [product](V i) { return low(product(i)); });
    f.add("mul24.hi." + type, "w=ww", [product](V i) { return low(product(i) >> 16); });
    f.add("mad24.lo." + type, "w=www", [product](V i) { return low(product(i)) + i[2]; });
    f.add("mad24.hi." + type, "w=www", [product](V i) { return low(product(i) >> 16) + i[2]; });
    if (with_sign)
      f.add("mad24.hi.sat.s32", "w=www", [product](V i) {
        const Wide term = static_cast<std::int32_t>(low(product(i) >> 16));
        return low(clamped(term + value(s32(), i[2]), 32, true));
      });
  }
}

void add_dots(Family& f) {
  for (const bool a_sign : {false, true})
    for (const bool b_sign : {false, true}) {
      const std::string types = std::string(a_sign ? ".s32" : ".u32") + (b_sign ? ".s32" : ".u32");
      const auto part = [](std::uint64_t word, unsigned at, unsigned bits, bool with_sign) {
        const std::uint64_t raw = word >> at & ((1u << bits) - 1);
        return value(Integer{"", bits, with_sign, 'w', 0}, raw);
      };
      f.add("dp4a" + types, "w=www", [=](V i) {
        Wide sum = value(s32(), i[2]);
        for (unsigned n = 0; n < 32; n += 8)
          sum += part(i[0], n, 8, a_sign) * part(i[1], n, 8, b_sign);
        return low(sum);
      });
      for (const bool upper : {false, true})
        f.add((upper ? "dp2a.hi" : "dp2a.lo") + types, "w=www", [=](V i) {
          Wide sum = value(s32(), i[2]);
          for (unsigned n = 0; n < 2; ++n)
            sum += part(i[0], 16 * n, 16, a_sign) * part(i[1], (upper ? 16 : 0) + 8 * n, 8, b_sign);
          return low(sum);
        });
    }
}

/// Numbers of two registers: through the carry flag they are added and multiplied as one.
void add_carries(Family& f, const std::string& type, char kind, unsigned bits) {
  const std::string four = std::string(2, kind) + "=" + std::string(4, kind);
  const auto joined = [bits](std::uint64_t lower, std::uint64_t upper) {
    return UWide{lower} | UWide{upper} << bits;
  };
  const auto give = [bits](UWide x, Values& o) {
    o[0] = static_cast<std::uint64_t>(x);
    o[1] = static_cast<std::uint64_t>(x >> bits);
  };
  f.add_all("add.cc." + type + " %o0, %i0, %i2; addc." + type + " %o1, %i1, %i3;", four,
            [=](V i, Values& o) { give(joined(i[0], i[1]) + joined(i[2], i[3]), o); });
  f.add_all("sub.cc." + type + " %o0, %i0, %i2; subc." + type + " %o1, %i1, %i3;", four,
            [=](V i, Values& o) { give(joined(i[0], i[1]) - joined(i[2], i[3]), o); });
  f.add_all("mad.lo.cc." + type + " %o0, %i0, %i1, %i2; madc.hi." + type + " %o1, %i0, %i1, %i3;",
            four, [=](V i, Values& o) {
              const bool with_sign = type[0] == 's';
              const Integer t{"", bits, with_sign, kind, 0};
              const UWide product = UWide{i[0] * i[1] & (~std::uint64_t{0} >> (64 - bits))} |
                                    UWide{high(t, i[0], i[1])} << bits;
              give(product + joined(i[2], i[3]), o);
            });
  // The flag after a subtraction is the inverted borrow: 1 when nothing was borrowed.
  f.add_all("sub.cc." + type + " %o0, %i0, %i1; subc.cc." + type + " %o1, %i2, %i3; addc." + type +
                " %o2, 0, 0;",
            std::string(3, kind) + "=" + std::string(4, kind), [=](V i, Values& o) {
              o[0] = i[0] - i[1];
              const UWide borrow = i[0] < i[1] ? 1 : 0;
              o[1] = static_cast<std::uint64_t>(UWide{i[2]} - i[3] - borrow);
              o[2] = UWide{i[2]} >= UWide{i[3]} + borrow ? 1 : 0;
            });
  f.add_all("add.cc." + type + " %o0, %i0, %i1; addc.cc." + type + " %o1, %i2, %i3; addc." + type +
                " %o2, 0, 0;",
            std::string(3, kind) + "=" + std::string(4, kind), [=](V i, Values& o) {
              const UWide first = UWide{i[0]} + i[1];
              const UWide second = UWide{i[2]} + i[3] + (first >> bits);
              o[0] = static_cast<std::uint64_t>(first);
              o[1] = static_cast<std::uint64_t>(second);
              o[2] = static_cast<std::uint64_t>(second >> bits);
            });
  f.add_all("mad.hi.cc." + type + " %o0, %i0, %i1, %i2; madc.lo.cc." + type +
                " %o1, %i0, %i1, %i3; addc." + type + " %o2, 0, 0;",
            std::string(3, kind) + "=" + std::string(4, kind), [=](V i, Values& o) {
              const std::uint64_t ones = ~std::uint64_t{0} >> (64 - bits);
              const Integer t{"", bits, type[0] == 's', kind, 0};
              const UWide first = UWide{high(t, i[0], i[1]) & ones} + i[2];
              const UWide second = UWide{i[0] * i[1] & ones} + i[3] + (first >> bits);
              o[0] = static_cast<std::uint64_t>(first);
              o[1] = static_cast<std::uint64_t>(second);
              o[2] = static_cast<std::uint64_t>(second >> bits);
            });
}

}  // namespace

Family integer_family() {
  Family f("integer", "Integer arithmetic, with and without carries.");
  for (const Integer& t : kIntegers) add_each(f, t);
  add_saturated(f);
  add_pairs(f);
  add_24_bits(f);
  add_dots(f);
  add_carries(f, "u32", 'w', 32);
  add_carries(f, "s32", 'w', 32);
  add_carries(f, "u64", 'd', 64);
  add_carries(f, "s64", 'd', 64);
  return f;
}

}  // namespace vgpu::golden
