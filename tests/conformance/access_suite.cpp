// Whose memory kernels may use. Each case launches `scale` on one word.
#include <doctest/doctest.h>

#include <vector>

#include "tests/conformance/kind.h"
#include "tests/conformance/programs.h"

namespace vgpu::conformance {
namespace {

/// Adds 5 to the word at `at`; what the launch and the wait for it gave.
CUresult add_five(const DriverTable& cu, CUdeviceptr at) {
  CUmodule module = nullptr;
  CUfunction scale = nullptr;
  CU_OK(cuModuleLoadData, &module, kProgram);
  CU_OK(cuModuleGetFunction, &scale, module, "scale");
  unsigned char offset = 5;
  unsigned n = 1, by = 1;
  void* params[] = {&at, &offset, &n, &by};
  CU_OK(cuLaunchKernel, scale, 1, 1, 1, 32, 1, 1, 0, nullptr, params, nullptr);
  const CUresult result = CU(cuCtxSynchronize);
  CU(cuModuleUnload, module);
  return result;
}

CUdeviceptr device_pointer(const void* at) { return reinterpret_cast<CUdeviceptr>(at); }

TEST_CASE("access: pinned, managed and registered memory is a kernel's") {
  on_every_kind([](const DriverTable& cu) {
    void* pinned = nullptr;
    CU_OK(cuMemHostAlloc, &pinned, 4096, 0U);
    *static_cast<int*>(pinned) = 1;
    CHECK(add_five(cu, device_pointer(pinned)) == CUDA_SUCCESS);
    CHECK(*static_cast<int*>(pinned) == 6);
    CU_OK(cuMemFreeHost, pinned);

    CUdeviceptr managed = 0;
    CU_OK(cuMemAllocManaged, &managed, 4096, unsigned{CU_MEM_ATTACH_GLOBAL});
    *reinterpret_cast<int*>(managed) = 2;  // NOLINT: it is the host's address too
    CHECK(add_five(cu, managed) == CUDA_SUCCESS);
    CHECK(*reinterpret_cast<int*>(managed) == 7);  // NOLINT
    CU_OK(cuMemFree_v2, managed);

    std::vector<int> own(2048, 3);
    CU_OK(cuMemHostRegister_v2, own.data(), own.size() * 4, 0U);
    CHECK(add_five(cu, device_pointer(own.data())) == CUDA_SUCCESS);
    CHECK(own[0] == 8);
    CU_OK(cuMemHostUnregister, own.data());
  });
}

TEST_CASE("access: the program's own memory is an illegal address, also once it is unregistered") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const DriverTable& cu = *kind.table;
    std::vector<int> own(2048, 3);
    for (const bool was_registered : {false, true}) {
      const CurrentContext current(cu);
      if (was_registered) {
        CU_OK(cuMemHostRegister_v2, own.data(), own.size() * 4, 0U);
        CU_OK(cuMemHostUnregister, own.data());
      }
      CHECK(add_five(cu, device_pointer(own.data())) == CUDA_ERROR_ILLEGAL_ADDRESS);
      CHECK(own[0] == 3);
    }
  }
}

TEST_CASE("access: an odd address is misaligned") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const DriverTable& cu = *kind.table;
    const CurrentContext current(cu);
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 64);
    CHECK(add_five(cu, at + 2) == CUDA_ERROR_MISALIGNED_ADDRESS);
  }
}

}  // namespace
}  // namespace vgpu::conformance
