#include <array>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

/// An address that is no handle of anything.
template <class Handle>
Handle bogus() {
  static std::array<unsigned char, 256> nothing{};
  return reinterpret_cast<Handle>(nothing.data());
}

/// One wrong call and what the driver says to it.
struct Row {
  const char* what;
  CUresult (*call)(const DriverTable& cu);
  CUresult expected;
};

int number;
float time_span;
std::size_t size;
CUdeviceptr at;
CUfunction function;
CUmodule module;
CUkernel kernel;
CUcontext context;
CUdevice device;
const char* text;

constexpr Row kRows[] = {
    {"device ordinal", [](const DriverTable& cu) { return CU(cuDeviceGet, &device, 1000); },
     CUDA_ERROR_INVALID_DEVICE},
    {"negative ordinal", [](const DriverTable& cu) { return CU(cuDeviceGet, &device, -1); },
     CUDA_ERROR_INVALID_DEVICE},
    {"no PCI bus id",
     [](const DriverTable& cu) { return CU(cuDeviceGetByPCIBusId, &device, "gpu"); },
     CUDA_ERROR_INVALID_VALUE},
    {"half a PCI bus id",
     [](const DriverTable& cu) { return CU(cuDeviceGetByPCIBusId, &device, "01"); },
     CUDA_ERROR_INVALID_VALUE},
    {"PCI bus id of nothing",
     [](const DriverTable& cu) { return CU(cuDeviceGetByPCIBusId, &device, "fffe:fe:1e.0"); },
     CUDA_ERROR_INVALID_DEVICE},
    {"attribute 0", [](const DriverTable& cu) { return CU(cuDeviceGetAttribute, &number, 0, 0); },
     CUDA_ERROR_INVALID_VALUE},
    {"attribute 148",
     [](const DriverTable& cu) { return CU(cuDeviceGetAttribute, &number, 148, 0); },
     CUDA_ERROR_INVALID_VALUE},
    {"attribute of no device",
     [](const DriverTable& cu) { return CU(cuDeviceGetAttribute, &number, 1, 1000); },
     CUDA_ERROR_INVALID_DEVICE},
    {"attribute to null",
     [](const DriverTable& cu) { return CU(cuDeviceGetAttribute, nullptr, 1, 0); },
     CUDA_ERROR_INVALID_VALUE},
    {"primary context of no device",
     [](const DriverTable& cu) { return CU(cuDevicePrimaryCtxRetain, &context, 1000); },
     CUDA_ERROR_INVALID_DEVICE},
    {"current context that is none",
     [](const DriverTable& cu) { return CU(cuCtxSetCurrent, bogus<CUcontext>()); },
     CUDA_ERROR_INVALID_CONTEXT},
    {"destroying null", [](const DriverTable& cu) { return CU(cuCtxDestroy_v2, nullptr); },
     CUDA_ERROR_INVALID_VALUE},
    {"destroying no context",
     [](const DriverTable& cu) { return CU(cuCtxDestroy_v2, bogus<CUcontext>()); },
     CUDA_ERROR_INVALID_CONTEXT},
    {"stream query", [](const DriverTable& cu) { return CU(cuStreamQuery, bogus<CUstream>()); },
     CUDA_ERROR_INVALID_HANDLE},
    {"stream destroy of null",
     [](const DriverTable& cu) { return CU(cuStreamDestroy_v2, nullptr); },
     CUDA_ERROR_INVALID_HANDLE},
    {"stream to null", [](const DriverTable& cu) { return CU(cuStreamCreate, nullptr, 0); },
     CUDA_ERROR_INVALID_VALUE},
    {"event query of null", [](const DriverTable& cu) { return CU(cuEventQuery, nullptr); },
     CUDA_ERROR_INVALID_HANDLE},
    {"event synchronize",
     [](const DriverTable& cu) { return CU(cuEventSynchronize, bogus<CUevent>()); },
     CUDA_ERROR_INVALID_HANDLE},
    {"elapsed of nothing",
     [](const DriverTable& cu) {
       return CU(cuEventElapsedTime, &time_span, bogus<CUevent>(), bogus<CUevent>());
     },
     CUDA_ERROR_INVALID_HANDLE},
    {"wait for no event",
     [](const DriverTable& cu) { return CU(cuStreamWaitEvent, nullptr, bogus<CUevent>(), 0); },
     CUDA_ERROR_INVALID_HANDLE},
    {"record in no stream",
     [](const DriverTable& cu) {
       CUevent made = nullptr;
       CU_OK(cuEventCreate, &made, 0);
       const CUresult result = CU(cuEventRecord, made, bogus<CUstream>());
       CU_OK(cuEventDestroy_v2, made);
       return result;
     },
     CUDA_ERROR_INVALID_HANDLE},
    {"host function that is null",
     [](const DriverTable& cu) { return CU(cuLaunchHostFunc, nullptr, nullptr, nullptr); },
     CUDA_ERROR_INVALID_VALUE},
    {"module of null", [](const DriverTable& cu) { return CU(cuModuleLoadData, &module, nullptr); },
     CUDA_ERROR_INVALID_VALUE},
    {"module of nothing known",
     [](const DriverTable& cu) { return CU(cuModuleLoadData, &module, "zz"); },
     CUDA_ERROR_INVALID_IMAGE},
    {"module of an empty text",
     [](const DriverTable& cu) { return CU(cuModuleLoadData, &module, ""); },
     CUDA_ERROR_INVALID_IMAGE},
    {"module of a file that is not there",
     [](const DriverTable& cu) { return CU(cuModuleLoad, &module, "/nonexistent.ptx"); },
     CUDA_ERROR_FILE_NOT_FOUND},
    {"unloading no module",
     [](const DriverTable& cu) { return CU(cuModuleUnload, bogus<CUmodule>()); },
     CUDA_ERROR_INVALID_HANDLE},
    {"function of no module",
     [](const DriverTable& cu) {
       return CU(cuModuleGetFunction, &function, bogus<CUmodule>(), "f");
     },
     CUDA_ERROR_INVALID_HANDLE},
    {"kernel of no library",
     [](const DriverTable& cu) { return CU(cuLibraryGetKernel, &kernel, bogus<CUlibrary>(), "f"); },
     CUDA_ERROR_INVALID_HANDLE},
    {"launch of null",
     [](const DriverTable& cu) {
       return CU(cuLaunchKernel, nullptr, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr);
     },
     CUDA_ERROR_INVALID_HANDLE},
    {"launch of no function",
     [](const DriverTable& cu) {
       return CU(cuLaunchKernel, bogus<CUfunction>(), 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr,
                 nullptr);
     },
     CUDA_ERROR_INVALID_HANDLE},
    {"attribute of no function",
     [](const DriverTable& cu) {
       return CU(cuFuncGetAttribute, &number, CU_FUNC_ATTRIBUTE_NUM_REGS, bogus<CUfunction>());
     },
     CUDA_ERROR_INVALID_HANDLE},
    {"name of no function",
     [](const DriverTable& cu) { return CU(cuFuncGetName, &text, bogus<CUfunction>()); },
     CUDA_ERROR_INVALID_HANDLE},
    {"peer of itself",
     [](const DriverTable& cu) {
       CU_OK(cuCtxGetCurrent, &context);
       return CU(cuCtxEnablePeerAccess, context, 0);
     },
     CUDA_ERROR_INVALID_CONTEXT},
    {"pointer attribute that does not exist",
     [](const DriverTable& cu) {
       return CU(cuPointerGetAttribute, &number, static_cast<CUpointer_attribute>(1000), 0);
     },
     CUDA_ERROR_INVALID_VALUE},
    {"pitched allocation of odd elements",
     [](const DriverTable& cu) { return CU(cuMemAllocPitch_v2, &at, &size, 16, 16, 3); },
     CUDA_ERROR_INVALID_VALUE},
};

TEST_CASE("errors: a wrong argument gets the driver's code, and nothing breaks") {
  on_every_kind([](const DriverTable& cu) {
    for (const Row& row : kRows) {
      CAPTURE(row.what);
      CHECK(row.call(cu) == row.expected);
    }
    CHECK(CU(cuCtxSynchronize) == CUDA_SUCCESS);
  });
}

}  // namespace
}  // namespace vgpu::conformance
