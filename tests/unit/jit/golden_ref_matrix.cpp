// mma and movmatrix, element by element from where the PTX ISA says that each one is. Source: PTX
// ISA, the "Matrix Fragments" of each shape.
#include <array>
#include <cmath>

#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using Warp = std::vector<Row>;

/// A type of elements, the kind of registers that hold them, and how results compare.
struct Element {
  const char* name;
  unsigned bits;
  char in, out;
  Format format;
  bool real;
};
constexpr Element kF16e{"f16", 16, 'x', 'X', kF16, true};
constexpr Element kBf16e{"bf16", 16, 'y', 'Y', kBf16, true};
constexpr Element kTf32e{"tf32", 32, 't', 'f', kF32, true};
constexpr Element kF32e{"f32", 32, 't', 'f', kF32, true};
constexpr Element kF64e{"f64", 64, 'T', 'F', kF64, true};
constexpr Element kE4m3e{"e4m3", 8, 'e', 'w', kE4m3, true};
constexpr Element kE5m2e{"e5m2", 8, 'g', 'w', kE5m2, true};
constexpr Element kS8e{"s8", 8, 'w', 'w', {}, false};
constexpr Element kU8e{"u8", 8, 'w', 'w', {}, false};
constexpr Element kS4e{"s4", 4, 'w', 'w', {}, false};
constexpr Element kU4e{"u4", 4, 'w', 'w', {}, false};
constexpr Element kB1e{"b1", 1, 'w', 'w', {}, false};
constexpr Element kS32e{"s32", 32, 'w', 'w', {}, false};

struct Shape {
  unsigned m, n, k;
};

unsigned per_register(const Element& e) { return e.bits == 64 ? 1 : 32 / e.bits; }
unsigned registers_of(unsigned elements, const Element& e) {
  return elements / 32 / per_register(e);
}

/// Element `n` of the registers from input `first` on.
long double element_of(const Row& lane, unsigned first, unsigned n, const Element& e) {
  const unsigned per = per_register(e);
  const std::uint64_t word = lane.in[first + n / per];
  const unsigned spare = 64 - e.bits;
  const std::uint64_t top = word >> (n % per * e.bits) << spare;
  if (e.real) return static_cast<long double>(decode(e.format, top >> spare));
  if (e.name[0] == 's') return static_cast<long double>(static_cast<std::int64_t>(top) >> spare);
  return static_cast<long double>(top >> spare);
}

/// Where element i of a lane's fragment is.
struct Place {
  unsigned row, column;
};

Place place_a(const Shape& s, const Element& e, unsigned lane, unsigned i) {
  const unsigned group = lane / 4, thread = lane % 4, per = per_register(e);
  const unsigned reg = i / per;
  const bool lower = s.m == 16 && reg % 2 == 1;
  const unsigned step = s.m == 16 ? reg / 2 : reg;
  return {group + (lower ? 8 : 0), thread * per + i % per + step * 4 * per};
}

Place place_b(const Element& e, unsigned lane, unsigned i) {
  const unsigned group = lane / 4, thread = lane % 4, per = per_register(e);
  return {thread * per + i % per + i / per * 4 * per, group};
}

Place place_c(unsigned lane, unsigned i) {
  return {lane / 4 + (i >= 2 ? 8 : 0), lane % 4 * 2 + i % 2};
}

struct Product {
  Shape shape;
  Element d, a, b, c;
  std::string suffix;  ///< ".satfinite"
  std::string bits;    ///< ".and.popc"
};

using Matrix = std::vector<std::vector<long double>>;

Matrix zeros(unsigned rows, unsigned columns) {
  return Matrix(rows, std::vector<long double>(columns));
}

std::uint64_t encoded(const Element& e, long double value, bool saturate) {
  if (e.real) return encode(e.format, static_cast<Quad>(value), Round::nearest);
  if (saturate) value = std::fmin(std::fmax(value, -2147483648.0L), 2147483647.0L);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) & 0xffffffff;
}

