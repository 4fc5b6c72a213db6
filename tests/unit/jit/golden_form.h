#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace vgpu::golden {

/// Rows of a form: one for each lane of a warp.
inline constexpr unsigned kRows = 32;
inline constexpr unsigned kMaxValues = 24;

using Values = std::array<std::uint64_t, kMaxValues>;

/// One row: what goes in and what must come out. Units: bits of a register.
struct Row {
  Values in{};
  Values out{};
};

/// A piece of PTX with its rows. Registers %i0.. hold the inputs, %o0.. the outputs; every value
/// has a kind, a letter that says how large it is, which inputs are worth trying and when
/// two results are equal:
///   p predicate   h w d integer of 16, 32, 64 bits   s shift amount (32 bits)   b byte (32 bits)
///   f f32   F f64   H f16   B bf16   X f16x2   Y bf16x2   P pair of 16-bit integers   L f32x2
///   x y t T  f16x2, bf16x2, f32, f64 of few digits, so that sums of products are exact
///   e g  four e4m3, four e5m2, the same (32 bits)
///   a f32 that is an angle   E e4m3x2   G e5m2x2 (16 bits)   m mask of lanes, the own one among
///   them (32 bits)
/// Results of the floating-point kinds are equal as bits or when both are NaN.
struct Form {
  std::string text;  ///< a function that it calls comes first: "FUNCTION => INSTRUCTIONS"
  std::string outs;
  std::string ins;
  std::string check;  ///< empty, or "rel N" or "abs N": an error of at most 2^N is right
  bool warp = false;  ///< a row depends on the others: it is a lane of a warp
  std::vector<Row> rows;
};

/// Units: bits; 1 for a predicate.
unsigned bits_of(char kind);

/// Reads the forms of a file. Errors: std::runtime_error with file and line.
std::vector<Form> read_forms(const std::filesystem::path& file);
std::string spell_forms(const std::string& title, const std::vector<Form>& forms);

/// Whether `got` is right where `want` was computed.
bool same(const Form& form, unsigned out, std::uint64_t want, std::uint64_t got);

/// The PTX of a module with one kernel `k` whose body is the form, without loads and stores.
std::string module_of(const Form& form);

/// The PTX of a module with a kernel k0, k1, ... for each form: (inputs, outputs), both u64[][32],
/// to be launched with one warp. It runs on any device.
std::string program_of(const std::vector<Form>& forms);

}  // namespace vgpu::golden
