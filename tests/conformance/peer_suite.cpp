#include <numeric>
#include <string>
#include <vector>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

/// The first two devices' primary contexts, the second one's current; for kinds with two devices.
template <class Body>
void on_two_devices(const Body& body) {
  on_every_kind([&](const DriverTable& cu) {
    int count = 0;
    CU_OK(cuDeviceGetCount, &count);
    if (count < 2) {
      MESSAGE("skipped: there is one device only");
      return;
    }
    CUcontext first = nullptr;
    CUcontext second = nullptr;
    CU_OK(cuCtxGetCurrent, &first);
    CU_OK(cuDevicePrimaryCtxRetain, &second, 1);
    CU_OK(cuCtxSetCurrent, second);
    body(cu, first, second);
    CU_OK(cuDevicePrimaryCtxRelease_v2, 1);
  });
}

TEST_CASE("peers: access is enabled once, and disabled once") {
  on_two_devices([](const DriverTable& cu, CUcontext first, CUcontext) {
    int can = 0;
    CU_OK(cuDeviceCanAccessPeer, &can, 1, 0);
    CHECK(can == 1);
    CU_OK(cuDeviceCanAccessPeer, &can, 1, 1);
    CHECK(can == 0);
    CHECK(CU(cuCtxEnablePeerAccess, first, 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuCtxDisablePeerAccess, first) == CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
    CU_OK(cuCtxEnablePeerAccess, first, 0);
    CHECK(CU(cuCtxEnablePeerAccess, first, 0) == CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
    CU_OK(cuCtxDisablePeerAccess, first);
    CHECK(CU(cuCtxDisablePeerAccess, first) == CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
  });
}

TEST_CASE("peers: memory goes from device to device, and knows where it is") {
  on_two_devices([](const DriverTable& cu, CUcontext first, CUcontext second) {
    std::vector<int> values(1000);
    std::iota(values.begin(), values.end(), 7);
    const std::size_t size = values.size() * sizeof(int);
    CUdeviceptr from = 0;
    CUdeviceptr to = 0;
    CU_OK(cuMemAlloc_v2, &to, size);
    CU_OK(cuCtxPushCurrent_v2, first);
    CU_OK(cuMemAlloc_v2, &from, size);
    CU_OK(cuMemcpyHtoD_v2, from, values.data(), size);
    CU_OK(cuCtxPopCurrent_v2, nullptr);
    CU_OK(cuMemcpyPeer, to, second, from, first, size);
    std::vector<int> seen(values.size());
    CU_OK(cuMemcpyDtoH_v2, seen.data(), to, size);
    CHECK(seen == values);
    int ordinal = -1;
    CU_OK(cuPointerGetAttribute, &ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, from);
    CHECK(ordinal == 0);
    CU_OK(cuPointerGetAttribute, &ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, to);
    CHECK(ordinal == 1);
  });
}

TEST_CASE("peers: memory counts on the device that it is of, however it was made") {
  on_two_devices([](const DriverTable& cu, CUcontext first, CUcontext) {
    const auto free_of_first = [&] {
      std::size_t free = 0;
      CU_OK(cuCtxPushCurrent_v2, first);
      CU_OK(cuMemGetInfo_v2, &free, nullptr);
      CU_OK(cuCtxPopCurrent_v2, nullptr);
      return free;
    };
    const auto free_of_second = [&] {
      std::size_t free = 0;
      CU_OK(cuMemGetInfo_v2, &free, nullptr);
      return free;
    };
    constexpr std::size_t kSize = std::size_t{4} << 20;
    const std::size_t one = free_of_first();
    const std::size_t two = free_of_second();
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, kSize);
    CHECK(free_of_first() == one);
    CHECK(free_of_second() == two - kSize);
    CU_OK(cuMemFree_v2, at);
    CUmemAllocationProp properties{};
    properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    CUmemGenericAllocationHandle handle = 0;
    CU_OK(cuMemCreate, &handle, kSize, &properties, 0);
    CHECK(free_of_first() == one - kSize);
    CHECK(free_of_second() == two);
    CU_OK(cuMemRelease, handle);
    CHECK(free_of_first() == one);
  });
}

TEST_CASE("peers: a device's PCI bus id leads back to it, with a domain or without") {
  on_two_devices([](const DriverTable& cu, CUcontext, CUcontext) {
    for (const CUdevice device : {0, 1}) {
      char text[32] = {};
      CU_OK(cuDeviceGetPCIBusId, text, int{sizeof text}, device);
      const std::string id = text;
      for (const std::string& spelling :
           {id, id.substr(0, id.find('.')), id.substr(id.find(':') + 1)}) {
        CAPTURE(spelling);
        CUdevice found = -1;
        CU_OK(cuDeviceGetByPCIBusId, &found, spelling.c_str());
        CHECK(found == device);
      }
    }
  });
}

TEST_CASE("peers: a failed device leaves the other one alone") {
  on_two_devices([](const DriverTable& cu, CUcontext first, CUcontext) {
    constexpr const char* kTrap =
        ".version 6.4\n.target sm_50\n.address_size 64\n"
        ".visible .entry give_up() { trap; ret; }\n";
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    CU_OK(cuModuleLoadData, &module, kTrap);
    CU_OK(cuModuleGetFunction, &function, module, "give_up");
    CU_OK(cuLaunchKernel, function, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr);
    CHECK(CU(cuCtxSynchronize) == CUDA_ERROR_LAUNCH_FAILED);
    CU_OK(cuCtxPushCurrent_v2, first);
    CHECK(CU(cuCtxSynchronize) == CUDA_SUCCESS);
    CU_OK(cuCtxPopCurrent_v2, nullptr);
    CU_OK(cuDevicePrimaryCtxReset_v2, 1);
  });
}

}  // namespace
}  // namespace vgpu::conformance
