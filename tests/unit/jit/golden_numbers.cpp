#include "tests/unit/jit/golden_numbers.h"

#include <cstring>

namespace vgpu::golden {

namespace {

__extension__ typedef unsigned __int128 Bits128;

/// 2^exponent, for what the Quad format holds.
Quad power(int exponent) {
  const Bits128 bits = static_cast<Bits128>(exponent + 16383) << 112;
  Quad value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

int exponent_of(Quad value) {
  Bits128 bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<int>(bits >> 112 & 0x7fff) - 16383;
}

int bias(const Format& format) { return (1 << (format.exponent - 1)) - 1; }

std::uint64_t top(const Format& format) {
  return ((std::uint64_t{1} << format.exponent) - 1) << format.mantissa;
}

bool rounds_up(Round round, bool negative, std::uint64_t whole, Quad rest) {
  switch (round) {
    case Round::nearest:
      return rest > 0.5 || (rest == 0.5 && (whole & 1) != 0);
    case Round::zero:
      return false;
    case Round::down:
      return negative && rest > 0;
    case Round::up:
      return !negative && rest > 0;
    case Round::away:
      return rest >= 0.5;
  }
  return false;
}

std::uint64_t overflow(const Format& format, Round round, bool negative) {
  if (format.finite) return nan_of(format) - 1;
  const bool stays = round == Round::zero || (round == Round::down && !negative) ||
                     (round == Round::up && negative);
  return infinity_of(format) - (stays ? 1 : 0);
}

}  // namespace

std::uint64_t infinity_of(const Format& format) { return top(format); }
std::uint64_t sign_of(const Format& format) {
  return std::uint64_t{1} << (format.exponent + format.mantissa);
}
std::uint64_t nan_of(const Format& format) { return sign_of(format) - 1; }

bool is_nan(const Format& format, std::uint64_t bits) {
  const std::uint64_t magnitude = bits & nan_of(format);
  return format.finite ? magnitude == nan_of(format) : magnitude > top(format);
}

bool is_subnormal(const Format& format, std::uint64_t bits) {
  return (bits & top(format)) == 0 && (bits & nan_of(format)) != 0;
}

Quad decode(const Format& format, std::uint64_t bits) {
  const bool negative = (bits & sign_of(format)) != 0;
  const std::uint64_t magnitude = bits & nan_of(format);
  Quad value = 0;
  if (is_nan(format, bits)) {
    value = __builtin_nan("");
  } else if (!format.finite && magnitude == top(format)) {
    value = __builtin_inf();
  } else {
    const auto field = static_cast<int>(magnitude >> format.mantissa);
    const std::uint64_t hidden = field == 0 ? 0 : std::uint64_t{1} << format.mantissa;
    const std::uint64_t digits = (magnitude & ((std::uint64_t{1} << format.mantissa) - 1)) | hidden;
    const int scale = (field == 0 ? 1 : field) - bias(format) - static_cast<int>(format.mantissa);
    value = static_cast<Quad>(digits) * power(scale);
  }
  return negative ? -value : value;
}

std::uint64_t encode(const Format& format, Quad value, Round round, Quad residual) {
  if (value != value) return nan_of(format);
  Bits128 raw;
  std::memcpy(&raw, &value, sizeof raw);
  const bool negative = raw >> 127 != 0;
  const std::uint64_t sign = negative ? sign_of(format) : 0;
  const Quad size = negative ? -value : value;
  const Quad beyond = negative ? -residual : residual;
  if (size == 0) return sign;
  const auto mantissa = static_cast<int>(format.mantissa);
  const int least = 1 - bias(format);
  if (size == static_cast<Quad>(__builtin_inf()))
    return sign | (format.finite ? nan_of(format) - 1 : infinity_of(format));
  int exponent = exponent_of(size) < least ? least : exponent_of(size);
  if (exponent > bias(format) + 1) return sign | overflow(format, round, negative);
  const Quad scaled = size * power(mantissa - exponent);
  auto whole = static_cast<std::uint64_t>(scaled);
  Quad rest = scaled - static_cast<Quad>(whole);
  if (rest == 0 && beyond > 0) rest = 0.25;
  if (rest == 0.5 && beyond != 0) rest = beyond > 0 ? 0.75 : 0.25;
  if (rounds_up(round, negative, whole, rest)) ++whole;
  if (whole >> (mantissa + 1) != 0) {
    whole >>= 1;
    ++exponent;
  }
  const bool normal = whole >> mantissa != 0;
  const std::uint64_t field = normal ? static_cast<std::uint64_t>(exponent - least + 1) : 0;
  const std::uint64_t digits = whole & ((std::uint64_t{1} << mantissa) - 1);
  const std::uint64_t bits = field << mantissa | digits;
  if (bits >= (format.finite ? nan_of(format) : top(format)))
    return sign | overflow(format, round, negative);
  return sign | bits;
}

Quad exact_sum(Quad a, Quad b, Quad& residual) {
  const Quad sum = a + b;
  const Quad of_b = sum - a;
  const Quad of_a = sum - of_b;
  residual = (a - of_a) + (b - of_b);
  if (residual != residual) residual = 0;
  return sum;
}

}  // namespace vgpu::golden
