// set, setp, selp, slct. Source: PTX ISA, 9.3 and comparison instructions.
#include <bit>

#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

/// The order of two operands; numbers are unordered when one is NaN.
enum class Order : std::uint8_t { less, equal, greater, unordered };

struct Operator {
  const char* name;
  bool less, equal, greater, unordered;  ///< the result for each order
};
constexpr Operator kIntegerOperators[] = {
    {"eq", false, true, false, false}, {"ne", true, false, true, false},
    {"lt", true, false, false, false}, {"le", true, true, false, false},
    {"gt", false, false, true, false}, {"ge", false, true, true, false}};
constexpr Operator kUnsignedOperators[] = {{"lo", true, false, false, false},
                                           {"ls", true, true, false, false},
                                           {"hi", false, false, true, false},
                                           {"hs", false, true, true, false}};
constexpr Operator kRealOperators[] = {
    {"eq", false, true, false, false}, {"ne", true, false, true, false},
    {"lt", true, false, false, false}, {"le", true, true, false, false},
    {"gt", false, false, true, false}, {"ge", false, true, true, false},
    {"equ", false, true, false, true}, {"neu", true, false, true, true},
    {"ltu", true, false, false, true}, {"leu", true, true, false, true},
    {"gtu", false, false, true, true}, {"geu", false, true, true, true},
    {"num", true, true, true, false},  {"nan", false, false, false, true}};

bool holds(const Operator& op, Order order) {
  switch (order) {
    case Order::less:
      return op.less;
    case Order::equal:
      return op.equal;
    case Order::greater:
      return op.greater;
    case Order::unordered:
      return op.unordered;
  }
  return false;
}

struct Number {
  std::string name;
  char kind;
  unsigned bits;
  bool with_sign = false;
  const Format* format = nullptr;
};

const std::vector<Number> kIntegers{
    {"b16", 'h', 16},       {"b32", 'w', 32},       {"b64", 'd', 64},
    {"u16", 'h', 16},       {"u32", 'w', 32},       {"u64", 'd', 64},
    {"s16", 'h', 16, true}, {"s32", 'w', 32, true}, {"s64", 'd', 64, true}};
const std::vector<Number> kReals{{"f32", 'f', 32, true, &kF32},
                                 {"f64", 'F', 64, true, &kF64},
                                 {"f16", 'H', 16, true, &kF16},
                                 {"bf16", 'B', 16, true, &kBf16}};

Order order_of(const Number& type, std::uint64_t a, std::uint64_t b, bool ftz) {
  if (type.format != nullptr) {
    const auto value = [&](std::uint64_t bits) {
      const bool flushed = ftz && is_subnormal(*type.format, bits);
      return flushed ? Quad{0} : decode(*type.format, bits);
    };
    const Quad x = value(a);
    const Quad y = value(b);
    if (x != x || y != y) return Order::unordered;
    return x < y ? Order::less : (x == y ? Order::equal : Order::greater);
  }
  if (a == b) return Order::equal;
  if (!type.with_sign) return a < b ? Order::less : Order::greater;
  const auto x = static_cast<std::int64_t>(a << (64 - type.bits));
  const auto y = static_cast<std::int64_t>(b << (64 - type.bits));
  return x < y ? Order::less : Order::greater;
}

constexpr const char* kJoins[] = {"and", "or", "xor"};

bool joined(std::size_t how, bool result, bool other) {
  if (how == 0) return result && other;
  return how == 1 ? result || other : result != other;
}

/// Every operator is tried on every type; with a second predicate, only on the most used types
/// and, for eq, on all.
bool shaped(const Operator& op, const Number& type, bool ftz) {
  if (op.name == std::string("eq")) return true;
  return !ftz && (type.name == "s32" || type.name == "u32" || type.name == "f32");
}

std::size_t join_for(const Operator& op) {
  return static_cast<std::size_t>(op.name[0] + op.name[1]) % 3;
}

