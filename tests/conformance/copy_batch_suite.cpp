// Many boxes in one call.
#include <array>
#include <vector>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

constexpr std::size_t kBytes = 4096;

CUDA_MEMCPY3D_BATCH_OP box(CUdeviceptr to, std::size_t to_row, CUdeviceptr from,
                           std::size_t from_row, CUextent3D extent) {
  CUDA_MEMCPY3D_BATCH_OP op{};
  op.src.type = CU_MEMCPY_OPERAND_TYPE_POINTER;
  op.src.op.ptr = {from, from_row, 0, {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
  op.dst.type = CU_MEMCPY_OPERAND_TYPE_POINTER;
  op.dst.op.ptr = {to, to_row, 0, {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
  op.extent = extent;
  op.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_STREAM;
  return op;
}

TEST_CASE("copies: a batch of boxes copies each, and says which one is wrong") {
  on_every_kind([](const DriverTable& cu) {
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate, &stream, 0U);
    CUdeviceptr from = 0;
    CUdeviceptr to = 0;
    CU_OK(cuMemAlloc_v2, &from, kBytes);
    CU_OK(cuMemAlloc_v2, &to, kBytes);
    std::vector<unsigned char> bytes(kBytes);
    for (std::size_t n = 0; n < kBytes; ++n) bytes[n] = static_cast<unsigned char>(n * 7);
    CU_OK(cuMemcpyHtoD_v2, from, bytes.data(), kBytes);
    CU_OK(cuMemsetD8_v2, to, 0xee, kBytes);
    // 5 bytes of each row of 16 become packed; then two layers of 2 x 3 the other way.
    std::array<CUDA_MEMCPY3D_BATCH_OP, 2> ops{box(to, 0, from, 16, {5, 4, 1}),
                                              box(to + 64, 8, from + 256, 0, {3, 2, 2})};
    std::size_t failed = 77;
    CU_OK(cuMemcpy3DBatchAsync, ops.size(), ops.data(), &failed, 0ULL, stream);
    CHECK(failed == SIZE_MAX);
    CU_OK(cuStreamSynchronize, stream);
    std::vector<unsigned char> got(kBytes);
    CU_OK(cuMemcpyDtoH_v2, got.data(), to, kBytes);
    std::vector<unsigned char> want(kBytes, 0xee);
    for (std::size_t y = 0; y < 4; ++y)
      for (std::size_t x = 0; x < 5; ++x) want[5 * y + x] = bytes[16 * y + x];
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t x = 0; x < 3; ++x) want[64 + 8 * row + x] = bytes[256 + 3 * row + x];
    CHECK(got == want);
    ops[1].extent.width = 9;  // more than a row of the target
    CHECK(CU(cuMemcpy3DBatchAsync, ops.size(), ops.data(), &failed, 0ULL, stream) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(failed == 1);
    ops[0].srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_INVALID;
    const auto second = [&](std::size_t count, unsigned long long flags, CUstream on) {
      return CU(cuMemcpy3DBatchAsync_v2, count, ops.data(), flags, on);
    };
    CHECK(second(1, 0, stream) == CUDA_ERROR_INVALID_VALUE);
    ops[0].srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_ANY;
    CHECK(second(1, 0, stream) == CUDA_SUCCESS);
    CHECK(second(0, 0, stream) == CUDA_ERROR_INVALID_VALUE);
    CHECK(second(1, 1, stream) == CUDA_ERROR_INVALID_VALUE);
    CHECK(second(1, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuStreamSynchronize, stream);
    CU_OK(cuStreamDestroy_v2, stream);
    CU_OK(cuMemFree_v2, from);
    CU_OK(cuMemFree_v2, to);
  });
}

}  // namespace
}  // namespace vgpu::conformance
