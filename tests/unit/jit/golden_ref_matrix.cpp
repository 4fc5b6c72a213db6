// mma and movmatrix, element by element from where the PTX ISA says that each one is. Source: PTX
// ISA, the "Matrix Fragments" of each shape.
#include "tests/unit/jit/golden_matrix.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

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
      for (unsigned k = 0; k < s.k; ++k) sum += combined(p.bits, a[at.row][k], b[k][at.column]);
      const unsigned per = per_register(p.d);
      warp[lane].out[i / per] |= encoded(p.d, sum, p.suffix == ".satfinite") << i % per * p.d.bits;
    }
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

/// The transposition of a matrix of 8 x 8 elements of 16 bits.
void add_move(Family& f) {
  f.add_warp("movmatrix.sync.aligned.m8n8.trans.b16 %o0, %i0;", "w=w", [](Warp& warp) {
    for (unsigned lane = 0; lane < kRows; ++lane) {
      warp[lane].out[0] = 0;
      for (unsigned half = 0; half < 2; ++half) {
        const unsigned row = lane % 4 * 2 + half, column = lane / 4;
        const std::uint64_t word = warp[row * 4 + column / 2].in[0];
        warp[lane].out[0] |= (word >> column % 2 * 16 & 0xffff) << half * 16;
      }
    }
  });
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
  add_move(f);
  return f;
}

}  // namespace vgpu::golden