void add_setp(Family& f, const Operator& op, const Number& type, bool ftz) {
  const std::string name = std::string("setp.") + op.name;
  const std::string tail = (ftz ? ".ftz." : ".") + type.name;
  const auto result = [=](V i) { return holds(op, order_of(type, i[0], i[1], ftz)); };
  f.add(name + tail, std::string("p=") + type.kind + type.kind,
        [=](V i) -> std::uint64_t { return result(i) ? 1 : 0; });
  if (!shaped(op, type, ftz)) return;
  // A second destination of one half would be that of a pair.
  const bool two = type.bits != 16 || type.format == nullptr;
  if (two)
    f.add_all(name + tail + " %o0|%o1, %i0, %i1;", std::string("pp=") + type.kind + type.kind,
              [=](V i, Values& o) {
                o[0] = result(i) ? 1 : 0;
                o[1] = result(i) ? 0 : 1;
              });
  for (std::size_t how = 0; how < 3; ++how) {
    if (how != join_for(op) && op.name != std::string("eq")) continue;
    f.add(name + "." + kJoins[how] + tail + " %o0, %i0, %i1, !%i2;",
          std::string("p=") + type.kind + type.kind + "p",
          [=](V i) -> std::uint64_t { return joined(how, result(i), i[2] == 0) ? 1 : 0; });
    if (!two) continue;
    f.add_all(name + "." + kJoins[how] + tail + " %o0|%o1, %i0, %i1, %i2;",
              std::string("pp=") + type.kind + type.kind + "p", [=](V i, Values& o) {
                o[0] = joined(how, result(i), i[2] != 0) ? 1 : 0;
                o[1] = joined(how, !result(i), i[2] != 0) ? 1 : 0;
              });
  }
}

/// Packed: the first predicate is of the lower elements, the second of the upper ones.
void add_packed_setp(Family& f, const Operator& op, const Number& type, bool ftz) {
  const char pair = type.kind == 'H' ? 'X' : 'Y';
  const auto result = [=](V i, unsigned at) {
    return holds(op, order_of(type, i[0] >> at & 0xffff, i[1] >> at & 0xffff, ftz));
  };
  const std::string name = std::string("setp.") + op.name;
  const std::string tail = (ftz ? ".ftz." : ".") + type.name + "x2 %o0|%o1, %i0, %i1";
  f.add_all(name + tail + ";", std::string("pp=") + pair + pair, [=](V i, Values& o) {
    o[0] = result(i, 0) ? 1 : 0;
    o[1] = result(i, 16) ? 1 : 0;
  });
  if (op.name[0] != 'l' || ftz) return;
  for (std::size_t how = 0; how < 3; ++how)
    f.add_all(name + "." + kJoins[how] + tail + ", %i2;", std::string("pp=") + pair + pair + "p",
              [=](V i, Values& o) {
                o[0] = joined(how, result(i, 0), i[2] != 0) ? 1 : 0;
                o[1] = joined(how, result(i, 16), i[2] != 0) ? 1 : 0;
              });
}

struct Destination {
  std::string name;
  char kind;
  std::uint64_t yes;
};

void add_set(Family& f, const Operator& op, const Number& type, bool ftz,
             const std::vector<Destination>& destinations) {
  const std::string name = std::string("set.") + op.name;
  for (const Destination& to : destinations) {
    const std::string tail = (ftz ? ".ftz." : ".") + to.name + "." + type.name;
    const auto result = [=](V i) { return holds(op, order_of(type, i[0], i[1], ftz)); };
    const std::string kinds = std::string{to.kind} + "=" + type.kind + type.kind;
    f.add(name + tail, kinds, [=](V i) { return result(i) ? to.yes : 0; });
    if (!shaped(op, type, ftz)) break;
    for (std::size_t how = 0; how < 3; ++how)
      if (how == join_for(op) || op.name == std::string("eq"))
        f.add(name + "." + kJoins[how] + tail, kinds + "p",
              [=](V i) { return joined(how, result(i), i[2] != 0) ? to.yes : 0; });
  }
}

void add_packed_set(Family& f, const Operator& op, const Number& type, bool ftz) {
  const char pair = type.kind == 'H' ? 'X' : 'Y';
  const std::uint64_t one = type.kind == 'H' ? 0x3c00 : 0x3f80;
  const auto halves = [=](std::uint64_t yes, bool with_other) {
    return [=](V i) {
      std::uint64_t value = 0;
      for (unsigned at = 0; at < 32; at += 16) {
        bool result = holds(op, order_of(type, i[0] >> at & 0xffff, i[1] >> at & 0xffff, ftz));
        if (with_other) result = joined(0, result, i[2] != 0);
        if (result) value |= yes << at;
      }
      return value;
    };
  };
  const std::string name = std::string("set.") + op.name;
  const std::string flush = ftz ? ".ftz" : "";
  const std::string from = "." + type.name + "x2";
  const std::string kinds = std::string("=") + pair + pair;
  f.add(name + flush + from + from, std::string{pair} + kinds, halves(one, false));
  f.add(name + flush + ".u32" + from, "P" + kinds, halves(0xffff, false));
  f.add(name + ".and" + flush + ".s32" + from, "P" + kinds + "p", halves(0xffff, true));
}

