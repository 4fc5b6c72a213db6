// Loads and stores whose words are those of ggml-cuda and cuBLAS, one to a row; parameters of
// functions; addresses made generic and back. Source: PTX ISA, ld, st, cvta, call.
#include <vector>

#include "tests/unit/jit/golden_memory.h"
#include "tests/unit/jit/golden_numbers.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

using V = const Values&;

struct Element {
  const char* type;
  char kind;  ///< of its register
  unsigned bytes;
  bool with_sign;
};
constexpr Element kElements[] = {
    {"u8", 'w', 1, false},  {"s8", 'w', 1, true},   {"u16", 'w', 2, false}, {"b16", 'h', 2, false},
    {"u32", 'w', 4, false}, {"s32", 'w', 4, false}, {"b32", 'w', 4, false}, {"f32", 'f', 4, false},
    {"u64", 'd', 8, false}, {"f64", 'F', 8, false}};

/// What an instruction's words say of its data.
struct Data {
  explicit Data(const std::string& words) {
    for (const Element& each : kElements)
      if (words.ends_with(std::string(".") + each.type)) element = each;
    for (const unsigned n : {2U, 4U})
      if (words.find(".v" + std::to_string(n) + ".") != std::string::npos) count = n;
  }
  std::string kinds() const { return std::string(count, element.kind); }
  std::string registers(char letter) const {
    std::string text;
    for (unsigned n = 0; n < count; ++n)
      text += (n == 0 ? "%" : ", %") + (letter + std::to_string(n));
    return count == 1 ? text : "{" + text + "}";
  }
  /// The element `n` of what begins at the byte `at` of `values`.
  std::uint64_t value(const Values& values, unsigned at, unsigned n) const {
    const unsigned bits = 8 * element.bytes;
    std::uint64_t value = bytes_of(values, at + n * element.bytes, element.bytes);
    if (element.with_sign && (value >> (bits - 1) & 1) != 0) value |= ~std::uint64_t{0} << bits;
    return value;
  }

  Element element = kElements[0];
  unsigned count = 1;
};

std::string policy_of(const std::string& words) {
  return words.find("cache_hint") == std::string::npos ? "" : ", %policy";
}

void add_load(Family& f, const std::string& words) {
  const Data data(words);
  const unsigned at = 16 - data.count * data.element.bytes;
  const std::string space = space_of(words);
  f.add_all(place(space) + " st." + space + ".v2.b64 [%a], {%i0, %i1}; " + words + " " +
                data.registers('o') + ", [%a+" + std::to_string(at) + "]" + policy_of(words) +
                "; }",
            data.kinds() + "=dd", [=](V i, Values& o) {
              for (unsigned n = 0; n < data.count; ++n) o[n] = data.value(i, at, n);
            });
}

void add_store(Family& f, const std::string& words) {
  const Data data(words);
  const unsigned at = 16 - data.count * data.element.bytes;
  const std::string space = space_of(words);
  f.add_all(place(space) + " st." + space + ".v2.b64 [%a], {0, -1}; " + words + " [%a+" +
                std::to_string(at) + "], " + data.registers('i') + policy_of(words) + "; ld." +
                space + ".v2.b64 {%o0, %o1}, [%a]; }",
            "dd=" + data.kinds(), [=](V i, Values& o) {
              o[0] = 0;
              o[1] = ~std::uint64_t{0};
              for (unsigned n = 0; n < data.count; ++n)
                std::memcpy(reinterpret_cast<std::byte*>(o.data()) + at +
                                std::size_t{n} * data.element.bytes,
                            &i[n], data.element.bytes);
            });
}

/// A function takes 16 bytes, reads a part of them, and returns it.
void add_parameter(Family& f, const std::string& words) {
  const Data data(words);
  const unsigned at = 16 - data.count * data.element.bytes;
  std::string name = "reads_" + words;
  for (char& c : name)
    if (c == '.') c = '_';
  const char kind = data.element.kind;
  const std::string width = std::to_string(bits_of(kind));
  std::string returned;
  std::string taken;
  for (unsigned n = 0; n < data.count; ++n) {
    const std::string number = std::to_string(n);
    const std::string place = "+" + std::to_string(8 * n) + "]";
    returned += " st.param.b" + width + " [result" + place + ", %o" + number + ";";
    taken += " ld.param.b" + width + " %o" + number + ", [got" + place + ";";
  }
  f.add_all(".func (.param .align 16 .b8 result[32]) " + name +
                "(.param .align 16 .b8 given[16]) { .reg .b" + width + " %o<4>; " + words + " " +
                data.registers('o') + ", [given+" + std::to_string(at) + "];" + returned +
                " ret; } => { .param .align 16 .b8 put[16]; .param .align 16 .b8 got[32];"
                " st.param.b64 [put], %i0; st.param.b64 [put+8], %i1; call.uni (got), " +
                name + ", (put);" + taken + " }",
            data.kinds() + "=dd", [=](V i, Values& o) {
              for (unsigned n = 0; n < data.count; ++n) o[n] = data.value(i, at, n);
            });
}

