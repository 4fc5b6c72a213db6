// Scalar video instructions. Source: PTX ISA, Scalar Video Instructions, the pseudo-code.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;
__extension__ typedef __int128 Wide;

/// A part of a register: what follows its name, and where it is. Units: bits.
struct Part {
  const char* text;
  unsigned shift, width;
};
constexpr std::array<Part, 7> kParts{{{"", 0, 32},
                                      {".b0", 0, 8},
                                      {".b1", 8, 8},
                                      {".b2", 16, 8},
                                      {".b3", 24, 8},
                                      {".h0", 0, 16},
                                      {".h1", 16, 16}}};

/// Which types are signed, which parts count, and what is written after the types.
struct Shape {
  bool to = false, a = false, b = false, sat = false;
  Part d = kParts[0], pa = kParts[0], pb = kParts[0];
};

std::uint64_t mask_of(const Part& part) { return (std::uint64_t{1} << part.width) - 1; }

Wide value(std::uint64_t bits, bool with_sign, const Part& part = kParts[0]) {
  const std::uint64_t field = bits >> part.shift & mask_of(part);
  const bool negative = with_sign && (field >> (part.width - 1) & 1) != 0;
  return static_cast<Wide>(field) - (negative ? Wide{1} << part.width : 0);
}

Wide saturated(Wide result, bool with_sign, const Part& part) {
  const auto ones = static_cast<Wide>(mask_of(part));
  const Wide least = with_sign ? -(ones >> 1) - 1 : 0;
  return std::clamp(result, least, with_sign ? ones >> 1 : ones);
}

using Operation = std::function<Wide(Wide a, Wide b)>;

std::uint64_t result_of(V i, const Shape& shape, const Operation& operation) {
  Wide result = operation(value(i[0], shape.a, shape.pa), value(i[1], shape.b, shape.pb));
  if (shape.sat) result = saturated(result, shape.to, shape.d);
  return static_cast<std::uint64_t>(result) & 0xffffffff;
}

const char* type(bool with_sign) { return with_sign ? ".s32" : ".u32"; }

/// `name`, with its types, alone and with each second operation; or with parts, merged.
void add_forms(Family& f, const std::string& name, const Shape& shape, const Operation& operation) {
  const auto first = [=](V i) { return result_of(i, shape, operation); };
  const std::string operands =
      std::string(" %o0") + shape.d.text + ", %i0" + shape.pa.text + ", %i1" + shape.pb.text;
  if (shape.d.width != 32) {
    const std::uint64_t place = mask_of(shape.d) << shape.d.shift;
    f.add(name + operands + ", %i2;", "w=www",
          [=](V i) { return (i[2] & ~place) | (first(i) << shape.d.shift & place); });
    return;
  }
  f.add(name + operands + ";", "w=ww", first);
  f.add(name + ".add" + operands + ", %i2;", "w=www", [=](V i) { return first(i) + i[2]; });
  const auto less = [=](V i) { return value(first(i), shape.to) < value(i[2], shape.to); };
  f.add(name + ".min" + operands + ", %i2;", "w=www",
        [=](V i) { return less(i) ? first(i) : i[2]; });
  f.add(name + ".max" + operands + ", %i2;", "w=www",
        [=](V i) { return less(i) ? i[2] : first(i); });
}

struct Named {
  const char* name;
  Operation operation;
};

