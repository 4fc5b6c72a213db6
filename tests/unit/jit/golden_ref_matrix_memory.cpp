// Matrices between memory and registers: ldmatrix, stmatrix, wmma. Whole kernels: each form puts
// its inputs into shared memory first.
#include "tests/unit/jit/golden_matrix.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

constexpr const char* kLane = ".reg .b32 %at, %word, %base;\nmov.u32 %word, %tid.x;\n";

/// The row that a lane names: all of them, out of order.
unsigned row_of(unsigned lane) { return (lane * 5 + 3) % kRows; }
constexpr const char* kRow =
    "mad.lo.u32 %at, %word, 5, 3;\nand.b32 %at, %at, 31;\nshl.b32 %at, %at, 4;\n"
    "mov.u32 %base, area;\nadd.u32 %at, %at, %base;\n";
constexpr const char* kOwnRow =
    "shl.b32 %at, %word, 4;\nmov.u32 %base, area;\nadd.u32 %at, %at, %base;\n";
constexpr const char* kArea = ".shared .align 16 .b8 area[512];\n";

/// What lane `lane` has of an 8 x 8 matrix of halves whose rows are given by `word`(row, n).
template <class F>
std::uint64_t fragment(unsigned lane, bool trans, F word) {
  std::uint64_t result = 0;
  for (unsigned half = 0; half < 2; ++half) {
    const unsigned row = trans ? lane % 4 * 2 + half : lane / 4;
    const unsigned column = trans ? lane / 4 : lane % 4 * 2 + half;
    result |= (word(row, column / 2) >> column % 2 * 16 & 0xffff) << half * 16;
  }
  return result;
}

std::string spelled(const char* what, unsigned count, bool trans, const char* space) {
  return std::string(what) + ".sync.aligned.m8n8.x" + std::to_string(count) +
         (trans ? ".trans" : "") + space + ".b16 ";
}

