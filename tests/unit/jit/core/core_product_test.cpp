// Products of matrices of bytes that share factors, or add to one another. How registers hold the
// matrices: PTX ISA, "Matrix Fragments for mma.m8n8k16" and "mma.m16n8k32".
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

constexpr std::size_t kLanes = 32;
constexpr unsigned kRows = 4, kDepth = 2, kColumns = 2;
constexpr unsigned kInputs = kRows * kDepth + kColumns * kDepth + 2;
constexpr unsigned kOutputs = 2 * kRows * kColumns;

using Register = std::array<std::uint32_t, kLanes>;

struct Kind {
  bool a_with_sign, b_with_sign;
  std::string types() const {
    const auto type = [](bool with_sign) { return with_sign ? ".s8" : ".u8"; };
    return std::string(".row.col.s32") + type(a_with_sign) + type(b_with_sign) + ".s32 ";
  }
};
constexpr Kind kKinds[] = {{true, true}, {false, false}, {true, false}, {false, true}};

std::uint32_t byte_of(std::uint32_t word, unsigned n, bool with_sign) {
  const std::uint32_t byte = word >> 8 * n & 0xff;
  return with_sign && byte >= 128 ? byte - 256 : byte;
}

/// c + a * b of one m8n8k16, of which c has two registers.
void multiply(Kind kind, const Register& a, const Register& b, Register (&c)[2]) {
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned odd = 0; odd < 2; ++odd)
      for (unsigned k = 0; k < 16; ++k) {
        const unsigned row = lane / 4, column = 2 * (lane % 4) + odd;
        c[odd][lane] += byte_of(a[4 * row + k / 4], k % 4, kind.a_with_sign) *
                        byte_of(b[4 * column + k / 4], k % 4, kind.b_with_sign);
      }
}

/// A warp that loads %x0, %x1 ..., works and stores %d0, %d1 ...
struct Warp {
  Memory<std::uint32_t> in = Memory<std::uint32_t>(kLanes * kInputs);
  Memory<std::uint32_t> out = Memory<std::uint32_t>(kLanes * kOutputs);

  Warp() {
    // Every byte there is, also both that are largest without their sign.
    std::uint32_t state = 1;
    for (std::uint32_t& word : in) {
      state = state * 1664525 + 1013904223;
      word = state % 7 == 0 ? 0x80808080 : state % 5 == 0 ? 0xffff7f80 : state ^ state << 13;
    }
  }
  Register input(unsigned n) const {
    Register all;
    for (unsigned lane = 0; lane < kLanes; ++lane) all[lane] = in[lane * kInputs + n];
    return all;
  }
  Register output(unsigned n) const {
    Register all;
    for (unsigned lane = 0; lane < kLanes; ++lane) all[lane] = out[lane * kOutputs + n];
    return all;
  }
  void run(const std::string& work) {
    const auto each = [](const char* what, const char* reg, unsigned count, bool load) {
      std::string text;
      for (unsigned n = 0; n < count; ++n) {
        const std::string at = "[" + (what + ("+" + std::to_string(4 * n))) + "]";
        const std::string name = reg + std::to_string(n);
        text.append(load ? "ld.global.u32 " : "st.global.u32 ");
        text.append(load ? name : at).append(", ").append(load ? at : name).append(";\n");
      }
      return text;
    };
    Device device(
        ".visible .entry k(.param .u64 out, .param .u64 in)\n{\n"
        ".reg .b32 %t, %x<20>, %d<20>; .reg .b64 %i, %o;\n"
        "ld.param.u64 %i, [in]; ld.param.u64 %o, [out]; mov.u32 %t, %tid.x;\n"
        "mad.wide.u32 %i, %t, " +
        std::to_string(4 * kInputs) +
        ", %i;\n"
        "mad.wide.u32 %o, %t, " +
        std::to_string(4 * kOutputs) + ", %o;\n" + each("%i", "%x", kInputs, true) + work +
        each("%o", "%d", kOutputs, false) + "ret;\n}");
    const auto status = device.run("k", {1}, {kLanes}, Params().add(out.data()).add(in.data()));
    REQUIRE(status.message == "");
  }
};

unsigned a_at(unsigned row, unsigned k) { return row * kDepth + k; }
unsigned b_at(unsigned column, unsigned k) { return (kRows + column) * kDepth + k; }
constexpr unsigned kC = kInputs - 2;
unsigned d_at(unsigned row, unsigned column) { return 2 * (column * kRows + row); }

std::string list(const char* reg, std::initializer_list<unsigned> numbers) {
  std::string text;
  for (const unsigned n : numbers) text += (text.empty() ? "{" : ", ") + (reg + std::to_string(n));
  return text + "}";
}

/// Checks that %d have what rows of A times columns of B give, on top of the same c.
void check(const Warp& warp, Kind kind) {
  for (unsigned column = 0; column < kColumns; ++column)
    for (unsigned row = 0; row < kRows; ++row) {
      Register c[2] = {warp.input(kC), warp.input(kC + 1)};
      for (unsigned k = 0; k < kDepth; ++k)
        multiply(kind, warp.input(a_at(row, k)), warp.input(b_at(column, k)), c);
      for (unsigned odd = 0; odd < 2; ++odd) CHECK(warp.output(d_at(row, column) + odd) == c[odd]);
    }
}

}  // namespace

