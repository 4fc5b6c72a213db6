#include <array>
#include <cstring>
#include <string>

#include "tests/conformance/kind.h"
#include "tests/conformance/programs.h"

namespace vgpu::conformance {
namespace {

TEST_CASE("modules: kernels and variables are found by name, and what is not there is NOT_FOUND") {
  on_every_kind([](const DriverTable& cu) {
    CUmodule module = nullptr;
    CU_OK(cuModuleLoadData, &module, kProgram);
    CUfunction function = nullptr;
    CU_OK(cuModuleGetFunction, &function, module, "scale");
    CHECK(CU(cuModuleGetFunction, &function, module, "none") == CUDA_ERROR_NOT_FOUND);
    CUdeviceptr at = 0;
    std::size_t size = 0;
    CU_OK(cuModuleGetGlobal_v2, &at, &size, module, "counter");
    CHECK(size == 4);
    unsigned value = 0;
    CU_OK(cuMemcpyDtoH_v2, &value, at, 4);
    CHECK(value == 5);
    CU_OK(cuModuleGetGlobal_v2, &at, &size, module, "factors");
    CHECK(size == 8);
    std::array<unsigned, 2> factors{};
    CU_OK(cuMemcpyDtoH_v2, factors.data(), at, 8);
    CHECK(factors == std::array<unsigned, 2>{3, 4});
    CHECK(CU(cuModuleGetGlobal_v2, &at, &size, module, "none") == CUDA_ERROR_NOT_FOUND);
    CHECK(CU(cuMemFree_v2, at) == CUDA_ERROR_INVALID_VALUE);
    unsigned count = 0;
    CU_OK(cuModuleGetFunctionCount, &count, module);
    CHECK(count == 6);
    CU_OK(cuModuleUnload, module);
    CHECK(CU(cuModuleGetFunction, &function, module, "scale") == CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST_CASE("modules: a function tells its parameters, names and attributes") {
  on_every_kind([](const DriverTable& cu) {
    CUmodule module = nullptr;
    CU_OK(cuModuleLoadData, &module, kProgram);
    CUfunction function = nullptr;
    CU_OK(cuModuleGetFunction, &function, module, "scale");
    const char* name = nullptr;
    CU_OK(cuFuncGetName, &name, function);
    CHECK(std::string(name) == "scale");
    constexpr std::array<std::array<std::size_t, 2>, 4> kParams{{{0, 8}, {8, 1}, {12, 4}, {16, 4}}};
    for (std::size_t i = 0; i < kParams.size(); ++i) {
      std::size_t offset = 99;
      std::size_t size = 99;
      CU_OK(cuFuncGetParamInfo, function, i, &offset, &size);
      CHECK(offset == kParams[i][0]);
      CHECK(size == kParams[i][1]);
    }
    std::size_t unused = 0;
    CHECK(CU(cuFuncGetParamInfo, function, 4, &unused, &unused) == CUDA_ERROR_INVALID_VALUE);
    CUmodule of = nullptr;
    CU_OK(cuFuncGetModule, &of, function);
    CHECK(of == module);
    int value = 0;
    CU_OK(cuFuncGetAttribute, &value, CU_FUNC_ATTRIBUTE_PTX_VERSION, function);
    CHECK(value == 50);
    CU_OK(cuFuncGetAttribute, &value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function);
    CHECK(value == 1024);
    CHECK(CU(cuFuncGetAttribute, &value, static_cast<CUfunction_attribute>(16), function) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuFuncSetAttribute, function, CU_FUNC_ATTRIBUTE_NUM_REGS, 3) ==
          CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuModuleGetFunction, &function, module, "limited");
    CU_OK(cuFuncGetAttribute, &value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function);
    CHECK(value == 64);
    CU_OK(cuModuleUnload, module);
  });
}

TEST_CASE("modules: a mistake in the text is INVALID_PTX, and the log says where") {
  on_every_kind([](const DriverTable& cu) {
    CUmodule module = nullptr;
    CHECK(CU(cuModuleLoadData, &module, kMistaken) == CUDA_ERROR_INVALID_PTX);
    std::array<char, 4096> log{};
    std::array<CUjit_option, 2> options{CU_JIT_ERROR_LOG_BUFFER,
                                        CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    std::array<void*, 2> values{log.data(), reinterpret_cast<void*>(log.size())};
    CHECK(CU(cuModuleLoadDataEx, &module, kMistaken, 2, options.data(), values.data()) ==
          CUDA_ERROR_INVALID_PTX);
    CAPTURE(log.data());
    CHECK(std::strstr(log.data(), "line 7") != nullptr);
    const auto used = reinterpret_cast<std::uintptr_t>(values[1]);
    CHECK(used > 0);
    CHECK(used < log.size());
  });
}

TEST_CASE("modules: PTX for a newer GPU is INVALID_PTX where it is loaded and where it is linked") {
  on_every_kind([](const DriverTable& cu) {
    // A three-digit architecture that no GPU has yet.
    const std::string text =
        ".version 6.4\n.target sm_999\n.address_size 64\n.visible .entry k()\n{\nret;\n}\n";
    std::array<char, 4096> log{};
    std::array<CUjit_option, 2> options{CU_JIT_ERROR_LOG_BUFFER,
                                        CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    std::array<void*, 2> values{log.data(), reinterpret_cast<void*>(log.size())};
    CUmodule module = nullptr;
    CHECK(CU(cuModuleLoadDataEx, &module, text.c_str(), 2, options.data(), values.data()) ==
          CUDA_ERROR_INVALID_PTX);
    CAPTURE(log.data());
    CHECK(std::strstr(log.data(), "ptxas fatal") != nullptr);
    CUlibrary library = nullptr;
    CHECK(CU(cuLibraryLoadData, &library, text.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0) ==
          CUDA_ERROR_INVALID_PTX);
    CUlinkState state = nullptr;
    CU_OK(cuLinkCreate_v2, 0, nullptr, nullptr, &state);
    std::string given = text;
    CHECK(CU(cuLinkAddData_v2, state, CU_JIT_INPUT_PTX, given.data(), given.size() + 1, "newer", 0,
             nullptr, nullptr) == CUDA_ERROR_INVALID_PTX);
    CU_OK(cuLinkDestroy, state);
  });
}

TEST_CASE("libraries: kernels have one handle for all contexts, and a function in each") {
  on_every_kind([](const DriverTable& cu) {
    CUlibrary library = nullptr;
    CU_OK(cuLibraryLoadData, &library, kProgram, nullptr, nullptr, 0, nullptr, nullptr, 0);
    unsigned count = 0;
    CU_OK(cuLibraryGetKernelCount, &count, library);
    CHECK(count == 6);
    CUkernel kernel = nullptr;
    CUkernel again = nullptr;
    CU_OK(cuLibraryGetKernel, &kernel, library, "scale");
    CU_OK(cuLibraryGetKernel, &again, library, "scale");
    CHECK(kernel == again);
    CHECK(CU(cuLibraryGetKernel, &again, library, "none") == CUDA_ERROR_NOT_FOUND);
    CUfunction here = nullptr;
    CUfunction there = nullptr;
    CU_OK(cuKernelGetFunction, &here, kernel);
    CUdeviceptr at_here = 0;
    CUdeviceptr at_there = 0;
    CU_OK(cuLibraryGetGlobal, &at_here, nullptr, library, "counter");
    CUcontext other = nullptr;
    CU_OK(cuCtxCreate_v2, &other, 0, 0);
    CU_OK(cuKernelGetFunction, &there, kernel);
    CU_OK(cuLibraryGetGlobal, &at_there, nullptr, library, "counter");
    CHECK(here != there);
    CHECK(at_here != at_there);
    CU_OK(cuCtxDestroy_v2, other);
    const char* name = nullptr;
    CU_OK(cuKernelGetName, &name, kernel);
    CHECK(std::string(name) == "scale");
    int value = 0;
    CU_OK(cuKernelGetAttribute, &value, CU_FUNC_ATTRIBUTE_PTX_VERSION, kernel, 0);
    CHECK(value == 50);
    CU_OK(cuFuncGetAttribute, &value, CU_FUNC_ATTRIBUTE_PTX_VERSION,
          reinterpret_cast<CUfunction>(kernel));
    CHECK(value == 50);
    CU_OK(cuLibraryUnload, library);
    CHECK(CU(cuKernelGetFunction, &here, kernel) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(CU(cuLibraryUnload, library) == CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST_CASE("links: PTX texts become one module, and a missing symbol shows at once") {
  on_every_kind([](const DriverTable& cu) {
    CUlinkState state = nullptr;
    CU_OK(cuLinkCreate_v2, 0, nullptr, nullptr, &state);
    for (const char* const text : {kCaller, kCallee})
      CU_OK(cuLinkAddData_v2, state, CU_JIT_INPUT_PTX,
            const_cast<void*>(static_cast<const void*>(text)), std::strlen(text) + 1, "text", 0,
            nullptr, nullptr);
    void* image = nullptr;
    std::size_t size = 0;
    CU_OK(cuLinkComplete, state, &image, &size);
    CHECK(size > 0);
    CUmodule module = nullptr;
    CU_OK(cuModuleLoadData, &module, static_cast<const void*>(image));
    CU_OK(cuLinkDestroy, state);
    CUfunction function = nullptr;
    CU_OK(cuModuleGetFunction, &function, module, "doubled");
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 4);
    int value = 21;
    std::array<void*, 2> params{&at, &value};
    CU_OK(cuLaunchKernel, function, 1, 1, 1, 1, 1, 1, 0, nullptr, params.data(), nullptr);
    int seen = 0;
    CU_OK(cuMemcpyDtoH_v2, &seen, at, 4);
    CHECK(seen == 42);
    CU_OK(cuMemFree_v2, at);
    CU_OK(cuModuleUnload, module);

    CU_OK(cuLinkCreate_v2, 0, nullptr, nullptr, &state);
    CU_OK(cuLinkAddData_v2, state, CU_JIT_INPUT_PTX,
          const_cast<void*>(static_cast<const void*>(kCaller)), std::strlen(kCaller) + 1, "text", 0,
          nullptr, nullptr);
    CHECK(CU(cuLinkComplete, state, &image, &size) != CUDA_SUCCESS);
    CU_OK(cuLinkDestroy, state);
    CHECK(CU(cuLinkDestroy, state) == CUDA_ERROR_INVALID_HANDLE);
  });
}

}  // namespace
}  // namespace vgpu::conformance
