#include <doctest/doctest.h>

#include <functional>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

constexpr std::uint32_t kUntouched = 0xdeadbeef;

/// Runs the kernel in blocks of every shape and compares with `expected` of each index.
void check_all_shapes(const std::string& text,
                      const std::function<std::uint32_t(std::uint32_t)>& expected) {
  Device device(text);
  constexpr std::uint32_t kCount = 700;
  for (const Dim3& block : kShapes) {
    CAPTURE(block.x);
    CAPTURE(block.y);
    CAPTURE(block.z);
    const std::uint32_t threads = block.x * block.y * block.z;
    Memory<std::uint32_t> out(kCount + 64, kUntouched);
    const LaunchStatus status = device.run("k", {(kCount + threads - 1) / threads, 1, 1}, block,
                                           Params().add(out.data()).add(kCount));
    REQUIRE(status.message == "");
    std::uint32_t wrong = 0;
    for (std::uint32_t n = 0; n < out.size(); ++n)
      wrong += out[n] != (n < kCount ? expected(n) : kUntouched) ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("flow: lanes that branch apart come together with their own values") {
  check_all_shapes(kernel_of_index(R"(
    and.b32 %a0, %i, 1;
    setp.eq.u32 %p0, %a0, 0;
    @%p0 bra EVEN;
    add.u32 %r0, %i, 100;
    bra JOIN;
  EVEN:
    mul.lo.u32 %r0, %i, 3;
  JOIN:
    add.u32 %r0, %r0, 1;
  )"),
                   [](std::uint32_t i) { return (i % 2 == 0 ? i * 3 : i + 100) + 1; });
}

TEST_CASE("flow: loops end lane by lane, with continue and break") {
  check_all_shapes(kernel_of_index(R"(
    rem.u32 %a0, %i, 13;
    mov.u32 %a1, 0;
  HEAD:
    setp.ge.u32 %p0, %a1, %a0;
    @%p0 bra DONE;
    add.u32 %a1, %a1, 1;
    and.b32 %a2, %a1, 3;
    setp.eq.u32 %p1, %a2, 2;
    @%p1 bra HEAD;
    mad.lo.u32 %r0, %a1, %i, %r0;
    setp.gt.u32 %p2, %r0, 3000;
    @%p2 bra DONE;
    bra HEAD;
  DONE:
    add.u32 %r0, %r0, %a1;
  )"),
                   [](std::uint32_t i) {
                     std::uint32_t sum = 0, k = 0;
                     while (k < i % 13) {
                       ++k;
                       if ((k & 3) == 2) continue;
                       sum += k * i;
                       if (sum > 3000) break;
                     }
                     return sum + k;
                   });
}

TEST_CASE("flow: a value that is the same for all lanes inside a loop differs after it") {
  check_all_shapes(kernel_of_index(R"(
    rem.u32 %a0, %i, 7;
    mov.u32 %a1, 0;
  HEAD:
    mul.lo.u32 %a2, %a1, 10;
    add.u32 %a1, %a1, 1;
    setp.lt.u32 %p0, %a1, %a0;
    @%p0 bra HEAD;
    mov.u32 %r0, %a2;
  )"),
                   [](std::uint32_t i) { return i % 7 == 0 ? 0 : (i % 7 - 1) * 10; });
}

TEST_CASE("flow: nested divergence inside uniform loops") {
  check_all_shapes(kernel_of_index(R"(
    mov.u32 %a0, 0;
  OUTER:
    add.u32 %a1, %a0, %i;
    rem.u32 %a2, %a1, 3;
    setp.eq.u32 %p0, %a2, 0;
    @%p0 bra THIRD;
    setp.eq.u32 %p1, %a2, 1;
    @%p1 add.u32 %r0, %r0, 5;
    @!%p1 sub.u32 %r0, %r0, 2;
    bra NEXT;
  THIRD:
    and.b32 %a3, %i, 4;
    setp.ne.u32 %p2, %a3, 0;
    @%p2 bra NEXT;
    xor.b32 %r0, %r0, %a0;
  NEXT:
    add.u32 %a0, %a0, 1;
    setp.lt.u32 %p3, %a0, 11;
    @%p3 bra OUTER;
  )"),
                   [](std::uint32_t i) {
                     std::uint32_t r = 0;
                     for (std::uint32_t k = 0; k < 11; ++k) {
                       if ((i + k) % 3 == 0) {
                         if ((i & 4) == 0) r ^= k;
                       } else {
                         r = (i + k) % 3 == 1 ? r + 5 : r - 2;
                       }
                     }
                     return r;
                   });
}

TEST_CASE("flow: jumps into the middle of a loop") {
  check_all_shapes(kernel_of_index(R"(
    mov.u32 %a0, 0;
    and.b32 %a1, %i, 1;
    setp.ne.u32 %p0, %a1, 0;
    @%p0 bra MIDDLE;
  TOP:
    add.u32 %r0, %r0, 1;
  MIDDLE:
    add.u32 %r0, %r0, 10;
    add.u32 %a0, %a0, 1;
    rem.u32 %a2, %i, 5;
    setp.lt.u32 %p1, %a0, %a2;
    @%p1 bra TOP;
  )"),
                   [](std::uint32_t i) {
                     const std::uint32_t rounds = i % 5 == 0 ? 1 : i % 5;
                     return rounds * 11 - (i & 1);
                   });
}

TEST_CASE("flow: brx goes where each lane's index says") {
  check_all_shapes(kernel_of_index(R"(
    rem.u32 %a0, %i, 3;
  ts: .branchtargets A, B, C;
    brx.idx %a0, ts;
  A:
    mov.u32 %r0, 7;
    bra END;
  B:
    mov.u32 %r0, 8;
  C:
    add.u32 %r0, %r0, 90;
  END:
    add.u32 %r0, %r0, %i;
  )"),
                   [](std::uint32_t i) {
                     constexpr std::uint32_t kBase[] = {7, 98, 90};
                     return kBase[i % 3] + i;
                   });
}

TEST_CASE("flow: unsigned indices that wrap around inside a warp address the right elements") {
  check_all_shapes(kernel_of_index(R"(
    .reg .b64 %b, %e;
    setp.eq.u32 %p0, %i, 0;
    @%p0 bra FIRST;
    mov.u64 %b, table;
    sub.u32 %a0, %i, 1;
    and.b32 %a0, %a0, 0xffffffff;
    setp.gt.u32 %p1, %a0, 15;
    @%p1 mov.u32 %a0, 15;
    mul.wide.u32 %e, %a0, 4;
    add.u64 %b, %b, %e;
    ld.global.u32 %r0, [%b];
  FIRST:
  )",
                                   ".global .u32 table[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "
                                   "12, 13, 14, 15, 16};\n"),
                   [](std::uint32_t i) { return i == 0 ? 0 : std::min(i, 16u); });
}

}  // namespace
TEST_CASE("flow: dozens of blocks may have lanes of their own at once") {
  // Every label can be reached from a divergent switch, so all may have lanes at once.
  std::string text =
      ".visible .entry k(.param .u64 out)\n{\n  .reg .b32 %t;\n  .reg .pred %p;\n"
      "  mov.u32 %t, %tid.x;\n";
  constexpr int kBlocks = 40;
  for (int n = 0; n < kBlocks; ++n)
    text +=
        "  setp.eq.u32 %p, %t, " + std::to_string(n) + ";\n  @%p bra L" + std::to_string(n) + ";\n";
  text += "  ret;\n";
  for (int n = 0; n < kBlocks; ++n)
    text +=
        "L" + std::to_string(n) + ":\n  add.u32 %t, %t, 1;\n  setp.eq.u32 %p, %t, 7;\n  @%p ret;\n";
  text += "  ret;\n}\n";
  Device device(text);
  Memory<std::uint32_t> out(1);
  CHECK(device.run("k", {1}, {64}, Params().add(out.data())).message == "");
}

}  // namespace vgpu::jit::test
