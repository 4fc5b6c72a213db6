// Written bit by bit after the pseudo-code of the PTX ISA.
#include <algorithm>
#include <bit>

#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

bool bit(std::uint64_t value, std::uint64_t at) { return (value >> at & 1) != 0; }

std::uint64_t extract(V i, unsigned bits, bool with_sign) {
  const std::uint64_t position = i[1] & 0xff;
  const std::uint64_t length = i[2] & 0xff;
  const std::uint64_t top = bits - 1;
  const bool sign =
      with_sign && length != 0 && bit(i[0], std::min<std::uint64_t>(position + length - 1, top));
  std::uint64_t result = 0;
  for (std::uint64_t n = 0; n < bits; ++n) {
    const bool inside = n < length && position + n <= top;
    if (inside ? bit(i[0], position + n) : sign) result |= std::uint64_t{1} << n;
  }
  return result;
}

std::uint64_t insert(V i, unsigned bits) {
  const std::uint64_t position = i[2] & 0xff;
  const std::uint64_t length = i[3] & 0xff;
  std::uint64_t result = i[1];
  for (std::uint64_t n = 0; n < length && position + n < bits; ++n) {
    const std::uint64_t mask = std::uint64_t{1} << (position + n);
    result = bit(i[0], n) ? result | mask : result & ~mask;
  }
  return result;
}

/// The position of the highest bit that differs from the sign, or all ones.
std::uint64_t find(std::uint64_t value, unsigned bits, bool with_sign, bool shift_amount) {
  const bool skipped = with_sign && bit(value, bits - 1);
  for (unsigned n = bits; n-- > 0;)
    if (bit(value, n) != skipped) return shift_amount ? bits - 1 - n : n;
  return 0xffffffffu;
}

std::uint64_t reversed(std::uint64_t value, unsigned bits) {
  std::uint64_t result = 0;
  for (unsigned n = 0; n < bits; ++n)
    if (bit(value, n)) result |= std::uint64_t{1} << (bits - 1 - n);
  return result;
}

/// The n-th set bit from `base` upwards (downwards for negative n; 0: the base itself).
std::uint64_t nth_set(std::uint64_t mask, std::uint64_t base, std::int32_t n) {
  if (n == 0) return base < 32 && bit(mask, base) ? base : 0xffffffffu;
  const int step = n > 0 ? 1 : -1;
  std::int64_t left = n > 0 ? n : -static_cast<std::int64_t>(n);
  for (auto at = static_cast<std::int64_t>(base); at >= 0 && at < 32; at += step)
    if (bit(mask, static_cast<std::uint64_t>(at)) && --left == 0)
      return static_cast<std::uint64_t>(at);
  return 0xffffffffu;
}

std::uint64_t size_extended(V i, bool with_sign, bool clamp) {
  if (clamp && i[1] >= 32) return i[0];
  const std::uint64_t size = i[1] % 32;
  if (size == 0) return 0;
  const std::uint64_t kept = i[0] & ((std::uint64_t{1} << size) - 1);
  return with_sign && bit(i[0], size - 1) ? kept | ~std::uint64_t{0} << size : kept;
}

std::uint64_t bit_mask(V i, bool clamp) {
  const std::uint64_t start = clamp ? i[0] : i[0] % 32;
  const std::uint64_t count = clamp ? std::min<std::uint64_t>(i[1], 32) : i[1] % 32;
  std::uint64_t result = 0;
  for (std::uint64_t n = 0; n < 32; ++n)
    if (n >= start && n < start + count) result |= std::uint64_t{1} << n;
  return result;
}

}  // namespace

Family bits_family() {
  Family f("bits", "Counting, finding, extracting and inserting bits.");
  for (const unsigned bits : {32u, 64u}) {
    const std::string size = std::to_string(bits);
    const std::string kind(1, bits == 32 ? 'w' : 'd');
    f.add("popc.b" + size, "w=" + kind,
          [](V i) { return static_cast<std::uint64_t>(std::popcount(i[0])); });
    f.add("clz.b" + size, "w=" + kind,
          [bits](V i) { return static_cast<std::uint64_t>(std::countl_zero(i[0])) - (64 - bits); });
    f.add("brev.b" + size, kind + "=" + kind, [bits](V i) { return reversed(i[0], bits); });
    f.add("bfi.b" + size, kind + "=" + kind + kind + "ss", [bits](V i) { return insert(i, bits); });
    for (const bool with_sign : {false, true}) {
      const std::string type = (with_sign ? "s" : "u") + size;
      f.add("bfe." + type, kind + "=" + kind + "ss",
            [=](V i) { return extract(i, bits, with_sign); });
      f.add("bfind." + type, "w=" + kind, [=](V i) { return find(i[0], bits, with_sign, false); });
      f.add("bfind.shiftamt." + type, "w=" + kind,
            [=](V i) { return find(i[0], bits, with_sign, true); });
    }
  }
  f.add("fns.b32", "w=wss",
        [](V i) { return nth_set(i[0], i[1], static_cast<std::int32_t>(i[2])); });
  f.add("fns.b32 %o0, %i0, %i1, -3;", "w=ws", [](V i) { return nth_set(i[0], i[1], -3); });
  f.add("fns.b32 %o0, %i0, %i1, 0;", "w=ws", [](V i) { return nth_set(i[0], i[1], 0); });
  for (const bool clamp : {false, true}) {
    const std::string mode = clamp ? ".clamp" : ".wrap";
    f.add("szext" + mode + ".u32", "w=ws", [=](V i) { return size_extended(i, false, clamp); });
    f.add("szext" + mode + ".s32", "w=ws", [=](V i) { return size_extended(i, true, clamp); });
    f.add("bmsk" + mode + ".b32", "w=ss", [=](V i) { return bit_mask(i, clamp); });
  }
  return f;
}

}  // namespace vgpu::golden
