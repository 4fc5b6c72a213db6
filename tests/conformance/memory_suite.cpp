#include <array>
#include <cstring>
#include <vector>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

TEST_CASE("memory: allocations are apart, aligned, and known by any address inside") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr small = 0;
    CUdeviceptr other = 0;
    CUdeviceptr large = 0;
    CU_OK(cuMemAlloc_v2, &small, 100);
    CU_OK(cuMemAlloc_v2, &other, 100);
    CU_OK(cuMemAlloc_v2, &large, 5 << 20);
    CHECK(small % 512 == 0);
    CHECK(other % 512 == 0);
    CHECK(large % (2 << 20) == 0);
    CHECK((other >= small + 100 || small >= other + 100));
    CUdeviceptr base = 0;
    std::size_t size = 0;
    CU_OK(cuMemGetAddressRange_v2, &base, &size, large + 12345);
    CHECK(base == large);
    CHECK(size == 5 << 20);
    for (const CUdeviceptr at : {small, other, large}) CU_OK(cuMemFree_v2, at);
    CHECK(CU(cuMemGetAddressRange_v2, &base, &size, large) == CUDA_ERROR_NOT_FOUND);
  });
}

TEST_CASE("memory: freeing null is nothing, freeing twice or elsewhere is INVALID_VALUE") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 4096);
    CHECK(CU(cuMemFree_v2, at + 512) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemFree_v2, at) == CUDA_SUCCESS);
    CHECK(CU(cuMemFree_v2, at) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemFree_v2, 0) == CUDA_SUCCESS);
    CHECK(CU(cuMemAlloc_v2, &at, 0) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemAlloc_v2, nullptr, 16) == CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("memory: the device has as much as it says, and gets back what is freed") {
  on_every_kind([](const DriverTable& cu) {
    std::size_t free = 0;
    std::size_t total = 0;
    std::size_t of_device = 0;
    CU_OK(cuMemGetInfo_v2, &free, &total);
    CU_OK(cuDeviceTotalMem_v2, &of_device, 0);
    CHECK(total == of_device);
    CHECK(free <= total);
    CUdeviceptr at = 0;
    CHECK(CU(cuMemAlloc_v2, &at, total + 1) == CUDA_ERROR_OUT_OF_MEMORY);
    CHECK(CU(cuMemAlloc_v2, &at, SIZE_MAX) == CUDA_ERROR_OUT_OF_MEMORY);
    CU_OK(cuMemAlloc_v2, &at, 16 << 20);
    std::size_t less = 0;
    CU_OK(cuMemGetInfo_v2, &less, nullptr);
    CHECK(free - less == 16 << 20);
    CHECK(CU(cuMemAlloc_v2, &at, less + 1) == CUDA_ERROR_OUT_OF_MEMORY);
    CU_OK(cuMemFree_v2, at);
    CU_OK(cuMemGetInfo_v2, &less, nullptr);
    CHECK(less == free);
  });
}

