// mov: between registers, and packing and unpacking. The first element is the lowest.
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

void add_copies(Family& f) {
  struct Type {
    const char* name;
    char kind;
  };
  for (const Type& type : {Type{"b16", 'h'}, Type{"b32", 'w'}, Type{"b64", 'd'}, Type{"u16", 'h'},
                           Type{"u32", 'w'}, Type{"u64", 'd'}, Type{"s16", 'h'}, Type{"s32", 'w'},
                           Type{"s64", 'd'}, Type{"f32", 'f'}, Type{"f64", 'F'}, Type{"pred", 'p'}})
    f.add(std::string("mov.") + type.name, std::string{type.kind, '=', type.kind},
          [](V i) { return i[0]; });
  f.add("mov.b32 %o0, -7;", "w=w", [](V) { return 0xfffffff9; });
  f.add("mov.f32 %o0, 0f3FC00000;", "f=w", [](V) { return 0x3fc00000; });
  f.add("mov.f32 %o0, 1.5;", "f=w", [](V) { return 0x3fc00000; });
  f.add("mov.f64 %o0, 1.5;", "F=w", [](V) { return 0x3ff8000000000000; });
}

/// `count` elements of `bits` bits in one register, both ways.
void add_vector(Family& f, unsigned whole, unsigned count) {
  const unsigned bits = whole / count;
  const char one = whole == 32 ? 'w' : 'd';
  const char part = bits == 16 ? 'h' : 'w';
  const auto list = [count](char letter) {
    std::string text = "{";
    for (unsigned n = 0; n < count; ++n)
      text += std::string(n == 0 ? "%" : ", %") + letter + std::to_string(n);
    return text + "}";
  };
  const std::string name = "mov.b" + std::to_string(whole) + " ";
  const std::string parts(count, part);
  f.add(name + "%o0, " + list('i') + ";", std::string{one} + "=" + parts, [=](V i) {
    std::uint64_t value = 0;
    for (unsigned n = 0; n < count; ++n) value |= i[n] << bits * n;
    return value;
  });
  f.add_all(name + list('o') + ", %i0;", parts + "=" + one, [=](V i, Values& o) {
    for (unsigned n = 0; n < count; ++n) o[n] = i[0] >> bits * n;
  });
}

}  // namespace

Family core_family() {
  Family f("mov", "Moves, packing and unpacking.");
  add_copies(f);
  add_vector(f, 32, 2);
  add_vector(f, 64, 2);
  add_vector(f, 64, 4);
  f.add("mov.b64 {_, %o0}, %i0;", "w=d", [](V i) { return i[0] >> 32; });
  f.add("mov.b64 %o0, {%i0, %i0};", "d=w", [](V i) { return i[0] | i[0] << 32; });
  return f;
}

}  // namespace vgpu::golden
