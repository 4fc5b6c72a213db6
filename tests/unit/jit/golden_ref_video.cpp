// vadd and vsub on whole words. Source: PTX ISA, Scalar Video Instructions.
#include <algorithm>

#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

std::int64_t value(std::uint64_t bits, bool with_sign) {
  return with_sign ? static_cast<std::int32_t>(bits) : static_cast<std::int64_t>(bits);
}

/// Which types are signed, and what is written after them.
struct Shape {
  bool to, a, b, sat;
};

std::uint64_t first_result(V i, const Shape& shape, bool subtract) {
  const std::int64_t a = value(i[0], shape.a);
  const std::int64_t b = value(i[1], shape.b);
  const std::int64_t result = subtract ? a - b : a + b;
  const std::int64_t least = shape.to ? -0x80000000ll : 0;
  const std::int64_t largest = shape.to ? 0x7fffffff : 0xffffffff;
  const std::int64_t kept = shape.sat ? std::clamp(result, least, largest) : result;
  return static_cast<std::uint64_t>(kept) & 0xffffffff;
}

void add_forms(Family& f, const Shape& shape, bool subtract) {
  const auto type = [](bool with_sign) { return with_sign ? ".s32" : ".u32"; };
  const std::string name = std::string(subtract ? "vsub" : "vadd") + type(shape.to) +
                           type(shape.a) + type(shape.b) + (shape.sat ? ".sat" : "");
  const auto first = [=](V i) { return first_result(i, shape, subtract); };
  f.add(name, "w=ww", first);
  f.add(name + ".add", "w=www", [=](V i) { return first(i) + i[2]; });
  const auto less = [=](V i) { return value(first(i), shape.to) < value(i[2], shape.to); };
  f.add(name + ".min", "w=www", [=](V i) { return less(i) ? first(i) : i[2]; });
  f.add(name + ".max", "w=www", [=](V i) { return less(i) ? i[2] : first(i); });
}

}  // namespace

Family video_family() {
  Family f("video", "Scalar video instructions.");
  for (unsigned bits = 0; bits < 32; ++bits)
    add_forms(f, {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0},
              (bits & 16) != 0);
  return f;
}

}  // namespace vgpu::golden