void add_generic(Family& f) {
  for (const std::string space : {"global", "local", "shared"})
    f.add(place(space) + " cvta." + space + ".u64 %b, " +
              (space == "global" ? "golden_memory" : "own") +
              "; .reg .b64 %c; mul.wide.u32 %c, %t, " + (space == "local" ? "0" : "32") +
              "; add.u64 %b, %b, %c; st.u64 [%b], %i0; cvta.to." + space + ".u64 %c, %b; ld." +
              space + ".u64 %o0, [%c]; }",
          "d=d", [](V i) { return i[0]; });
}

void add_additions(Family& f) {
  for (const std::string words : {"atom.add.u32", "atom.add.release.gpu.u32"})
    f.add_all(place("global") + " st.global.u32 [%a], %i0; " + words +
                  " %o0, [%a], %i1; ld.global.u32 %o1, [%a]; }",
              "ww=ww", [](V i, Values& o) {
                o = {i[0], i[0] + i[1]};
              });
  // On global memory subnormals are flushed.
  f.add_all(place("global") +
                " st.global.f32 [%a], %i0; atom.global.add.f32 %o0, [%a], %i1;"
                " ld.global.f32 %o1, [%a]; }",
            "ff=ff", [](V i, Values& o) {
              const auto flushed = [](std::uint64_t bits) {
                return is_subnormal(kF32, bits) ? bits & sign_of(kF32) : bits;
              };
              Quad residual = 0;
              const Quad sum =
                  exact_sum(decode(kF32, flushed(i[0])), decode(kF32, flushed(i[1])), residual);
              o = {i[0], flushed(encode(kF32, sum, Round::nearest, residual))};
            });
}

constexpr const char* kLoads[] = {
    "ld.f64",
    "ld.u32",
    "ld.v2.f32",
    "ld.v4.u32",
    "ld.volatile.u32",
    "ld.cg.v2.u64",
    "ld.acquire.gpu.u32",
    "ld.relaxed.gpu.v2.u64",
    "ld.global.f64",
    "ld.global.s32",
    "ld.global.u32",
    "ld.global.v2.f32",
    "ld.global.v2.u8",
    "ld.global.v4.u32",
    "ld.global.acquire.gpu.b32",
    "ld.global.cg.f64",
    "ld.global.cv.f64",
    "ld.global.cv.v2.f32",
    "ld.global.nc.b16",
    "ld.global.nc.f64",
    "ld.global.nc.u32",
    "ld.global.nc.v2.f32",
    "ld.global.nc.v2.u64",
    "ld.global.nc.v2.u8",
    "ld.global.nc.v4.u16",
    "ld.global.nc.v4.u32",
    "ld.global.L2::128B.u32",
    "ld.global.L2::128B.v2.u32",
    "ld.global.L2::128B.v4.u32",
    "ld.global.L2::cache_hint.f64",
    "ld.global.L2::cache_hint.v2.f32",
    "ld.volatile.global.f64",
    "ld.volatile.global.u32",
    "ld.local.f64",
    "ld.local.u32",
    "ld.local.v2.f32",
    "ld.local.v4.u32",
    "ld.shared.f64",
    "ld.shared.u32",
    "ld.shared.v2.f32",
    "ld.shared.v2.u64",
    "ld.shared.v2.u8",
    "ld.shared.v4.u32",
    "ld.volatile.shared.f64",
    "ld.volatile.shared.u32",
};

constexpr const char* kStores[] = {
    "st.f64",
    "st.v2.f32",
    "st.cg.v2.u64",
    "st.relaxed.gpu.v2.u64",
    "st.global.f64",
    "st.global.u32",
    "st.global.u64",
    "st.global.v2.f32",
    "st.global.v2.u16",
    "st.global.v2.u64",
    "st.global.v2.u8",
    "st.global.v4.u32",
    "st.global.v4.u8",
    "st.global.release.gpu.b32",
    "st.volatile.global.f64",
    "st.volatile.global.u32",
    "st.volatile.global.u64",
    "st.local.f64",
    "st.local.u32",
    "st.local.u64",
    "st.local.v2.f32",
    "st.local.v2.u16",
    "st.local.v4.u32",
    "st.shared.f64",
    "st.shared.u32",
    "st.shared.u64",
    "st.shared.v2.f32",
    "st.shared.v2.u16",
    "st.shared.v4.u32",
    "st.volatile.shared.f64",
    "st.volatile.shared.u32",
    "st.volatile.shared.u64",
};

constexpr const char* kParameters[] = {
    "ld.param.b32",    "ld.param.f32",    "ld.param.f64",    "ld.param.s32",
    "ld.param.s8",     "ld.param.u16",    "ld.param.u32",    "ld.param.u64",
    "ld.param.u8",     "ld.param.v2.f32", "ld.param.v2.f64", "ld.param.v2.u32",
    "ld.param.v2.u64", "ld.param.v2.u8",  "ld.param.v4.u16", "ld.param.v4.u32",
};

}  // namespace

Family access_family() {
  Family f("access", "Loads, stores and parameters in the words of ggml-cuda and cuBLAS.");
  for (const char* words : kLoads) add_load(f, words);
  for (const char* words : kStores) add_store(f, words);
  for (const char* words : kParameters) add_parameter(f, words);
  add_generic(f);
  add_additions(f);
  return f;
}

}  // namespace vgpu::golden
