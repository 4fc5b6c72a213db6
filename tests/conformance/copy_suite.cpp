#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

using Bytes = std::vector<unsigned char>;

Bytes counted(std::size_t size, unsigned char first = 1) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), first);
  return bytes;
}

CUdeviceptr address(const void* at) { return reinterpret_cast<CUdeviceptr>(at); }

/// Device memory with given content, freed at the end.
class Buffer {
 public:
  Buffer(const DriverTable& table, const Bytes& content) : cu(table) {
    CU_OK(cuMemAlloc_v2, &at, content.size());
    CU_OK(cuMemcpyHtoD_v2, at, content.data(), content.size());
    size_ = content.size();
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { CHECK(CU(cuMemFree_v2, at) == CUDA_SUCCESS); }
  Bytes read() const {
    Bytes content(size_);
    CU_OK(cuMemcpyDtoH_v2, content.data(), at, size_);
    return content;
  }
  CUdeviceptr at = 0;

 private:
  const DriverTable& cu;
  std::size_t size_ = 0;
};

using LinearCopy = void (*)(const DriverTable& cu, CUdeviceptr to, CUdeviceptr from,
                            std::size_t size);

constexpr LinearCopy kLinearCopies[] = {
    [](const DriverTable& cu, CUdeviceptr to, CUdeviceptr from, std::size_t size) {
      CU_OK(cuMemcpy, to, from, size);
    },
    [](const DriverTable& cu, CUdeviceptr to, CUdeviceptr from, std::size_t size) {
      CU_OK(cuMemcpyAsync, to, from, size, nullptr);
    },
    [](const DriverTable& cu, CUdeviceptr to, CUdeviceptr from, std::size_t size) {
      CU_OK(cuMemcpyDtoD_v2, to, from, size);
    },
    [](const DriverTable& cu, CUdeviceptr to, CUdeviceptr from, std::size_t size) {
      CU_OK(cuMemcpyDtoDAsync_v2, to, from, size, stream_per_thread());
    },
    [](const DriverTable& cu, CUdeviceptr to, CUdeviceptr from, std::size_t size) {
      CUcontext here = nullptr;
      CU_OK(cuCtxGetCurrent, &here);
      CU_OK(cuMemcpyPeer, to, here, from, here, size);
    },
};

TEST_CASE("copies: every linear form moves exactly its bytes") {
  on_every_kind([](const DriverTable& cu) {
    const Bytes source = counted(1000);
    const Buffer source_at(cu, source);
    for (const LinearCopy copy : kLinearCopies) {
      const Buffer target(cu, Bytes(1000, 0));
      copy(cu, target.at + 100, source_at.at + 10, 500);
      CU_OK(cuCtxSynchronize);
      Bytes expected(1000, 0);
      std::copy_n(source.begin() + 10, 500, expected.begin() + 100);
      CHECK(target.read() == expected);
    }
  });
}

TEST_CASE("copies: a unified copy takes plain, pinned and device addresses alike") {
  on_every_kind([](const DriverTable& cu) {
    const Bytes source = counted(300);
    const Buffer device(cu, Bytes(300, 0));
    void* pinned = nullptr;
    CU_OK(cuMemHostAlloc, &pinned, 300, 0);
    Bytes plain(300);
    CU_OK(cuMemcpy, device.at, address(source.data()), 300);
    CU_OK(cuMemcpy, address(pinned), device.at, 300);
    CU_OK(cuMemcpy, address(plain.data()), address(pinned), 300);
    CHECK(plain == source);
    CU_OK(cuMemFreeHost, pinned);
  });
}

TEST_CASE("copies: an asynchronous copy has taken pageable bytes when the call returns") {
  on_every_kind([](const DriverTable& cu) {
    const Buffer to(cu, Bytes(4096, 0));
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate, &stream, 0);
    Bytes source = counted(4096);
    const Bytes before = source;
    CU_OK(cuMemcpyHtoDAsync_v2, to.at, source.data(), source.size(), stream);
    std::fill(source.begin(), source.end(), static_cast<unsigned char>(0xee));
    CU_OK(cuStreamSynchronize, stream);
    CHECK(to.read() == before);
    CU_OK(cuStreamDestroy_v2, stream);
  });
}

TEST_CASE("copies: a range may not leave its allocation") {
  on_every_kind([](const DriverTable& cu) {
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, 8 << 20);
    Bytes host(9 << 20);
    CHECK(CU(cuMemcpyHtoD_v2, at, host.data(), host.size()) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemcpyDtoH_v2, host.data(), at + (4 << 20), 5 << 20) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemcpyHtoD_v2, address(host.data()), host.data(), 16) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemcpyDtoD_v2, at, at, SIZE_MAX) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemcpyHtoD_v2, at, nullptr, 16) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemsetD8_v2, at, 0, SIZE_MAX) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemsetD32_v2, at + 1, 0, 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemcpyHtoD_v2, at, host.data(), 0) == CUDA_SUCCESS);
    CU_OK(cuMemFree_v2, at);
  });
}