TEST_CASE("products of bytes: rows times columns, step by step, whatever has a sign") {
  for (const Kind kind : kKinds) {
    std::string work;
    for (unsigned column = 0; column < kColumns; ++column)
      for (unsigned k = 0; k < kDepth; ++k)
        for (unsigned row = 0; row < kRows; ++row) {
          const unsigned d = d_at(row, column);
          const std::string to = list("%d", {d, d + 1});
          work += "mma.sync.aligned.m8n8k16" + kind.types() + to + ", " +
                  list("%x", {a_at(row, k)}) + ", " + list("%x", {b_at(column, k)}) + ", " +
                  (k == 0 ? list("%x", {kC, kC + 1}) : to) + ";\n";
        }
    Warp warp;
    warp.run(work);
    check(warp, kind);
  }
}

TEST_CASE("products of bytes: the same by instructions of two rows and two steps") {
  for (const Kind kind : kKinds) {
    std::string work;
    for (unsigned column = 0; column < kColumns; ++column)
      for (unsigned row = 0; row < kRows; row += 2) {
        const unsigned d = d_at(row, column);
        work += "mma.sync.aligned.m16n8k32" + kind.types() + list("%d", {d, d + 1, d + 2, d + 3}) +
                ", " +
                list("%x", {a_at(row, 0), a_at(row + 1, 0), a_at(row, 1), a_at(row + 1, 1)}) +
                ", " + list("%x", {b_at(column, 0), b_at(column, 1)}) + ", " +
                list("%x", {kC, kC + 1, kC, kC + 1}) + ";\n";
      }
    Warp warp;
    warp.run(work);
    check(warp, kind);
  }
}

TEST_CASE("products of bytes: the same registers with signs and without, one after the other") {
  for (const Kind first : kKinds)
    for (const Kind second : kKinds) {
      std::string work;
      for (unsigned n = 0; n < 8; ++n)
        work += "mma.sync.aligned.m8n8k16" + (n < 4 ? first : second).types() +
                list("%d", {2 * n, 2 * n + 1}) + ", " + list("%x", {n % 4}) + ", " +
                list("%x", {4}) + ", " + list("%x", {kC, kC + 1}) + ";\n";
      Warp warp;
      warp.run(work);
      for (unsigned n = 0; n < 8; ++n) {
        Register c[2] = {warp.input(kC), warp.input(kC + 1)};
        multiply(n < 4 ? first : second, warp.input(n % 4), warp.input(4), c);
        CHECK(warp.output(2 * n) == c[0]);
        CHECK(warp.output(2 * n + 1) == c[1]);
      }
    }
}

TEST_CASE("products of bytes: those that need others' results come after them") {
  for (const Kind kind : kKinds) {
    // Two, and two whose A is the first register of what those give; all with the same B.
    const std::string factors[] = {"%x0", "%x2", "%d0", "%d2"};
    std::string work;
    for (unsigned n = 0; n < 4; ++n)
      work += "mma.sync.aligned.m8n8k16" + kind.types() + list("%d", {2 * n, 2 * n + 1}) + ", {" +
              factors[n] + "}, " + list("%x", {1}) + ", " + list("%x", {kC, kC + 1}) + ";\n";
    Warp warp;
    warp.run(work);
    Register from[] = {warp.input(0), warp.input(2), {}, {}};
    for (unsigned n = 0; n < 4; ++n) {
      Register c[2] = {warp.input(kC), warp.input(kC + 1)};
      multiply(kind, from[n], warp.input(1), c);
      CHECK(warp.output(2 * n) == c[0]);
      CHECK(warp.output(2 * n + 1) == c[1]);
      if (n < 2) from[n + 2] = c[0];
    }
  }
}

TEST_CASE("products of bytes: one whose factor is there only when another's result is used") {
  const Kind kind{true, true};
  // The second has the first's B, and an A that is loaded from where the first one's result went.
  std::string work;
  for (unsigned n = 0; n < kOutputs; n += 8) {
    for (unsigned row = 0; row < 4; ++row)
      work += "mma.sync.aligned.m8n8k16" + kind.types() +
              list("%d", {n + 2 * row, n + 2 * row + 1}) + ", " +
              (n == 0 ? list("%x", {row}) : std::string("{%t}")) + ", " + list("%x", {4}) + ", " +
              list("%x", {kC, kC + 1}) + ";\n";
    work += "st.global.u32 [%o], %d0;\nld.global.u32 %t, [%o];\n";
  }
  Warp warp;
  warp.run(work);
  Register first[2] = {warp.input(kC), warp.input(kC + 1)};
  multiply(kind, warp.input(0), warp.input(4), first);
  Register c[2] = {warp.input(kC), warp.input(kC + 1)};
  multiply(kind, first[0], warp.input(4), c);
  CHECK(warp.output(0) == first[0]);
  for (unsigned n = 8; n < kOutputs; n += 2) CHECK(warp.output(n) == c[0]);
}

}  // namespace vgpu::jit::test
