// What the references of matrix instructions have in common.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/jit/golden_form.h"
#include "tests/unit/jit/golden_numbers.h"

namespace vgpu::golden {

using Warp = std::vector<Row>;
using Matrix = std::vector<std::vector<long double>>;

/// A type of elements, the kind of registers that hold them, and how results compare.
struct Element {
  const char* name;
  unsigned bits;
  char in, out;
  Format format;
  bool real;
};
inline constexpr Element kF16e{"f16", 16, 'x', 'X', kF16, true};
inline constexpr Element kBf16e{"bf16", 16, 'y', 'Y', kBf16, true};
inline constexpr Element kTf32e{"tf32", 32, 't', 'f', kF32, true};
inline constexpr Element kF32e{"f32", 32, 't', 'f', kF32, true};
inline constexpr Element kF64e{"f64", 64, 'T', 'F', kF64, true};
inline constexpr Element kE4m3e{"e4m3", 8, 'e', 'w', kE4m3, true};
inline constexpr Element kE5m2e{"e5m2", 8, 'g', 'w', kE5m2, true};
inline constexpr Element kS8e{"s8", 8, 'w', 'w', {}, false};
inline constexpr Element kU8e{"u8", 8, 'w', 'w', {}, false};
inline constexpr Element kS4e{"s4", 4, 'w', 'w', {}, false};
inline constexpr Element kU4e{"u4", 4, 'w', 'w', {}, false};
inline constexpr Element kB1e{"b1", 1, 'w', 'w', {}, false};
inline constexpr Element kS32e{"s32", 32, 'w', 'w', {}, false};

struct Shape {
  unsigned m, n, k;
};

unsigned per_register(const Element& e);
/// How many registers of each lane hold so many elements.
unsigned registers_of(unsigned elements, const Element& e);
/// An element's bits as a number.
long double number_of(std::uint64_t bits, const Element& e);
/// Element `n` of the registers from input `first` on.
long double element_of(const Row& lane, unsigned first, unsigned n, const Element& e);
/// The bits of a result.
std::uint64_t encoded(const Element& e, long double value, bool saturate);
/// The product of two elements; of single bits what `bits` (".and.popc") says.
long double combined(const std::string& bits, long double a, long double b);
Matrix zeros(unsigned rows, unsigned columns);
/// {%i4, %i5}
std::string list(char letter, unsigned first, unsigned count);

}  // namespace vgpu::golden