/// One element of a product of two.
long double combined(const Product& p, long double a, long double b) {
  if (p.bits == ".and.popc") return a != 0 && b != 0 ? 1 : 0;
  if (p.bits == ".xor.popc") return a != b ? 1 : 0;
  return a * b;
}

void multiply(const Product& p, Warp& warp) {
  const Shape& s = p.shape;
  const unsigned b_first = registers_of(s.m * s.k, p.a);
  const unsigned c_first = b_first + registers_of(s.k * s.n, p.b);
  Matrix a = zeros(s.m, s.k), b = zeros(s.k, s.n);
  for (unsigned lane = 0; lane < kRows; ++lane) {
    for (unsigned i = 0; i < s.m * s.k / 32; ++i) {
      const Place at = place_a(s, p.a, lane, i);
      a[at.row][at.column] = element_of(warp[lane], 0, i, p.a);
    }
    for (unsigned i = 0; i < s.k * s.n / 32; ++i) {
      const Place at = place_b(p.b, lane, i);
      b[at.row][at.column] = element_of(warp[lane], b_first, i, p.b);
    }
  }
  for (unsigned lane = 0; lane < kRows; ++lane)
    for (unsigned i = 0; i < s.m * s.n / 32; ++i) {
      const Place at = place_c(lane, i);
      long double sum = element_of(warp[lane], c_first, i, p.c);
      for (unsigned k = 0; k < s.k; ++k) sum += combined(p, a[at.row][k], b[k][at.column]);
      const unsigned per = per_register(p.d);
      warp[lane].out[i / per] |= encoded(p.d, sum, p.suffix == ".satfinite") << i % per * p.d.bits;
    }
}

std::string list(char letter, unsigned first, unsigned count) {
  std::string text = "{";
  for (unsigned n = 0; n < count; ++n)
    text += std::string(n == 0 ? "%" : ", %") + letter + std::to_string(first + n);
  return text + "}";
}

void add(Family& f, const Product& p) {
  const Shape& s = p.shape;
  const unsigned a = registers_of(s.m * s.k, p.a), b = registers_of(s.k * s.n, p.b);
  const unsigned c = registers_of(s.m * s.n, p.c), d = registers_of(s.m * s.n, p.d);
  const std::string shape =
      "m" + std::to_string(s.m) + "n" + std::to_string(s.n) + "k" + std::to_string(s.k);
  const std::string types =
      std::string(".") + p.d.name + "." + p.a.name + "." + p.b.name + "." + p.c.name;
  const std::string text = "mma.sync.aligned." + shape + ".row.col" + p.suffix + types + p.bits +
                           " " + list('o', 0, d) + ", " + list('i', 0, a) + ", " + list('i', a, b) +
                           ", " + list('i', a + b, c) + ";";
  const std::string kinds = std::string(d, p.d.out) + "=" + std::string(a, p.a.in) +
                            std::string(b, p.b.in) + std::string(c, p.c.in);
  f.add_warp(text, kinds, [p](Warp& warp) {
    for (Row& lane : warp) lane.out = {};
    multiply(p, warp);
  });
}

void add_floats(Family& f) {
  for (const Shape& s : {Shape{16, 8, 8}, Shape{16, 8, 16}}) {
    for (const Element& d : {kF16e, kF32e})
      for (const Element& c : {kF16e, kF32e}) add(f, {s, d, kF16e, kF16e, c, "", ""});
    add(f, {s, kF32e, kBf16e, kBf16e, kF32e, "", ""});
  }
  for (const Shape& s : {Shape{16, 8, 4}, Shape{16, 8, 8}})
    add(f, {s, kF32e, kTf32e, kTf32e, kF32e, "", ""});
  for (const Shape& s : {Shape{8, 8, 4}, Shape{16, 8, 4}, Shape{16, 8, 8}, Shape{16, 8, 16}})
    add(f, {s, kF64e, kF64e, kF64e, kF64e, "", ""});
  for (const Element& a : {kE4m3e, kE5m2e})
    for (const Element& b : {kE4m3e, kE5m2e}) {
      add(f, {{16, 8, 32}, kF32e, a, b, kF32e, "", ""});
      add(f, {{16, 8, 16}, kF16e, a, b, kF16e, "", ""});
    }
}

