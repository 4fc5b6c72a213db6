#include <cmath>

#include "tests/unit/jit/golden_matrix.h"

namespace vgpu::golden {

unsigned per_register(const Element& e) { return e.bits == 64 ? 1 : 32 / e.bits; }
unsigned registers_of(unsigned elements, const Element& e) {
  return elements / 32 / per_register(e);
}

long double number_of(std::uint64_t bits, const Element& e) {
  const unsigned spare = 64 - e.bits;
  const std::uint64_t top = bits << spare;
  if (e.real) return static_cast<long double>(decode(e.format, top >> spare));
  if (e.name[0] == 's') return static_cast<long double>(static_cast<std::int64_t>(top) >> spare);
  return static_cast<long double>(top >> spare);
}

long double element_of(const Row& lane, unsigned first, unsigned n, const Element& e) {
  const unsigned per = per_register(e);
  return number_of(lane.in[first + n / per] >> n % per * e.bits, e);
}

std::uint64_t encoded(const Element& e, long double value, bool saturate) {
  if (e.real) return encode(e.format, static_cast<Quad>(value), Round::nearest);
  if (saturate) value = std::fmin(std::fmax(value, -2147483648.0L), 2147483647.0L);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) & 0xffffffff;
}

long double combined(const std::string& bits, long double a, long double b) {
  if (bits == ".and.popc") return a != 0 && b != 0 ? 1 : 0;
  if (bits == ".xor.popc") return a != b ? 1 : 0;
  return a * b;
}

Matrix zeros(unsigned rows, unsigned columns) {
  return Matrix(rows, std::vector<long double>(columns));
}

std::string list(char letter, unsigned first, unsigned count) {
  std::string text = "{";
  for (unsigned n = 0; n < count; ++n)
    text += std::string(n == 0 ? "%" : ", %") + letter + std::to_string(first + n);
  return text + "}";
}

}  // namespace vgpu::golden