TEST_CASE("memory: pinned memory is the same address on both sides") {
  on_every_kind([](const DriverTable& cu) {
    void* host = nullptr;
    CU_OK(cuMemHostAlloc, &host, 1000, CU_MEMHOSTALLOC_DEVICEMAP);
    CUdeviceptr at = 0;
    CU_OK(cuMemHostGetDevicePointer_v2, &at, host, 0);
    CHECK(at == reinterpret_cast<CUdeviceptr>(host));
    CU_OK(cuMemHostGetDevicePointer_v2, &at, static_cast<char*>(host) + 10, 0);
    CHECK(at == reinterpret_cast<CUdeviceptr>(host) + 10);
    int plain = 0;
    CHECK(CU(cuMemHostGetDevicePointer_v2, &at, &plain, 0) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemFreeHost, static_cast<char*>(host) + 1) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFreeHost, host);
    CHECK(CU(cuMemFreeHost, host) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemHostAlloc, &host, 16, 0x80) == CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("memory: a range is registered once, and only where something is mapped") {
  on_every_kind([](const DriverTable& cu) {
    std::vector<char> plain(100000);
    CU_OK(cuMemHostRegister_v2, plain.data(), plain.size(), 0);
    CHECK(CU(cuMemHostRegister_v2, plain.data() + 10, 10, 0) ==
          CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    CU_OK(cuMemHostUnregister, plain.data());
    CHECK(CU(cuMemHostUnregister, plain.data()) == CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    CHECK(CU(cuMemHostRegister_v2, nullptr, 10, 0) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemHostRegister_v2, reinterpret_cast<void*>(4096), 10, 0) ==
          CUDA_ERROR_INVALID_VALUE);
  });
}

/// What cuPointerGetAttributes says of an address.
struct Attributes {
  CUcontext context = reinterpret_cast<CUcontext>(1);
  int type = -1;
  CUdeviceptr device = 1;
  void* host = reinterpret_cast<void*>(1);
  unsigned char managed = 7;
  int ordinal = 7;

  CUresult read(const DriverTable& cu, CUdeviceptr at) {
    std::array<CUpointer_attribute, 6> which{
        CU_POINTER_ATTRIBUTE_CONTEXT,        CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
        CU_POINTER_ATTRIBUTE_DEVICE_POINTER, CU_POINTER_ATTRIBUTE_HOST_POINTER,
        CU_POINTER_ATTRIBUTE_IS_MANAGED,     CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
    std::array<void*, 6> values{&context, &type, &device, &host, &managed, &ordinal};
    return CU(cuPointerGetAttributes, 6, which.data(), values.data(), at);
  }
};

TEST_CASE("memory: pointer attributes tell device, pinned, managed and plain memory apart") {
  on_every_kind([](const DriverTable& cu) {
    CUcontext current = nullptr;
    CU_OK(cuCtxGetCurrent, &current);
    CUdeviceptr device = 0;
    CUdeviceptr managed = 0;
    void* pinned = nullptr;
    int plain = 0;
    CU_OK(cuMemAlloc_v2, &device, 64);
    CU_OK(cuMemAllocManaged, &managed, 64, CU_MEM_ATTACH_GLOBAL);
    CU_OK(cuMemHostAlloc, &pinned, 64, 0);

    Attributes of;
    REQUIRE(of.read(cu, device + 8) == CUDA_SUCCESS);
    CHECK(of.context == current);
    CHECK(of.type == CU_MEMORYTYPE_DEVICE);
    CHECK(of.device == device + 8);
    CHECK(of.host == nullptr);
    CHECK(of.managed == 0);
    CHECK(of.ordinal == 0);

    REQUIRE(of.read(cu, managed) == CUDA_SUCCESS);
    CHECK(of.type == CU_MEMORYTYPE_DEVICE);
    CHECK(of.managed == 1);
    CHECK(of.host == reinterpret_cast<void*>(managed));

    REQUIRE(of.read(cu, reinterpret_cast<CUdeviceptr>(pinned)) == CUDA_SUCCESS);
    CHECK(of.type == CU_MEMORYTYPE_HOST);
    CHECK(of.host == pinned);
    CHECK(of.managed == 0);

    const auto plain_at = reinterpret_cast<CUdeviceptr>(&plain);
    REQUIRE(of.read(cu, plain_at) == CUDA_SUCCESS);
    CHECK(of.context == nullptr);
    CHECK(of.type == 0);
    CHECK(of.device == 0);
    CHECK(of.host == &plain);
    CHECK(of.managed == 0);
    CHECK(of.ordinal == -2);
    CHECK(CU(cuPointerGetAttribute, &of.type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, plain_at) ==
          CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("memory: managed memory is read and written by the host directly") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAllocManaged, &at, 4096, CU_MEM_ATTACH_GLOBAL);
    CU_OK(cuMemsetD8_v2, at, 0x5a, 4096);
    CU_OK(cuCtxSynchronize);
    const auto* const host = reinterpret_cast<const unsigned char*>(at);
    CHECK(host[0] == 0x5a);
    CHECK(host[4095] == 0x5a);
    CU_OK(cuMemFree_v2, at);
    CHECK(CU(cuMemAllocManaged, &at, 4096, 0) == CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("memory: what a stream frees is usable until the stream gets there") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = 0;
    CU_OK(cuMemAllocAsync, &at, 1 << 20, stream);
    CU_OK(cuMemsetD8Async, at, 7, 1 << 20, stream);
    std::vector<unsigned char> seen(1 << 20);
    CU_OK(cuMemcpyDtoHAsync_v2, seen.data(), at, seen.size(), stream);
    CU_OK(cuMemFreeAsync, at, stream);
    CU_OK(cuStreamSynchronize, stream);
    CHECK(seen == std::vector<unsigned char>(1 << 20, 7));
    CHECK(CU(cuMemFreeAsync, at, stream) == CUDA_ERROR_INVALID_VALUE);
    CUmemoryPool pool = nullptr;
    CU_OK(cuDeviceGetDefaultMemPool, &pool, 0);
    CHECK(CU(cuMemPoolDestroy, pool) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

}  // namespace
}  // namespace vgpu::conformance