void add_integers(Family& f) {
  for (const std::string suffix : {"", ".satfinite"}) {
    for (const Shape& s : {Shape{8, 8, 16}, Shape{16, 8, 16}, Shape{16, 8, 32}})
      for (const Element& a : {kS8e, kU8e})
        for (const Element& b : {kS8e, kU8e}) add(f, {s, kS32e, a, b, kS32e, suffix, ""});
    for (const Shape& s : {Shape{8, 8, 32}, Shape{16, 8, 32}, Shape{16, 8, 64}})
      for (const Element& a : {kS4e, kU4e})
        for (const Element& b : {kS4e, kU4e}) add(f, {s, kS32e, a, b, kS32e, suffix, ""});
  }
  for (const std::string bits : {".xor.popc", ".and.popc"})
    for (const Shape& s : {Shape{8, 8, 128}, Shape{16, 8, 128}, Shape{16, 8, 256}})
      add(f, {s, kS32e, kB1e, kB1e, kS32e, "", bits});
}

/// mma.m8n8k4 of f16: four products, each of the quads q and q + 4.
struct Quads {
  bool a_row, b_column, single;
};

void multiply_quads(const Quads& q, Warp& warp) {
  for (Row& lane : warp) lane.out = {};
  for (unsigned pair = 0; pair < 4; ++pair) {
    Matrix a = zeros(8, 4), b = zeros(4, 8);
    std::vector<unsigned> lanes;
    for (unsigned lane = 0; lane < kRows; ++lane)
      if (lane / 4 % 4 == pair) lanes.push_back(lane);
    for (const unsigned lane : lanes)
      for (unsigned i = 0; i < 4; ++i) {
        const unsigned more = lane < 16 ? 0 : 4;
        const long double x = element_of(warp[lane], 0, i, kF16e);
        const long double y = element_of(warp[lane], 2, i, kF16e);
        (q.a_row ? a[lane % 4 + more][i] : a[i + more][lane % 4]) = x;
        (q.b_column ? b[i][lane % 4 + more] : b[lane % 4][i + more]) = y;
      }
    const Element& acc = q.single ? kF32e : kF16e;
    for (const unsigned lane : lanes)
      for (unsigned i = 0; i < 8; ++i) {
        const unsigned more = lane < 16 ? 0 : 4;
        const unsigned row = q.single ? (lane & 1) + (i & 2) + more : lane % 4 + more;
        const unsigned column = q.single ? (i & 4) + (lane & 2) + (i & 1) : i;
        long double sum = element_of(warp[lane], 4, i, acc);
        for (unsigned k = 0; k < 4; ++k) sum += a[row][k] * b[k][column];
        const unsigned per = per_register(acc);
        warp[lane].out[i / per] |= encoded(acc, sum, false) << i % per * acc.bits;
      }
  }
}

void add_quads(Family& f) {
  for (const bool single : {false, true})
    for (const bool a_row : {true, false})
      for (const bool b_column : {true, false}) {
        const Quads q{a_row, b_column, single};
        const std::string type = single ? ".f32" : ".f16";
        const unsigned count = single ? 8 : 4;
        const std::string text = std::string("mma.sync.aligned.m8n8k4.") + (a_row ? "row" : "col") +
                                 (b_column ? ".col" : ".row") + type + ".f16.f16" + type + " " +
                                 list('o', 0, count) + ", {%i0, %i1}, {%i2, %i3}, " +
                                 list('i', 4, count) + ";";
        f.add_warp(text,
                   std::string(count, single ? 'f' : 'X') + "=xxxx" +
                       std::string(count, single ? 't' : 'x'),
                   [q](Warp& warp) { multiply_quads(q, warp); });
      }
}

}  // namespace

Family matrix_family() {
  Family f("matrix", "Products of matrices in registers.");
  add_floats(f);
  add_integers(f);
  add_quads(f);
  return f;
}

}  // namespace vgpu::golden
