#include <array>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/kind.h"
#include "tests/conformance/programs.h"

namespace vgpu::conformance {
namespace {

/// kProgram, loaded while it lives.
class Program {
 public:
  explicit Program(const DriverTable& table) : cu(table) {
    CU_OK(cuModuleLoadData, &module_, kProgram);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { CU(cuModuleUnload, module_); }  // it is not there any more after a reset
  CUfunction find(const char* name) const {
    CUfunction found = nullptr;
    CU_OK(cuModuleGetFunction, &found, module_, name);
    return found;
  }
  CUdeviceptr variable(const char* name) const {
    CUdeviceptr at = 0;
    CU_OK(cuModuleGetGlobal_v2, &at, nullptr, module_, name);
    return at;
  }

 private:
  const DriverTable& cu;
  CUmodule module_ = nullptr;
};

CUresult launch(const DriverTable& cu, CUfunction function, unsigned grid, unsigned block,
                void** params, void** extra = nullptr, CUstream stream = nullptr,
                unsigned shared = 0) {
  return CU(cuLaunchKernel, function, grid, 1, 1, block, 1, 1, shared, stream, params, extra);
}

struct Scale {
  const DriverTable& cu;
  std::vector<unsigned> values;
  CUdeviceptr at = 0;
  unsigned char offset = 9;
  unsigned n = 1000;
  unsigned by = 3;

