#include <numeric>
#include <vector>

#include "tests/conformance/kind.h"
#include "tests/conformance/programs.h"

namespace vgpu::conformance {
namespace {

constexpr std::size_t kGranule = std::size_t{2} << 20;

CUmemAllocationProp on_device(int ordinal) {
  CUmemAllocationProp properties{};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, ordinal};
  return properties;
}

CUmemAccessDesc access(int ordinal, CUmemAccess_flags flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE) {
  return {{CU_MEM_LOCATION_TYPE_DEVICE, ordinal}, flags};
}

std::size_t free_memory(const DriverTable& cu) {
  std::size_t free = 0;
  CU_OK(cuMemGetInfo_v2, &free, nullptr);
  return free;
}

/// Memory of one granule, at `at`, if that is not 0.
CUmemGenericAllocationHandle make_memory(const DriverTable& cu, CUdeviceptr at,
                                         std::size_t size = kGranule) {
  CUmemGenericAllocationHandle handle = 0;
  const CUmemAllocationProp properties = on_device(0);
  CU_OK(cuMemCreate, &handle, size, &properties, 0);
  if (at != 0) CU_OK(cuMemMap, at, size, 0, handle, 0);
  return handle;
}

// ThreadSanitizer leaves a program no terabyte of addresses in one piece.
#if defined(__SANITIZE_THREAD__)
constexpr std::size_t kMany = std::size_t{64} << 30;
#else
constexpr std::size_t kMany = std::size_t{1} << 40;
#endif

TEST_CASE("vmm: reserving addresses costs no memory, however many") {
  on_every_kind([](const DriverTable& cu) {
    const std::size_t before = free_memory(cu);
    for (const std::size_t size : {std::size_t{32} << 30, kMany}) {
      CUdeviceptr at = 0;
      CU_OK(cuMemAddressReserve, &at, size, 0, 0, 0);
      CHECK(at % kGranule == 0);
      CHECK(free_memory(cu) == before);
      CHECK(CU(cuMemAddressFree, at, size - kGranule) == CUDA_ERROR_INVALID_VALUE);
      CU_OK(cuMemAddressFree, at, size);
      CHECK(CU(cuMemAddressFree, at, size) == CUDA_ERROR_INVALID_VALUE);
    }
  });
}

TEST_CASE("vmm: memory counts from its making until handle and mapping are gone") {
  on_every_kind([](const DriverTable& cu) {
    const std::size_t before = free_memory(cu);
    CUdeviceptr at = 0;
    CU_OK(cuMemAddressReserve, &at, 4 * kGranule, 0, 0, 0);
    const auto handle = make_memory(cu, 0, 2 * kGranule);
    CHECK(free_memory(cu) == before - 2 * kGranule);
    CU_OK(cuMemMap, at, 2 * kGranule, 0, handle, 0);
    CU_OK(cuMemRelease, handle);
    CHECK(free_memory(cu) == before - 2 * kGranule);
    CHECK(CU(cuMemAddressFree, at, 4 * kGranule) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemUnmap, at, 2 * kGranule);
    CHECK(free_memory(cu) == before);
    CHECK(CU(cuMemRelease, handle) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemAddressFree, at, 4 * kGranule);
    CUmemGenericAllocationHandle too_large = 0;
    const CUmemAllocationProp properties = on_device(0);
    CHECK(CU(cuMemCreate, &too_large, std::size_t{1} << 40, &properties, 0) ==
          CUDA_ERROR_OUT_OF_MEMORY);
    CHECK(CU(cuMemCreate, &too_large, 4096, &properties, 0) == CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("vmm: copies and fills go across mappings side by side, and not beyond") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAddressReserve, &at, 4 * kGranule, 0, 0, 0);
    const auto one = make_memory(cu, at);
    const auto two = make_memory(cu, at + kGranule);
    std::vector<unsigned> values(1024);
    std::iota(values.begin(), values.end(), 1U);
    const CUdeviceptr middle = at + kGranule - 2048;
    CHECK(CU(cuMemcpyHtoD_v2, middle, values.data(), 4096) == CUDA_ERROR_INVALID_VALUE);
    const CUmemAccessDesc open = access(0);
    CU_OK(cuMemSetAccess, at, 2 * kGranule, &open, 1);
    CU_OK(cuMemcpyHtoD_v2, middle, values.data(), 4096);
    std::vector<unsigned> seen(1024);
    CU_OK(cuMemcpyDtoH_v2, seen.data(), middle, 4096);
    CHECK(seen == values);
    CU_OK(cuMemsetD32_v2, middle, 7, 1024);
    CU_OK(cuMemcpyDtoH_v2, seen.data(), middle, 4096);
    CHECK(seen == std::vector<unsigned>(1024, 7));
    CHECK(CU(cuMemsetD8_v2, at, 0, 2 * kGranule + 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemSetAccess, at, 3 * kGranule, &open, 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemFree_v2, at) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemUnmap, at, 2 * kGranule);
    CU_OK(cuMemRelease, one);
    CU_OK(cuMemRelease, two);
    CU_OK(cuMemAddressFree, at, 4 * kGranule);
  });
}

TEST_CASE("vmm: one piece of memory may be at two addresses, and outlives a context") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAddressReserve, &at, 2 * kGranule, 0, 0, 0);
    const auto handle = make_memory(cu, at);
    CU_OK(cuMemMap, at + kGranule, kGranule, 0, handle, 0);
    CHECK(CU(cuMemMap, at, kGranule, 0, handle, 0) == CUDA_ERROR_INVALID_VALUE);
    const CUmemAccessDesc open = access(0);
    CU_OK(cuMemSetAccess, at, 2 * kGranule, &open, 1);
    CU_OK(cuMemsetD32_v2, at + 64, 5, 1);
    CU_OK(cuDevicePrimaryCtxReset_v2, 0);
    CUcontext context = nullptr;
    CU_OK(cuDevicePrimaryCtxRetain, &context, 0);
    unsigned seen = 0;
    CU_OK(cuMemcpyDtoH_v2, &seen, at + kGranule + 64, 4);
    CHECK(seen == 5);
    CUmemGenericAllocationHandle again = 0;
    // NOLINTNEXTLINE: an address is a number
    CU_OK(cuMemRetainAllocationHandle, &again, reinterpret_cast<void*>(at + 100));
    CHECK(again == handle);
    CUmemAllocationProp properties{};
    CU_OK(cuMemGetAllocationPropertiesFromHandle, &properties, again);
    CHECK(properties.location.type == CU_MEM_LOCATION_TYPE_DEVICE);
    unsigned long long flags = 9;
    CU_OK(cuMemGetAccess, &flags, &open.location, at);
    CHECK(flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
    CU_OK(cuMemUnmap, at, 2 * kGranule);
    CU_OK(cuMemRelease, handle);
    CU_OK(cuMemRelease, handle);
    CU_OK(cuMemAddressFree, at, 2 * kGranule);
    CU_OK(cuDevicePrimaryCtxRelease_v2, 0);
  });
}

