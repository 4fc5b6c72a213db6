#include "tests/unit/jit/golden_reference.h"

#include <random>

namespace vgpu::golden {

namespace {

/// "add.s32" with "w=ww" becomes "add.s32 %o0, %i0, %i1;".
std::string spelled(const std::string& text, const Form& form) {
  if (text.find('%') != std::string::npos) return text;
  std::string result = text;
  const char* separator = " ";
  for (std::size_t n = 0; n < form.outs.size(); ++n) {
    result += separator + ("%o" + std::to_string(n));
    separator = ", ";
  }
  for (std::size_t n = 0; n < form.ins.size(); ++n) result += ", %i" + std::to_string(n);
  return result + ";";
}

Form form_of(const std::string& text, const std::string& kinds) {
  Form form;
  const std::size_t at = kinds.find('=');
  form.outs = kinds.substr(0, at);
  form.ins = kinds.substr(at + 1);
  form.text = spelled(text, form);
  return form;
}

std::uint64_t masked(std::uint64_t value, char kind) {
  return value & (~std::uint64_t{0} >> (64 - bits_of(kind)));
}

}  // namespace

void Family::add(const std::string& text, const std::string& kinds,
                 std::function<std::uint64_t(const Values&)> compute, const std::string& check) {
  Form form = form_of(text, kinds);
  form.check = check;
  forms_.push_back(
      {std::move(form),
       [compute = std::move(compute)](const Values& in, Values& out) { out[0] = compute(in); },
       {}});
}

void Family::add_all(const std::string& text, const std::string& kinds,
                     std::function<void(const Values&, Values&)> compute) {
  forms_.push_back({form_of(text, kinds), std::move(compute), {}});
}

void Family::add_warp(const std::string& text, const std::string& kinds,
                      std::function<void(std::vector<Row>&)> compute) {
  Form form = form_of(text, kinds);
  form.warp = true;
  forms_.push_back({std::move(form), {}, std::move(compute)});
}

std::vector<Family> kernel_families() {
  return {core_family(),   matrix_memory_family(), memory_family(),
          atomic_family(), access_family(),        flow_family()};
}

std::vector<Family> all_families() {
  return {integer_family(), bits_family(),    float_family(), half_family(),
          math_family(),    compare_family(), logic_family(), cvt_family(),
          warp_family(),    video_family(),   matrix_family()};
}

namespace {

using List = std::vector<std::uint64_t>;

const List k8{0, 1, 2, 3, 7, 0x10, 0x1f, 0x20, 0x21, 0x3f, 0x40, 0x7f, 0x80, 0xff};
const List k16{0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff};
const List k32{0,          1,          2,          0x7f,       0x80,       0xff,       0x7fff,
               0x8000,     0xffff,     0x10000,    0x7fffff,   0x800000,   0xffffff,   0x7ffffffe,
               0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x80808080, 0x7f7f7f7f};
const List k64{0,
               1,
               2,
               0x7fffffff,
               0x80000000,
               0xffffffff,
               0x100000000,
               0x7ffffffffffffffe,
               0x7fffffffffffffff,
               0x8000000000000000,
               0x8000000000000001,
               0xffffffff00000000,
               0xffffffff80000000,
               0xfffffffffffffffe,
               0xffffffffffffffff};
const List kShift{0,  1,  2,  7,  8,  15,  16,  17,  31,         32,        33,
                  47, 48, 63, 64, 65, 127, 255, 256, 0x80000000, 0xffffffff};
// Zeros, subnormals, the least normal, halves, ones, threes, large, infinities, NaNs.
const List kF32List{0,          0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff,
                    0x00800000, 0x80800000, 0x3effffff, 0x3f000000, 0xbf000000, 0x3f7fffff,
                    0x3f800000, 0xbf800000, 0x3f800001, 0x3fc00000, 0xbfc00000, 0x40000000,
                    0x40200000, 0x40400000, 0x4b000001, 0x4effffff, 0x4f000000, 0xcf000000,
                    0x4f7fffff, 0x4f800000, 0x5f000000, 0x7f000000, 0x7f7fffff, 0xff7fffff,
                    0x7f800000, 0xff800000, 0x7fc00000, 0x7fffffff, 0xffc00000, 0x7f800001,
                    0x477fe000, 0x477fefff, 0x477ff000, 0x33000000, 0x33000001, 0x387fc000};
// Angles: zeros, small ones, multiples of pi / 4, up to about 100.
const List kAngles{0,          0x80000000, 0x00000001, 0x00800000, 0x33000000, 0x3a000001,
                   0x3f000000, 0x3f490fdb, 0xbf490fdb, 0x3fc90fdb, 0xbfc90fdb, 0x40490fdb,
                   0xc0490fdb, 0x40c90fdb, 0x3f800000, 0xbf800000, 0x40000000, 0x42c80000,
                   0xc2c80000, 0x7f800000, 0x7fc00000};
const List kF64List{0,
                    0x8000000000000000,
                    1,
                    0x8000000000000001,
                    0x000fffffffffffff,
                    0x0010000000000000,
                    0x36a0000000000000,
                    0x380fffffffffffff,
                    0x3810000000000000,
                    0x3fe0000000000000,
                    0xbfe0000000000000,
                    0x3ff0000000000000,
                    0xbff0000000000000,
                    0x3ff0000000000001,
                    0x3ff8000000000000,
                    0x4004000000000000,
                    0x3ff0000010000000,
                    0x3ff0000010000001,
                    0x41dfffffffc00000,
                    0x41e0000000000000,
                    0xc1e0000000200000,
                    0x43e0000000000000,
                    0x47efffffe0000000,
                    0x47effffff0000000,
                    0x7fefffffffffffff,
                    0xffefffffffffffff,
                    0x7ff0000000000000,
                    0xfff0000000000000,
                    0x7ff8000000000000,
                    0x7ff0000000000001,
                    0x40effdffffffffff,
                    0x40effe0000000000};
const List kF16List{0,      0x8000, 0x0001, 0x8001, 0x03ff, 0x83ff, 0x0400, 0x8400, 0x3800, 0xb800,
                    0x3bff, 0x3c00, 0xbc00, 0x3c01, 0x3e00, 0xbe00, 0x4000, 0x4200, 0x4c00, 0x5bff,
                    0x7800, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7fff, 0xfe00, 0x7c01};
const List kBf16List{0,      0x8000, 0x0001, 0x8001, 0x007f, 0x807f, 0x0080, 0x8080, 0x3f00, 0xbf00,
                     0x3f7f, 0x3f80, 0xbf80, 0x3f81, 0x3fc0, 0xbfc0, 0x4000, 0x4040, 0x4f00, 0x5f00,
                     0x7f00, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0, 0x7fff, 0xffc0, 0x7f81};

const List& edges(char kind) {
  switch (kind) {
    case 'p': {
      static const List kBits{0, 1};
      return kBits;
    }
    case 'b':
      return k8;
    case 'h':
    case 'P':
      return k16;
    case 'd':
      return k64;
    case 's':
      return kShift;
    case 'f':
    case 'L':
      return kF32List;
    case 'a':
      return kAngles;
    case 'F':
      return kF64List;
    case 'H':
    case 'X':
      return kF16List;
    case 'B':
    case 'Y':
      return kBf16List;
    default:
      return k32;
  }
}

/// Units: bits of the elements that edges() lists.
unsigned element_bits(char kind) {
  if (kind == 'P' || kind == 'X' || kind == 'Y') return 16;
  return kind == 'L' ? 32 : bits_of(kind);
}

/// A random number that is not too far from others of its kind, so that sums mean something.
std::uint64_t random_value(char kind, std::mt19937_64& random) {
  std::uint64_t bits = random();
  const bool ordinary = random() % 2 == 0;
  if (kind == 'b') return bits & 0xff;
  if (kind == 's') return bits % 80;
  if (kind == 'a') return (bits & 0x807fffff) | (117 + random() % 14) << 23;
  if (!ordinary) return bits;
  switch (kind) {
    case 'f':
    case 'L':
      return (bits & 0x807fffff) | (117 + random() % 20) << 23;
    case 'F':
      return (bits & 0x800fffffffffffff) | (1013 + random() % 40) << 52;
    case 'H':
    case 'X':
      return (bits & 0x83ff) | (10 + random() % 10) << 10;
    case 'B':
    case 'Y':
      return (bits & 0x807f) | (120 + random() % 14) << 7;
    default:
      return bits >> (random() % bits_of(kind));
  }
}

/// The element formats of the kinds of few digits.
struct FewDigits {
  char kind;
  unsigned bits;      ///< of an element
  unsigned mantissa;  ///< of the format
  unsigned lowest;    ///< exponents, biased
  unsigned exponents;
  unsigned digits;  ///< of the mantissa that are not zero
};
constexpr FewDigits kFewDigits[] = {{'x', 16, 10, 12, 5, 3},  {'y', 16, 7, 124, 5, 3},
                                    {'t', 32, 23, 124, 5, 3}, {'T', 64, 52, 1020, 5, 3},
                                    {'e', 8, 3, 0, 7, 3},     {'g', 8, 2, 9, 7, 2}};

std::uint64_t few_digits(const FewDigits& format, std::mt19937_64& random) {
  std::uint64_t value = 0;
  for (unsigned at = 0; at < bits_of(format.kind); at += format.bits) {
    std::uint64_t element = (format.lowest + random() % format.exponents) << format.mantissa;
    element |= (random() & ((1u << format.digits) - 1)) << (format.mantissa - format.digits);
    if (random() % 8 == 0) element = 0;
    element |= (random() & 1) << (format.bits - 1);
    value |= element << at;
  }
  return value;
}

std::uint64_t pick(char kind, std::size_t row, std::size_t position, std::mt19937_64& random) {
  for (const FewDigits& format : kFewDigits)
    if (format.kind == kind) return few_digits(format, random);
  const List& list = edges(kind);
  std::uint64_t value = 0;
  const unsigned step = element_bits(kind);
  for (unsigned at = 0; at < bits_of(kind); at += step) {
    // The first rows walk through the edges, each position at its own pace.
    const std::size_t walk = row * (2 * position + 1) + position * 5 + at;
    const bool edge = row < list.size() ? random() % 4 != 0 : random() % 4 == 0;
    const std::uint64_t element =
        edge ? list[row < list.size() ? walk % list.size() : random() % list.size()]
             : random_value(kind, random);
    value |= (step == 64 ? element : element & ((std::uint64_t{1} << step) - 1)) << at;
  }
  return masked(value, kind);
}

}  // namespace

std::vector<Row> make_rows(const Reference& reference, std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows(count);
  const Form& form = reference.form;
  for (std::size_t row = 0; row < count; ++row)
    for (std::size_t n = 0; n < form.ins.size(); ++n) {
      const char kind = form.ins[n];
      rows[row].in[n] =
          kind == 'm' ? std::uint64_t{0xff} << (row % kRows & 24) : pick(kind, row, n, random);
      rows[row].in[n] = masked(rows[row].in[n], kind);
    }
  recompute(reference, rows);
  return rows;
}

void recompute(const Reference& reference, std::vector<Row>& rows) {
  const Form& form = reference.form;
  if (reference.compute_warp) {
    for (std::size_t first = 0; first + kRows <= rows.size(); first += kRows) {
      const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
      std::vector<Row> warp(begin, begin + kRows);
      reference.compute_warp(warp);
      std::copy(warp.begin(), warp.end(), begin);
    }
  } else {
    for (Row& row : rows) reference.compute(row.in, row.out);
  }
  for (Row& row : rows)
    for (std::size_t n = 0; n < kMaxValues; ++n)
      row.out[n] = n < form.outs.size() ? masked(row.out[n], form.outs[n]) : 0;
}

}  // namespace vgpu::golden