  explicit Scale(const DriverTable& table) : cu(table), values(1024) {
    std::iota(values.begin(), values.end(), 1U);
    CU_OK(cuMemAlloc_v2, &at, values.size() * 4);
    CU_OK(cuMemcpyHtoD_v2, at, values.data(), values.size() * 4);
  }
  ~Scale() { CU(cuMemFree_v2, at); }
  void check_done_once() {
    std::vector<unsigned> seen(values.size());
    CU_OK(cuMemcpyDtoH_v2, seen.data(), at, seen.size() * 4);
    for (std::size_t i = 0; i < n; ++i) values[i] = values[i] * by + offset;
    CHECK(seen == values);
  }
};

TEST_CASE("launches: parameters come one by one, and are taken at the call") {
  on_every_kind([](const DriverTable& cu) {
    const Program program(cu);
    Scale work(cu);
    std::array<void*, 4> params{&work.at, &work.offset, &work.n, &work.by};
    CU_OK(cuMemsetD32Async, work.at + 1023 * 4, 1024, 1, nullptr);
    REQUIRE(launch(cu, program.find("scale"), 8, 128, params.data()) == CUDA_SUCCESS);
    const unsigned by = std::exchange(work.by, 77U);
    CU_OK(cuCtxSynchronize);
    work.by = by;
    work.check_done_once();
  });
}

TEST_CASE("launches: parameters come as one buffer") {
  on_every_kind([](const DriverTable& cu) {
    const Program program(cu);
    Scale work(cu);
    std::array<unsigned char, 20> buffer{};
    std::memcpy(buffer.data(), &work.at, 8);
    std::memcpy(buffer.data() + 8, &work.offset, 1);
    std::memcpy(buffer.data() + 12, &work.n, 4);
    std::memcpy(buffer.data() + 16, &work.by, 4);
    std::size_t size = buffer.size();
    std::array<void*, 5> extra{reinterpret_cast<void*>(kLaunchParamBufferPointer), buffer.data(),
                               reinterpret_cast<void*>(kLaunchParamBufferSize), &size,
                               reinterpret_cast<void*>(kLaunchParamEnd)};
    REQUIRE(launch(cu, program.find("scale"), 8, 128, nullptr, extra.data()) == CUDA_SUCCESS);
    work.check_done_once();
    size = 8;
    CHECK(launch(cu, program.find("scale"), 8, 128, nullptr, extra.data()) ==
          CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("launches: a library's kernel launches as it is, and in a per-thread stream") {
  on_every_kind([](const DriverTable& cu) {
    CUlibrary library = nullptr;
    CU_OK(cuLibraryLoadData, &library, kProgram, nullptr, nullptr, 0, nullptr, nullptr, 0);
    CUkernel kernel = nullptr;
    CU_OK(cuLibraryGetKernel, &kernel, library, "scale");
    Scale work(cu);
    std::array<void*, 4> params{&work.at, &work.offset, &work.n, &work.by};
    CU_OK(cuLaunchKernel_ptsz, reinterpret_cast<CUfunction>(kernel), 8, 1, 1, 128, 1, 1, 0, nullptr,
          params.data(), nullptr);
    work.check_done_once();
    CU_OK(cuLibraryUnload, library);
  });
}

TEST_CASE("launches: variables keep what kernels write") {
  on_every_kind([](const DriverTable& cu) {
    const Program program(cu);
    for (int i = 0; i < 3; ++i)
      REQUIRE(launch(cu, program.find("count_up"), 1, 1, nullptr) == CUDA_SUCCESS);
    unsigned counter = 0;
    CU_OK(cuMemcpyDtoH_v2, &counter, program.variable("counter"), 4);
    CHECK(counter == 8);
  });
}

TEST_CASE("launches: shapes that no block or grid may have are INVALID_VALUE") {
  on_every_kind([](const DriverTable& cu) {
    const Program program(cu);
    const CUfunction function = program.find("count_up");
    CHECK(launch(cu, function, 0, 1, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CHECK(launch(cu, function, 1, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CHECK(launch(cu, function, 1, 1025, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuLaunchKernel, function, 1, 65536, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuLaunchKernel, function, 1, 1, 1, 1, 1, 65, 0, nullptr, nullptr, nullptr) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(launch(cu, program.find("limited"), 1, 65, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CHECK(launch(cu, program.find("scale"), 1, 1, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuCtxSynchronize) == CUDA_SUCCESS);
  });
}

TEST_CASE("launches: more shared memory than usual must be asked for before") {
  on_every_kind([](const DriverTable& cu) {
    const Program program(cu);
    const CUfunction function = program.find("with_shared");
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 4);
    int usual = 0;
    int most = 0;
    CU_OK(cuDeviceGetAttribute, &usual, 8, 0);
    CU_OK(cuDeviceGetAttribute, &most, 97, 0);
    unsigned last = static_cast<unsigned>(most) - 1;
    std::array<void*, 2> params{&at, &last};
    const auto all = static_cast<unsigned>(most);
    CHECK(launch(cu, function, 1, 1, params.data(), nullptr, nullptr,
                 static_cast<unsigned>(usual) + 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuFuncSetAttribute, function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
             most + 1) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuFuncSetAttribute, function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most);
    REQUIRE(launch(cu, function, 1, 1, params.data(), nullptr, nullptr, all) == CUDA_SUCCESS);
    unsigned seen = 0;
    CU_OK(cuMemcpyDtoH_v2, &seen, at, 4);
    CHECK(seen == 77);
    CU_OK(cuMemFree_v2, at);
  });
}

TEST_CASE("launches: occupancy is what the device's multiprocessors hold") {
  on_every_kind([](const DriverTable& cu) {
    const Program program(cu);
    const CUfunction function = program.find("count_up");
    int threads = 0;
    int slots = 0;
    CU_OK(cuDeviceGetAttribute, &threads, 39, 0);
    CU_OK(cuDeviceGetAttribute, &slots, 106, 0);
    int blocks = 0;
    CU_OK(cuOccupancyMaxActiveBlocksPerMultiprocessor, &blocks, function, 512, 0);
    CHECK(blocks == threads / 512);
    CU_OK(cuOccupancyMaxActiveBlocksPerMultiprocessor, &blocks, function, 32, 0);
    CHECK(blocks == std::min(slots, threads / 32));
    int grid = 0;
    int size = 0;
    CU_OK(cuOccupancyMaxPotentialBlockSize, &grid, &size, function, nullptr, 0, 0);
    CHECK(size == 1024);
    CHECK(CU(cuOccupancyMaxActiveBlocksPerMultiprocessor, &blocks, function, 0, 0) ==
          CUDA_ERROR_INVALID_VALUE);
  });
}

/// After `kernel` the context says `failure` to everything, until it is reset.
void fails_for_good(const DriverTable& cu, const std::string& kernel, CUresult failure) {
  CAPTURE(kernel);
  {
    const CurrentContext current(cu);
    const Program program(cu);
    const CUfunction harmless = program.find("count_up");
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate, &stream, 0);
    CHECK(launch(cu, program.find(kernel.c_str()), 1, 1, nullptr, nullptr, stream) == CUDA_SUCCESS);
    CHECK(CU(cuStreamSynchronize, stream) == failure);
    CHECK(CU(cuCtxSynchronize) == failure);
    CUdeviceptr at = 0;
    CHECK(CU(cuMemAlloc_v2, &at, 16) == failure);
    CHECK(launch(cu, harmless, 1, 1, nullptr) == failure);
  }
  const CurrentContext fresh(cu);
  const Program program(cu);
  CHECK(launch(cu, program.find("count_up"), 1, 1, nullptr) == CUDA_SUCCESS);
  CHECK(CU(cuCtxSynchronize) == CUDA_SUCCESS);
}

TEST_CASE("failures: a stray access or a trap poisons the context, and a reset heals the device") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    fails_for_good(*kind.table, "stray", CUDA_ERROR_ILLEGAL_ADDRESS);
    fails_for_good(*kind.table, "give_up", CUDA_ERROR_LAUNCH_FAILED);
  }
}

}  // namespace
}  // namespace vgpu::conformance
