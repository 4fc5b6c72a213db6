// Logic, shifts and byte permutations, bit by bit or byte by byte.
#include <algorithm>

#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

struct Bits {
  std::string name;
  char kind;
  unsigned bits;
};
const std::vector<Bits> kBits{{"b16", 'h', 16}, {"b32", 'w', 32}, {"b64", 'd', 64}};

void add_logic(Family& f) {
  std::vector<Bits> types = kBits;
  types.push_back({"pred", 'p', 1});
  for (const Bits& type : types) {
    const std::string two{type.kind, '=', type.kind, type.kind};
    const std::string one{type.kind, '=', type.kind};
    f.add("and." + type.name, two, [](V i) { return i[0] & i[1]; });
    f.add("or." + type.name, two, [](V i) { return i[0] | i[1]; });
    f.add("xor." + type.name, two, [](V i) { return i[0] ^ i[1]; });
    f.add("not." + type.name, one, [](V i) { return ~i[0]; });
    if (type.bits > 1)
      f.add("cnot." + type.name, one, [](V i) -> std::uint64_t { return i[0] == 0 ? 1 : 0; });
  }
}

std::uint64_t three_inputs(V i, unsigned table) {
  std::uint64_t result = 0;
  for (unsigned at = 0; at < 32; ++at) {
    const auto bit = [&](unsigned n) { return static_cast<unsigned>(i[n] >> at & 1); };
    const unsigned index = bit(0) << 2 | bit(1) << 1 | bit(2);
    result |= static_cast<std::uint64_t>(table >> index & 1) << at;
  }
  return result;
}

void add_lop3(Family& f) {
  // Every table: they are few, and each is another path through the lowering.
  for (unsigned table = 0; table < 256; table += table % 16 == 15 ? 1 : 3)
    f.add("lop3.b32 %o0, %i0, %i1, %i2, " + std::to_string(table) + ";", "w=www",
          [table](V i) { return three_inputs(i, table); });
  for (const bool both : {true, false})
    f.add_all(
        std::string("lop3.") + (both ? "and" : "or") + ".b32 %o0|%o1, %i0, %i1, %i2, 0x80, %i3;",
        "wp=wwwp", [both](V i, Values& o) {
          o[0] = three_inputs(i, 0x80);
          const bool some = o[0] != 0;
          o[1] = (both ? some && i[3] != 0 : some || i[3] != 0) ? 1 : 0;
        });
}

void add_shifts(Family& f) {
  for (const Bits& type : kBits) {
    const unsigned bits = type.bits;
    const std::string kinds = std::string{type.kind, '=', type.kind} + "s";
    const std::string size = std::to_string(bits);
    f.add("shl." + type.name, kinds, [=](V i) { return i[1] < bits ? i[0] << i[1] : 0; });
    const auto logical = [=](V i) { return i[1] < bits ? i[0] >> i[1] : 0; };
    f.add("shr.b" + size, kinds, logical);
    f.add("shr.u" + size, kinds, logical);
    f.add("shr.s" + size, kinds, [=](V i) {
      const auto value = static_cast<std::int64_t>(i[0] << (64 - bits)) >> (64 - bits);
      return static_cast<std::uint64_t>(value >> std::min<std::uint64_t>(i[1], bits - 1));
    });
    f.add("shl." + type.name + " %o0, %i0, 5;", std::string{type.kind, '=', type.kind},
          [](V i) { return i[0] << 5; });
  }
  for (const bool clamp : {false, true})
    for (const bool left : {false, true})
      f.add(std::string("shf.") + (left ? "l" : "r") + (clamp ? ".clamp" : ".wrap") + ".b32",
            "w=wws", [=](V i) {
              const std::uint64_t both = i[1] << 32 | i[0];
              const std::uint64_t n = clamp ? std::min<std::uint64_t>(i[2], 32) : i[2] % 32;
              return left ? both << n >> 32 : both >> n;
            });
}

std::uint64_t byte_of(V i, std::uint64_t index) {
  return ((i[1] << 32 | i[0]) >> 8 * (index & 7)) & 0xff;
}

std::uint64_t permuted(V i, std::uint64_t control) {
  std::uint64_t result = 0;
  for (unsigned n = 0; n < 4; ++n) {
    const std::uint64_t nibble = control >> 4 * n & 15;
    std::uint64_t byte = byte_of(i, nibble);
    if ((nibble & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
    result |= byte << 8 * n;
  }
  return result;
}

struct Mode {
  const char* name;
  /// The byte that goes to place `n` (0 lowest) for control value `c`.
  std::uint64_t (*byte)(std::uint64_t c, std::uint64_t n);
};
constexpr Mode kModes[] = {
    {"f4e", [](std::uint64_t c, std::uint64_t n) { return c + n; }},
    {"b4e", [](std::uint64_t c, std::uint64_t n) { return (c - n) & 7; }},
    {"rc8", [](std::uint64_t c, std::uint64_t) { return c; }},
    {"ecl", [](std::uint64_t c, std::uint64_t n) { return std::max(c, n); }},
    {"ecr", [](std::uint64_t c, std::uint64_t n) { return std::min(c, n); }},
    {"rc16", [](std::uint64_t c, std::uint64_t n) { return (c & 1) * 2 + (n & 1); }},
};

void add_permutations(Family& f) {
  f.add("prmt.b32", "w=www", [](V i) { return permuted(i, i[2]); });
  for (const unsigned control :
       {0x3210u, 0x7654u, 0x0123u, 0x3340u, 0x5410u, 0xba98u, 0x6f1cu, 0x12345678u})
    f.add("prmt.b32 %o0, %i0, %i1, " + std::to_string(control) + ";", "w=ww",
          [control](V i) { return permuted(i, control); });
  for (const Mode& mode : kModes)
    f.add(std::string("prmt.b32.") + mode.name, "w=wws", [mode](V i) {
      std::uint64_t result = 0;
      for (unsigned n = 0; n < 4; ++n) result |= byte_of(i, mode.byte(i[2] & 3, n)) << 8 * n;
      return result;
    });
}

}  // namespace

Family logic_family() {
  Family f("logic", "Logic, shifts and byte permutations.");
  add_logic(f);
  add_lop3(f);
  add_shifts(f);
  add_permutations(f);
  return f;
}

}  // namespace vgpu::golden
