// Matrix instructions where not all lanes of a warp run. What they give is open; what they may
// touch is not.
#include <doctest/doctest.h>

#include <numeric>

#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

constexpr std::uint32_t kUntouched = 0xabababab;

/// Lanes below 16 run `body` with their own row of 16 bytes of `rows` as %g; that of the other
/// lanes is nowhere. They write %a0 and %a1.
struct Half {
  Memory<std::uint32_t> rows = Memory<std::uint32_t>(128);
  Memory<std::uint32_t> out = Memory<std::uint32_t>(64, kUntouched);
  std::string message;

  explicit Half(const std::string& body, bool by_branch) {
    std::iota(rows.begin(), rows.end(), 0x100);
    const std::string skip = by_branch ? "@!%p bra END;\n" : "";
    Device device(R"(
.visible .entry k(.param .u64 out, .param .u64 in)
{
  .reg .b32 %i, %a<8>, %b<8>, %stride;
  .reg .b64 %g, %o, %x;
  .reg .pred %p;
  mov.u32 %i, %tid.x;
  mul.wide.u32 %x, %i, 16;
  ld.param.u64 %g, [in];
  add.u64 %g, %g, %x;
  setp.lt.u32 %p, %i, 16;
  @!%p mov.u64 %g, 16;
  mov.u32 %a0, %i;
  mov.u32 %a1, %i;
  mov.u32 %stride, 8;
  )" + skip + body +
                  R"(
  mul.wide.u32 %x, %i, 8;
  ld.param.u64 %o, [out];
  add.u64 %o, %o, %x;
  st.global.v2.u32 [%o], {%a0, %a1};
END:
  ret;
})");
    message =
        device.run("k", {1, 1, 1}, {32, 1, 1}, Params().add(out.data()).add(rows.data())).message;
  }
};

}  // namespace

TEST_CASE("ldmatrix: the addresses of lanes that do not run are not looked at") {
  const Half half("ldmatrix.sync.aligned.m8n8.x4.b16 {%a0, %a1, %a2, %a3}, [%g];", true);
  CHECK(half.message == "");
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    const bool runs = lane < 16;
    CHECK(half.out[2 * lane] == (runs ? half.rows[lane] : kUntouched));
    CHECK(half.out[2 * lane + 1] == (runs ? half.rows[32 + lane] : kUntouched));
  }
}

TEST_CASE("ldmatrix: a guard keeps the registers of the lanes for which it does not hold") {
  const Half half("@%p ldmatrix.sync.aligned.m8n8.x2.b16 {%a0, %a1}, [%g];", false);
  CHECK(half.message == "");
  for (std::uint32_t lane = 0; lane < 32; ++lane)
    CHECK(half.out[2 * lane] == (lane < 16 ? half.rows[lane] : lane));
}

TEST_CASE("stmatrix: rows of lanes for which a guard does not hold are not written") {
  const Half global("@%p stmatrix.sync.aligned.m8n8.x4.b16 [%g], {%a0, %a1, %a0, %a1};", false);
  CHECK(global.message == "");
  for (std::uint32_t word = 0; word < 128; ++word)
    CHECK(global.rows[word] == (word < 64 ? word % 32 : 0x100 + word));
}

TEST_CASE("mma and wmma: a part of a warp, or none of it, does no harm") {
  const std::string product =
      "mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%a0, %a1}, {%a0}, {%a1}, {%a0, %a1};";
  CHECK(Half(product, true).message == "");
  CHECK(Half("@%p " + product, false).message == "");
  const std::string load = "wmma.load.c.sync.aligned.row.m8n8k32.s32 {%a0, %a1}, [%g], %stride;";
  CHECK(Half(load, true).message == "");
  CHECK(Half("setp.lt.u32 %p, %i, 0; mov.u64 %g, 16; @%p " + load, false).message == "");
  const std::string store = "wmma.store.d.sync.aligned.row.m8n8k32.s32 [%g], {%a0, %a1};";
  CHECK(Half("setp.lt.u32 %p, %i, 0; mov.u64 %g, 16; @%p " + store, false).message == "");
}

}  // namespace vgpu::jit::test