void add_arithmetic(Family& f) {
  const std::array<Named, 5> operations{
      {{"vadd", [](Wide a, Wide b) { return a + b; }},
       {"vsub", [](Wide a, Wide b) { return a - b; }},
       {"vabsdiff", [](Wide a, Wide b) { return a < b ? b - a : a - b; }},
       {"vmin", [](Wide a, Wide b) { return std::min(a, b); }},
       {"vmax", [](Wide a, Wide b) { return std::max(a, b); }}}};
  unsigned part = 0;
  for (const Named& each : operations) {
    for (unsigned bits = 0; bits < 16; ++bits) {
      Shape shape{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
      const std::string name = std::string(each.name) + type(shape.to) + type(shape.a) +
                               type(shape.b) + (shape.sat ? ".sat" : "");
      if (each.name[1] == 'a' || each.name[1] == 's' || bits % 5 == 0)
        add_forms(f, name, shape, each.operation);
      // Every part meets every operation somewhere.
      shape.pa = kParts[++part % 7];
      shape.pb = kParts[(part / 2 + 3) % 7];
      if (bits % 2 == 0) shape.d = kParts[(part / 2) % 6 + 1];
      if (shape.d.width != 32 || bits % 3 == 0) add_forms(f, name, shape, each.operation);
    }
  }
}

void add_shifts(Family& f) {
  for (unsigned bits = 0; bits < 32; ++bits) {
    const bool left = (bits & 1) != 0;
    const bool wraps = (bits & 2) != 0;
    Shape shape{(bits & 4) != 0, (bits & 8) != 0, false, (bits & 16) != 0};
    const std::string name = std::string(left ? "vshl" : "vshr") + type(shape.to) + type(shape.a) +
                             ".u32" + (shape.sat ? ".sat" : "") + (wraps ? ".wrap" : ".clamp");
    const Operation operation = [=](Wide a, Wide b) {
      const auto count = static_cast<int>(wraps ? b % 32 : std::min<Wide>(b, 32));
      return left ? a * (Wide{1} << count) : a >> count;
    };
    shape.pb = kParts[bits % 2 == 0 ? 0 : 1];
    add_forms(f, name, shape, operation);
    shape.d = kParts[bits % 6 + 1];
    shape.pa = kParts[bits % 7];
    add_forms(f, name, shape, operation);
  }
}

void add_comparisons(Family& f) {
  const std::array<Named, 6> operations{{{"eq", [](Wide a, Wide b) { return Wide{a == b}; }},
                                         {"ne", [](Wide a, Wide b) { return Wide{a != b}; }},
                                         {"lt", [](Wide a, Wide b) { return Wide{a < b}; }},
                                         {"le", [](Wide a, Wide b) { return Wide{a <= b}; }},
                                         {"gt", [](Wide a, Wide b) { return Wide{a > b}; }},
                                         {"ge", [](Wide a, Wide b) { return Wide{a >= b}; }}}};
  unsigned part = 0;
  for (const Named& each : operations)
    for (unsigned bits = 0; bits < 4; ++bits) {
      Shape shape{false, (bits & 1) != 0, (bits & 2) != 0, false};
      const std::string name =
          std::string("vset") + type(shape.a) + type(shape.b) + "." + each.name;
      add_forms(f, name, shape, each.operation);
      shape.pa = kParts[++part % 7];
      shape.pb = kParts[part % 7];
      shape.d = kParts[part % 6 + 1];
      add_forms(f, name, shape, each.operation);
    }
}

/// One of vmad's choices of signs before its sources.
struct Signs {
  const char *a, *b, *c;
};

void add_products(Family& f) {
  constexpr std::array<Signs, 4> kSigns{
      {{"", "", ""}, {"-", "", ""}, {"", "-", ""}, {"", "", "-"}}};
  constexpr std::array<const char*, 3> kScales{"", ".shr7", ".shr15"};
  unsigned part = 0;
  for (unsigned bits = 0; bits < 16; ++bits)
    for (unsigned variant = 0; variant < 5; ++variant) {
      const Shape shape{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
      const bool po = variant == 4;
      const Signs signs = kSigns[variant % 4];
      const Part pa = kParts[++part % 7];
      const Part pb = kParts[part % 3];
      const unsigned scale = part % 3;
      const bool negated = signs.a != signs.b && *signs.c == 0 && (*signs.a != 0 || *signs.b != 0);
      const bool with_sign = shape.a || shape.b || negated || *signs.c != 0;
      const std::string name = std::string("vmad") + type(shape.to) + type(shape.a) +
                               type(shape.b) + (po ? ".po" : "") + (shape.sat ? ".sat" : "") +
                               kScales[scale];
      f.add(name + " %o0, " + signs.a + "%i0" + pa.text + ", " + signs.b + "%i1" + pb.text + ", " +
                signs.c + "%i2;",
            "w=www", [=](V i) {
              Wide result = value(i[0], shape.a, pa) * value(i[1], shape.b, pb);
              Wide third = value(i[2], with_sign);
              if (negated) result = -result;
              if (*signs.c != 0) third = -third;
              result += third + (po ? 1 : 0);
              constexpr std::array<int, 3> kShifts{0, 7, 15};
              result >>= kShifts[scale];
              if (shape.sat) result = saturated(result, with_sign, kParts[0]);
              return static_cast<std::uint64_t>(result) & 0xffffffff;
            });
    }
}

}  // namespace

Family video_family() {
  Family f("video", "Scalar video instructions.");
  add_arithmetic(f);
  add_shifts(f);
  add_comparisons(f);
  add_products(f);
  return f;
}

}  // namespace vgpu::golden
