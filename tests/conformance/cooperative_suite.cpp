// Grids whose blocks are all there at once.
#include <doctest/doctest.h>

#include <vector>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

/// meet(counter, out): each block adds 1 to the counter, waits until all have, and writes it out.
constexpr const char* kMeeting = R"(
.version 6.4
.target sm_50
.address_size 64
.visible .entry meet(.param .u64 counter, .param .u64 out)
{
  .reg .pred %p<2>;
  .reg .b32 %r<5>;
  .reg .b64 %rd<5>;
  ld.param.u64 %rd1, [counter];
  ld.param.u64 %rd2, [out];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %nctaid.x;
  mov.u32 %r3, %tid.x;
  setp.ne.u32 %p1, %r3, 0;
  @%p1 bra MET;
  red.global.add.u32 [%rd1], 1;
WAIT:
  ld.volatile.global.u32 %r4, [%rd1];
  setp.lt.u32 %p1, %r4, %r2;
  @%p1 bra WAIT;
  mul.wide.u32 %rd3, %r1, 4;
  add.s64 %rd4, %rd2, %rd3;
  st.global.u32 [%rd4], %r4;
MET:
  bar.sync 0;
  ret;
}
)";

TEST_CASE("cooperative launches: as many blocks as the device holds meet, and no more are taken") {
  on_every_kind([](const DriverTable& cu) {
    CUmodule module = nullptr;
    CUfunction meet = nullptr;
    CU_OK(cuModuleLoadData, &module, kMeeting);
    CU_OK(cuModuleGetFunction, &meet, module, "meet");
    // Attributes: COOPERATIVE_LAUNCH and MULTIPROCESSOR_COUNT.
    int supported = 0, each = 0, processors = 0;
    CU_OK(cuDeviceGetAttribute, &supported, 95, 0);
    CU_OK(cuDeviceGetAttribute, &processors, 16, 0);
    CU_OK(cuOccupancyMaxActiveBlocksPerMultiprocessor, &each, meet, 256, std::size_t{0});
    CHECK(supported == 1);
    const auto most = static_cast<unsigned>(each * processors);
    REQUIRE(most > 1);
    CUdeviceptr counter = 0, out = 0;
    CU_OK(cuMemAlloc_v2, &counter, 4);
    CU_OK(cuMemAlloc_v2, &out, std::size_t{4} * most);
    CU_OK(cuMemsetD32_v2, counter, 0U, std::size_t{1});
    void* params[] = {&counter, &out};
    CHECK(CU(cuLaunchCooperativeKernel, meet, most + 1, 1, 1, 256, 1, 1, 0, nullptr, params) ==
          CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
    CHECK(CU(cuLaunchCooperativeKernel, meet, most, 1, 1, 256, 1, 1, 0, nullptr, params) ==
          CUDA_SUCCESS);
    CHECK(CU(cuCtxSynchronize) == CUDA_SUCCESS);
    std::vector<unsigned> seen(most);
    CU_OK(cuMemcpyDtoH_v2, seen.data(), out, seen.size() * 4);
    CHECK(seen == std::vector<unsigned>(most, most));
    CU_OK(cuMemFree_v2, counter);
    CU_OK(cuMemFree_v2, out);
    CU_OK(cuModuleUnload, module);
  });
}

}  // namespace
}  // namespace vgpu::conformance