/// The words in cuBLAS's order.
std::string spelled_for_cublas(unsigned count, bool trans) {
  return "ldmatrix.sync.aligned.x" + std::to_string(count) + (trans ? ".trans" : "") +
         ".m8n8.shared.b16 ";
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

void add_load(Family& f, unsigned count, bool trans, bool generic, const std::string& words) {
  const std::string line = one_line(
      std::string(kArea) + kLane + kOwnRow +
      "st.shared.v4.b32 [%at], {%i0, %i1, %i2, %i3};\nbar.warp.sync -1;\n" + kRow +
      (generic ? ".reg .b64 %far;\ncvt.u64.u32 %far, %at;\ncvta.shared.u64 %far, %far;\n" : "") +
      words + list('o', 0, count) + (generic ? ", [%far];" : ", [%at];"));
  f.add_warp(line, std::string(count, 'w') + "=wwww", [=](Warp& warp) {
    for (unsigned lane = 0; lane < kRows; ++lane)
      for (unsigned n = 0; n < count; ++n)
        warp[lane].out[n] = fragment(lane, trans, [&](unsigned row, unsigned word) {
          return warp[row_of(8 * n + row)].in[word];
        });
  });
}

void add_store(Family& f, unsigned count, bool trans) {
  const std::string line = one_line(std::string(kArea) + kLane + kOwnRow +
                                    "st.shared.v4.b32 [%at], {0, 0, 0, 0};\nbar.warp.sync -1;\n" +
                                    kRow + spelled("stmatrix", count, trans, ".shared") +
                                    "[%at], " + list('i', 0, count) + ";\nbar.warp.sync -1;\n" +
                                    kOwnRow + "ld.shared.v4.b32 {%o0, %o1, %o2, %o3}, [%at];");
  f.add_warp(line, "wwww=" + std::string(count, 'w'), [=](Warp& warp) {
    for (Row& lane : warp) lane.out = {};
    for (unsigned n = 0; n < count; ++n)
      for (unsigned lane = 0; lane < kRows; ++lane)
        for (unsigned half = 0; half < 2; ++half) {
          const unsigned row = trans ? lane % 4 * 2 + half : lane / 4;
          const unsigned column = trans ? lane / 4 : lane % 4 * 2 + half;
          const std::uint64_t bits = warp[lane].in[n] >> 16 * half & 0xffff;
          warp[row_of(8 * n + row)].out[column / 2] |= bits << column % 2 * 16;
        }
  });
}

/// A product by wmma. Of layouts: true is .row.
struct Wmma {
  unsigned m, n, k;
  Element a, b, c;
  bool a_row, b_row, c_row;
  std::string bits, suffix;
};

/// The numbers of a matrix that lanes have put into memory word by word.
Matrix matrix_of(const Warp& warp, unsigned first, unsigned rows, unsigned columns, bool by_row,
                 const Element& e) {
  Matrix result = zeros(rows, columns);
  const unsigned per = per_register(e);
  for (unsigned row = 0; row < rows; ++row)
    for (unsigned column = 0; column < columns; ++column) {
      const unsigned at = by_row ? row * columns + column : column * rows + row;
      const unsigned word = at / per;
      result[row][column] =
          number_of(warp[word % kRows].in[first + word / kRows] >> at % per * e.bits, e);
    }
  return result;
}

void multiply(const Wmma& w, Warp& warp) {
  const unsigned b_first = registers_of(w.m * w.k, w.a);
  const unsigned c_first = b_first + registers_of(w.k * w.n, w.b);
  const Matrix a = matrix_of(warp, 0, w.m, w.k, w.a_row, w.a);
  const Matrix b = matrix_of(warp, b_first, w.k, w.n, w.b_row, w.b);
  const Matrix c = matrix_of(warp, c_first, w.m, w.n, w.c_row, w.c);
  for (Row& lane : warp) lane.out = {};
  for (unsigned row = 0; row < w.m; ++row)
    for (unsigned column = 0; column < w.n; ++column) {
      long double sum = c[row][column];
      for (unsigned k = 0; k < w.k; ++k) sum += combined(w.bits, a[row][k], b[k][column]);
      const unsigned at = w.c_row ? row * w.n + column : column * w.m + row;
      const unsigned per = per_register(w.c), word = at / per;
      warp[word % kRows].out[word / kRows] |= encoded(w.c, sum, !w.suffix.empty())
                                              << at % per * w.c.bits;
    }
}

const char* order(bool by_row) { return by_row ? ".row" : ".col"; }

/// The text of a matrix of `count` words a lane in shared memory.
std::string in_memory(const char* name, unsigned first, unsigned count, const Element& e) {
  const unsigned bytes = e.bits == 64 ? 8 : 4;
  std::string text = std::string(".shared .align 128 .b8 ") + name + "[" +
                     std::to_string(count * bytes * kRows) + "]; mov.u32 %base, " + name +
                     "; mad.lo.u32 %at, %word, " + std::to_string(bytes) + ", %base; ";
  for (unsigned n = 0; n < count; ++n)
    text += "st.shared.b" + std::to_string(8 * bytes) + " [%at+" +
            std::to_string(n * bytes * kRows) + "], %i" + std::to_string(first + n) + "; ";
  return text;
}

void add_product(Family& f, const Wmma& w) {
  const unsigned a = registers_of(w.m * w.k, w.a), b = registers_of(w.k * w.n, w.b);
  const unsigned c = registers_of(w.m * w.n, w.c);
  const bool halves = w.a.bits == 16 && w.a.in == 'x';
  const unsigned a_held = halves ? 8 : a, b_held = halves ? 8 : b;
  const std::string shape = std::string(".m") + std::to_string(w.m) + "n" + std::to_string(w.n) +
                            "k" + std::to_string(w.k);
  const auto declare = [](char letter, unsigned count, const Element& e) {
    return std::string(".reg .b") + (e.bits == 64 ? "64 %" : "32 %") + letter + "<" +
           std::to_string(count) + ">; ";
  };
  const auto load = [&](char which, bool by_row, const Element& e, unsigned count,
                        const char* stride) {
    const std::string letter(1, which);
    return "wmma.load." + letter + ".sync.aligned" + order(by_row) + shape + ".shared." + e.name +
           " " + list(which, 0, count) + ", [m" + letter + "]" + stride + "; ";
  };
  std::string text = ".reg .b32 %at, %word, %base; mov.u32 %word, %tid.x; ";
  text += declare('a', a_held, w.a) + declare('b', b_held, w.b) + declare('c', c, w.c) +
          declare('d', c, w.c);
  text += in_memory("ma", 0, a, w.a) + in_memory("mb", a, b, w.b) + in_memory("mc", a + b, c, w.c);
  text += "bar.warp.sync -1; ";
  const std::string own = ", " + std::to_string(w.a_row ? w.k : w.m);
  text += load('a', w.a_row, w.a, a_held, own.c_str()) + load('b', w.b_row, w.b, b_held, "") +
          load('c', w.c_row, w.c, c, "");
  const std::string types =
      halves ? std::string(".") + w.c.name + "." + w.c.name
             : std::string(".") + w.c.name + "." + w.a.name + "." + w.b.name + "." + w.c.name;
  text += "wmma.mma" + w.bits + ".sync.aligned" + order(w.a_row) + order(w.b_row) + shape + types +
          w.suffix + " " + list('d', 0, c) + ", " + list('a', 0, a_held) + ", " +
          list('b', 0, b_held) + ", " + list('c', 0, c) + "; ";
  text += std::string("wmma.store.d.sync.aligned") + order(w.c_row) + shape + ".shared." +
          w.c.name + " [mc], " + list('d', 0, c) + "; bar.warp.sync -1; ";
  const unsigned bytes = w.c.bits == 64 ? 8 : 4;
  text += "mov.u32 %base, mc; mad.lo.u32 %at, %word, " + std::to_string(bytes) + ", %base;";
  for (unsigned n = 0; n < c; ++n)
    text += " ld.shared.b" + std::to_string(8 * bytes) + " %o" + std::to_string(n) + ", [%at+" +
            std::to_string(n * bytes * kRows) + "];";
  const std::string kinds = std::string(c, w.c.out) + "=" + std::string(a, w.a.in) +
                            std::string(b, w.b.in) + std::string(c, w.c.in);
  f.add_warp(text, kinds, [w](Warp& warp) { multiply(w, warp); });
}

void add_products(Family& f) {
  struct Sizes {
    unsigned m, n;
  };
  for (const Sizes& s : {Sizes{16, 16}, Sizes{32, 8}, Sizes{8, 32}}) {
    for (const bool a_row : {true, false})
      for (const bool b_row : {true, false}) {
        add_product(f, {s.m, s.n, 16, kF16e, kF16e, kF32e, a_row, b_row, a_row, "", ""});
        add_product(f, {s.m, s.n, 16, kS8e, kS8e, kS32e, a_row, b_row, b_row, "", ""});
      }
    for (const bool row : {true, false}) {
      add_product(f, {s.m, s.n, 16, kF16e, kF16e, kF16e, row, !row, row, "", ""});
      add_product(f, {s.m, s.n, 16, kBf16e, kBf16e, kF32e, row, row, !row, "", ""});
      add_product(f, {s.m, s.n, 16, kU8e, kU8e, kS32e, row, !row, true, "", ".satfinite"});
    }
  }
  for (const bool a_row : {true, false})
    for (const bool b_row : {true, false}) {
      add_product(f, {16, 16, 8, kTf32e, kTf32e, kF32e, a_row, b_row, a_row, "", ""});
      add_product(f, {8, 8, 4, kF64e, kF64e, kF64e, a_row, b_row, a_row, "", ""});
    }
  for (const bool c_row : {true, false}) {
    add_product(f, {8, 8, 32, kS4e, kS4e, kS32e, true, false, c_row, "", ""});
    add_product(f, {8, 8, 32, kU4e, kU4e, kS32e, true, false, c_row, "", ".satfinite"});
    for (const std::string bits : {".xor.popc", ".and.popc"})
      add_product(f, {8, 8, 128, kB1e, kB1e, kS32e, true, false, c_row, bits, ""});
  }
}

}  // namespace

Family matrix_memory_family() {
  Family f("matrix_memory", "Matrices between memory and registers.");
  for (const unsigned count : {1u, 2u, 4u})
    for (const bool trans : {false, true}) {
      for (const bool generic : {false, true})
        add_load(f, count, trans, generic,
                 spelled("ldmatrix", count, trans, generic ? "" : ".shared"));
      add_load(f, count, trans, false, spelled_for_cublas(count, trans));
      add_store(f, count, trans);
    }
  add_products(f);
  return f;
}

}  // namespace vgpu::golden
