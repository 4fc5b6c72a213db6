#include "launcher/size.h"

#include <algorithm>
#include <iterator>

#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr Unit kUnits[] = {
    {"", 1},
    {"B", 1},
    {"KiB", std::uint64_t{1} << 10U},
    {"MiB", std::uint64_t{1} << 20U},
    {"GiB", std::uint64_t{1} << 30U},
    {"TiB", std::uint64_t{1} << 40U},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
};

[[noreturn]] void refuse(std::string_view text) {
  text::fail("not an amount of memory (such as 8GiB or 512MiB): " +
             text::quote(text.substr(0, 40)));
}

}  // namespace

std::uint64_t parse_size(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::size_t kMostDecimals = 6;
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, end);
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::string_view whole = number.substr(0, point);
  const std::string_view decimals = number.substr(std::min(point + 1, number.size()));
  const auto unit = std::ranges::find(kUnits, text::trim(text.substr(end)), &Unit::name);
  const bool bad_decimals =
      point < number.size() && (decimals.empty() || decimals.size() > kMostDecimals ||
                                decimals.find_first_not_of(kDigits) != std::string_view::npos);
  if (whole.empty() || bad_decimals || unit == std::ranges::end(kUnits)) refuse(text);

  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(text::parse_number<std::uint64_t>(whole), unit->bytes, &bytes))
    refuse(text);
  if (!decimals.empty()) {
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
    // No overflow: fewer than 2^20 millionths of at most 2^40 bytes.
    const auto share = unit->bytes * text::parse_number<std::uint64_t>(decimals) / scale;
    if (__builtin_add_overflow(bytes, share, &bytes)) refuse(text);
  }
  return bytes;
}

std::string print_size(std::uint64_t bytes) {
  for (const Unit& unit : {kUnits[5], kUnits[4], kUnits[3], kUnits[2]})
    if (bytes >= unit.bytes && bytes % unit.bytes == 0)
      return std::to_string(bytes / unit.bytes) + " " + std::string(unit.name);
  return std::to_string(bytes) + " B";
}

}  // namespace vgpu::launcher