void add_selections(Family& f) {
  const std::vector<std::pair<std::string, char>> types{
      {"b16", 'h'}, {"b32", 'w'}, {"b64", 'd'}, {"u16", 'h'}, {"u32", 'w'}, {"u64", 'd'},
      {"s16", 'h'}, {"s32", 'w'}, {"s64", 'd'}, {"f32", 'w'}, {"f64", 'd'}};
  for (const auto& [name, kind] : types) {
    f.add("selp." + name, std::string{kind, '='} + std::string(2, kind) + "p",
          [](V i) { return i[2] != 0 ? i[0] : i[1]; });
    f.add("slct." + name + ".s32", std::string{kind, '='} + std::string(2, kind) + "w",
          [](V i) { return (i[2] >> 31 & 1) == 0 ? i[0] : i[1]; });
    for (const bool ftz : {false, true})
      f.add(std::string("slct") + (ftz ? ".ftz." : ".") + name + ".f32",
            std::string{kind, '='} + std::string(2, kind) + "f", [=](V i) {
              const bool zero = ftz && is_subnormal(kF32, i[2]);
              const Quad c = zero ? Quad{0} : decode(kF32, i[2]);
              return c >= 0 ? i[0] : i[1];
            });
  }
  f.add("selp.f32 %o0, 0f3F800000, 0f00000000, %i0;", "w=p",
        [](V i) -> std::uint64_t { return i[0] != 0 ? 0x3f800000 : 0; });
  f.add("selp.f32 %o0, 1.5, -2.0, !%i0;", "w=p",
        [](V i) -> std::uint64_t { return i[0] == 0 ? 0x3fc00000 : 0xc0000000; });
}

}  // namespace

Family compare_family() {
  Family f("compare", "Comparisons and selections.");
  const std::vector<Destination> all{{"u32", 'w', 0xffffffff}, {"s32", 'w', 0xffffffff},
                                     {"u16", 'h', 0xffff},     {"f32", 'f', 0x3f800000},
                                     {"f16", 'H', 0x3c00},     {"bf16", 'B', 0x3f80}};
  // Every destination for eq, one for the others.
  const auto destinations = [&](const Operator& op, const Number& type, bool ftz) {
    std::vector<Destination> result{all[0]};
    if (op.name != std::string("eq")) return result;
    for (const Destination& to : all) {
      const bool small = to.kind == 'h' || to.kind == 'H' || to.kind == 'B';
      const bool fits = type.bits != 16 || type.format == nullptr
                            ? to.kind != 'h'
                            : to.kind == type.kind || to.kind == 'h' || !(small || to.kind == 'f');
      if (fits && !(ftz && to.kind == 'B') && to.name != "u32") result.push_back(to);
    }
    return result;
  };
  for (const Number& type : kIntegers) {
    for (const Operator& op : kIntegerOperators) {
      if (type.name[0] == 'b' && op.name[1] != 'q' && op.name[1] != 'e') continue;
      if (type.name[0] == 'b' && op.name[0] != 'e' && op.name[0] != 'n') continue;
      add_setp(f, op, type, false);
      add_set(f, op, type, false, destinations(op, type, false));
    }
    if (type.name[0] != 'u') continue;
    for (const Operator& op : kUnsignedOperators) {
      add_setp(f, op, type, false);
      add_set(f, op, type, false, {all[0]});
    }
  }
  for (const Number& type : kReals) {
    const bool half = type.bits == 16;
    for (const Operator& op : kRealOperators)
      for (const bool ftz : {false, true}) {
        if (ftz && type.kind != 'f' && type.kind != 'H') continue;
        add_setp(f, op, type, ftz);
        add_set(f, op, type, ftz, destinations(op, type, ftz));
        if (half && !(ftz && op.unordered)) add_packed_setp(f, op, type, ftz);
        if (half && !(ftz && op.unordered)) add_packed_set(f, op, type, ftz);
      }
  }
  add_selections(f);
  return f;
}

}  // namespace vgpu::golden