TEST_CASE("copies: fills set exactly their elements, of every width, in rows too") {
  on_every_kind([](const DriverTable& cu) {
    const Buffer to(cu, Bytes(64, 0));
    CU_OK(cuMemsetD8_v2, to.at + 1, 0x11, 3);
    CU_OK(cuMemsetD16_v2, to.at + 8, 0x2233, 2);
    CU_OK(cuMemsetD32_v2, to.at + 16, 0x44556677, 1);
    CU_OK(cuMemsetD2D8_v2, to.at + 32, 8, 0x88, 2, 3);
    CU_OK(cuCtxSynchronize);
    Bytes expected(64, 0);
    for (const std::size_t i : {1, 2, 3}) expected[i] = 0x11;
    for (const std::size_t i : {8, 10}) {
      expected[i] = 0x33;
      expected[i + 1] = 0x22;
    }
    expected[16] = 0x77;
    expected[17] = 0x66;
    expected[18] = 0x55;
    expected[19] = 0x44;
    for (const std::size_t i : {32, 33, 40, 41, 48, 49}) expected[i] = 0x88;
    CHECK(to.read() == expected);
  });
}

/// A box inside a larger block of memory.
struct Box {
  std::size_t x, y, z, pitch, rows;
  std::size_t at(std::size_t i, std::size_t j, std::size_t k) const {
    return ((z + k) * rows + y + j) * pitch + x + i;
  }
};

TEST_CASE("copies: a box lands where a model puts it") {
  on_every_kind([](const DriverTable& cu) {
    constexpr Box kFrom{3, 1, 1, 16, 6};
    constexpr Box kTo{5, 2, 0, 24, 5};
    constexpr std::size_t kWidth = 7;
    constexpr std::size_t kHeight = 3;
    constexpr std::size_t kDepth = 2;
    const Bytes source = counted(16 * 6 * 4);
    const Buffer from(cu, source);
    const Buffer to(cu, Bytes(24 * 5 * 3, 0));
    CUDA_MEMCPY3D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = from.at;
    copy.srcXInBytes = kFrom.x;
    copy.srcY = kFrom.y;
    copy.srcZ = kFrom.z;
    copy.srcPitch = kFrom.pitch;
    copy.srcHeight = kFrom.rows;
    copy.dstMemoryType = CU_MEMORYTYPE_UNIFIED;
    copy.dstDevice = to.at;
    copy.dstXInBytes = kTo.x;
    copy.dstY = kTo.y;
    copy.dstZ = kTo.z;
    copy.dstPitch = kTo.pitch;
    copy.dstHeight = kTo.rows;
    copy.WidthInBytes = kWidth;
    copy.Height = kHeight;
    copy.Depth = kDepth;
    CU_OK(cuMemcpy3D_v2, &copy);
    CU_OK(cuCtxSynchronize);
    Bytes expected(24 * 5 * 3, 0);
    for (std::size_t k = 0; k < kDepth; ++k)
      for (std::size_t j = 0; j < kHeight; ++j)
        for (std::size_t i = 0; i < kWidth; ++i)
          expected[kTo.at(i, j, k)] = source[kFrom.at(i, j, k)];
    CHECK(to.read() == expected);
  });
}

TEST_CASE("copies: rows go from host to device and back, and a pitch must hold a row") {
  on_every_kind([](const DriverTable& cu) {
    const Bytes source = counted(10 * 4);
    const Buffer device(cu, Bytes(32 * 4, 0));
    CUDA_MEMCPY2D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = source.data();
    copy.srcPitch = 10;
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = device.at;
    copy.dstPitch = 32;
    copy.WidthInBytes = 10;
    copy.Height = 4;
    CU_OK(cuMemcpy2D_v2, &copy);
    Bytes back(10 * 4);
    CUDA_MEMCPY2D home{};
    home.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    home.srcDevice = device.at;
    home.srcPitch = 32;
    home.dstMemoryType = CU_MEMORYTYPE_HOST;
    home.dstHost = back.data();
    home.dstPitch = 10;
    home.WidthInBytes = 10;
    home.Height = 4;
    CU_OK(cuMemcpy2DAsync_v2, &home, nullptr);
    CU_OK(cuCtxSynchronize);
    CHECK(back == source);
    copy.dstPitch = 9;
    CHECK(CU(cuMemcpy2D_v2, &copy) == CUDA_ERROR_INVALID_VALUE);
    CHECK(CU(cuMemcpy2D_v2, nullptr) == CUDA_ERROR_INVALID_VALUE);
    copy.dstPitch = 32;
    copy.Height = 0;
    CHECK(CU(cuMemcpy2D_v2, &copy) == CUDA_SUCCESS);
  });
}

}  // namespace
}  // namespace vgpu::conformance