TEST_CASE("vmm: a kernel uses what is mapped and open, and faults beyond it") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAddressReserve, &at, 2 * kGranule, 0, 0, 0);
    const auto handle = make_memory(cu, at);
    const CUmemAccessDesc open = access(0);
    CU_OK(cuMemSetAccess, at, kGranule, &open, 1);
    CUmodule module = nullptr;
    CUfunction scale = nullptr;
    CU_OK(cuModuleLoadData, &module, kProgram);
    CU_OK(cuModuleGetFunction, &scale, module, "scale");
    const auto run = [&](CUdeviceptr to) {
      unsigned char offset = 3;
      unsigned n = 1;
      unsigned by = 2;
      void* params[] = {&to, &offset, &n, &by};
      CU_OK(cuLaunchKernel, scale, 1, 1, 1, 32, 1, 1, 0, nullptr, params, nullptr);
      return CU(cuCtxSynchronize);
    };
    CU_OK(cuMemsetD32_v2, at, 10, 1);
    CHECK(run(at) == CUDA_SUCCESS);
    unsigned seen = 0;
    CU_OK(cuMemcpyDtoH_v2, &seen, at, 4);
    CHECK(seen == 23);
    CHECK(run(at + kGranule) == CUDA_ERROR_ILLEGAL_ADDRESS);
    CU_OK(cuMemUnmap, at, kGranule);
    CU_OK(cuMemRelease, handle);
    CU_OK(cuMemAddressFree, at, 2 * kGranule);
  });
}

}  // namespace
}  // namespace vgpu::conformance
