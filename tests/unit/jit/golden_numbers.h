#pragma once

#include <cstdint>

namespace vgpu::golden {

__extension__ typedef __float128 Quad;

/// A binary floating-point format, as bits in the low end of an integer.
struct Format {
  unsigned exponent, mantissa;  ///< Units: bits
  bool finite = false;          ///< no infinity: the top exponent holds numbers, all ones is NaN
};
inline constexpr Format kF16{5, 10}, kBf16{8, 7}, kTf32{8, 10}, kF32{8, 23}, kF64{11, 52};
inline constexpr Format kE4m3{4, 3, true}, kE5m2{5, 2};

enum class Round : std::uint8_t { nearest, zero, down, up, away };

std::uint64_t infinity_of(const Format& format);
/// All bits but the sign.
std::uint64_t nan_of(const Format& format);
std::uint64_t sign_of(const Format& format);
bool is_nan(const Format& format, std::uint64_t bits);
bool is_subnormal(const Format& format, std::uint64_t bits);

/// The exact value; NaN and infinity too.
Quad decode(const Format& format, std::uint64_t bits);
/// value + residual rounded once; of the residual, far smaller than the last bit of value, only
/// the sign matters (and not at all when rounding is not to nearest). NaN gives nan_of.
std::uint64_t encode(const Format& format, Quad value, Round round, Quad residual = 0);

/// a + b exactly: the nearest Quad, and in `residual` what it lacks.
Quad exact_sum(Quad a, Quad b, Quad& residual);

}  // namespace vgpu::golden
