// Managed memory: advice and prefetches move nothing here, and are remembered page by page.
#include <array>

#include "tests/conformance/kind.h"

namespace vgpu::conformance {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kBytes = 16 * kPage;
constexpr CUmemLocation kDevice{CU_MEM_LOCATION_TYPE_DEVICE, 0};
constexpr CUmemLocation kHost{CU_MEM_LOCATION_TYPE_HOST, 0};

class Managed {
 public:
  explicit Managed(const DriverTable& table) : cu(table) {
    CU_OK(cuMemAllocManaged, &at_, kBytes, unsigned{CU_MEM_ATTACH_GLOBAL});
  }
  Managed(const Managed&) = delete;
  Managed& operator=(const Managed&) = delete;
  ~Managed() { CHECK(CU(cuMemFree_v2, at_) == CUDA_SUCCESS); }
  CUdeviceptr at() const { return at_; }

  int attribute(CUmem_range_attribute which, std::size_t page = 0,
                std::size_t bytes = kPage) const {
    int value = -77;
    CU_OK(cuMemRangeGetAttribute, &value, sizeof value, which, at_ + page * kPage, bytes);
    return value;
  }
  std::array<int, 3> accessors(std::size_t page = 0, std::size_t bytes = kPage) const {
    std::array<int, 3> list{};
    CU_OK(cuMemRangeGetAttribute, list.data(), sizeof list, CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY,
          at_ + page * kPage, bytes);
    return list;
  }

 private:
  const DriverTable& cu;
  CUdeviceptr at_ = 0;
};

class OwnStream {
 public:
  explicit OwnStream(const DriverTable& table) : cu(table) { CU_OK(cuStreamCreate, &stream_, 0U); }
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;
  ~OwnStream() { CHECK(CU(cuStreamDestroy_v2, stream_) == CUDA_SUCCESS); }
  CUstream get() const { return stream_; }

 private:
  const DriverTable& cu;
  CUstream stream_ = nullptr;
};

TEST_CASE("managed: fresh memory has no advice, and nothing was prefetched") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 0, kBytes) == 0);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION) == kDeviceInvalid);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION) == kDeviceInvalid);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE) ==
          CU_MEM_LOCATION_TYPE_INVALID);
    CHECK(memory.accessors() == std::array{kDeviceInvalid, kDeviceInvalid, kDeviceInvalid});
  });
}

TEST_CASE("managed: advice holds for the pages that it touches, and is taken back") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    // Two bytes on both sides of a page's end are two pages.
    CU_OK(cuMemAdvise_v2, memory.at() + 2 * kPage - 1, 2, CU_MEM_ADVISE_SET_READ_MOSTLY, kDevice);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 0) == 0);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 1, 2 * kPage) == 1);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 3) == 0);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 0, kBytes) == 0);
    CU_OK(cuMemAdvise_v2, memory.at() + kPage, kPage, CU_MEM_ADVISE_UNSET_READ_MOSTLY, kDevice);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 1) == 0);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 2) == 1);
  });
}

TEST_CASE("managed: a preferred location is one only where all pages have the same") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    constexpr auto kLocation = CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION;
    CU_OK(cuMemAdvise, memory.at(), kBytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, CUdevice{0});
    CHECK(memory.attribute(kLocation, 0, kBytes) == 0);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE) ==
          CU_MEM_LOCATION_TYPE_DEVICE);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID) == 0);
    CU_OK(cuMemAdvise, memory.at() + 8 * kPage, kPage, CU_MEM_ADVISE_SET_PREFERRED_LOCATION,
          kDeviceCpu);
    CHECK(memory.attribute(kLocation, 8) == kDeviceCpu);
    CHECK(memory.attribute(kLocation, 0, 8 * kPage) == 0);
    CHECK(memory.attribute(kLocation, 0, kBytes) == kDeviceInvalid);
    CU_OK(cuMemAdvise, memory.at(), kBytes, CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION, CUdevice{0});
    CHECK(memory.attribute(kLocation, 0) == kDeviceInvalid);
  });
}

TEST_CASE("managed: who accesses a range is listed as far as there is room, the rest is INVALID") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    CU_OK(cuMemAdvise_v2, memory.at(), kBytes, CU_MEM_ADVISE_SET_ACCESSED_BY, kDevice);
    CU_OK(cuMemAdvise_v2, memory.at(), kPage, CU_MEM_ADVISE_SET_ACCESSED_BY, kHost);
    CHECK(memory.accessors(0) == std::array{0, kDeviceCpu, kDeviceInvalid});
    CHECK(memory.accessors(0, kBytes) == std::array{0, kDeviceInvalid, kDeviceInvalid});
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, 4) == 0);
    CU_OK(cuMemAdvise_v2, memory.at(), kBytes, CU_MEM_ADVISE_UNSET_ACCESSED_BY, kDevice);
    CHECK(memory.accessors(0) == std::array{kDeviceCpu, kDeviceInvalid, kDeviceInvalid});
    CHECK(CU(cuMemAdvise_v2, memory.at(), kPage, CU_MEM_ADVISE_SET_ACCESSED_BY,
             CUmemLocation{CU_MEM_LOCATION_TYPE_HOST_NUMA, 0}) == CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("managed: the last prefetch is remembered, one range or many at a time") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    const OwnStream stream(cu);
    constexpr auto kLast = CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION;
    CU_OK(cuMemPrefetchAsync, memory.at(), kBytes, CUdevice{0}, stream.get());
    CHECK(memory.attribute(kLast, 0, kBytes) == 0);
    std::array<CUdeviceptr, 3> at{memory.at(), memory.at() + kPage, memory.at() + 4 * kPage};
    std::array<std::size_t, 3> sizes{kPage, kPage, kPage};
    std::array<CUmemLocation, 2> where{kHost, kDevice};
    std::array<std::size_t, 2> starts{0, 2};
    CU_OK(cuMemPrefetchBatchAsync, at.data(), sizes.data(), at.size(), where.data(), starts.data(),
          where.size(), 0ULL, stream.get());
    CHECK(memory.attribute(kLast, 0, 2 * kPage) == kDeviceCpu);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE, 1) ==
          CU_MEM_LOCATION_TYPE_HOST);
    CHECK(memory.attribute(kLast, 2, 14 * kPage) == 0);
    CHECK(memory.attribute(kLast, 0, kBytes) == kDeviceInvalid);
    CU_OK(cuMemDiscardBatchAsync, at.data(), sizes.data(), at.size(), 0ULL, stream.get());
    CU_OK(cuMemDiscardAndPrefetchBatchAsync, at.data(), sizes.data(), at.size(), where.data(),
          starts.data(), std::size_t{1}, 0ULL, stream.get());
    CHECK(memory.attribute(kLast, 4) == kDeviceCpu);
    CU_OK(cuStreamSynchronize, stream.get());
  });
}

TEST_CASE("managed: several attributes at once, or none if one of them is wrong") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    CU_OK(cuMemAdvise_v2, memory.at(), kBytes, CU_MEM_ADVISE_SET_READ_MOSTLY, kDevice);
    int mostly = -77;
    std::array<int, 2> by{-77, -77};
    std::array<void*, 2> data{&mostly, by.data()};
    std::array<std::size_t, 2> sizes{sizeof mostly, sizeof by};
    std::array<CUmem_range_attribute, 2> which{CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                               CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY};
    const auto ask = [&](std::size_t count, std::size_t bytes) {
      return CU(cuMemRangeGetAttributes, data.data(), sizes.data(), which.data(), count,
                memory.at(), bytes);
    };
    sizes[1] = 6;
    CHECK(ask(2, kBytes) == CUDA_ERROR_INVALID_VALUE);
    CHECK(mostly == -77);
    sizes[1] = sizeof by;
    CHECK(ask(2, kBytes) == CUDA_SUCCESS);
    CHECK(mostly == 1);
    CHECK(by == std::array{kDeviceInvalid, kDeviceInvalid});
    CHECK(ask(0, kBytes) == CUDA_ERROR_INVALID_VALUE);
    CHECK(ask(2, 0) == CUDA_ERROR_INVALID_VALUE);
    CHECK(ask(2, kBytes + 1) == CUDA_ERROR_INVALID_VALUE);
    sizes[0] = 8;
    CHECK(ask(1, kBytes) == CUDA_ERROR_INVALID_VALUE);
    sizes[0] = 4;
    which[0] = static_cast<CUmem_range_attribute>(99);
    CHECK(ask(1, kBytes) == CUDA_ERROR_INVALID_VALUE);
  });
}

TEST_CASE("managed: device memory has no such attributes, and cannot be prefetched or discarded") {
  on_every_kind([](const DriverTable& cu) {
    const OwnStream stream(cu);
    CUdeviceptr at = 0;
    CU_OK(cuMemAlloc_v2, &at, kBytes);
    int value = 0;
    CHECK(CU(cuMemRangeGetAttribute, &value, 4, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, at, kBytes) ==
          CUDA_ERROR_INVALID_VALUE);
    std::size_t size = kBytes;
    CHECK(CU(cuMemDiscardBatchAsync, &at, &size, 1, 0ULL, stream.get()) ==
          CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFree_v2, at);
  });
}

TEST_CASE("managed: a batch is refused whole: wrong starts, flags, the legacy stream") {
  on_every_kind([](const DriverTable& cu) {
    const Managed memory(cu);
    const OwnStream stream(cu);
    std::array<CUdeviceptr, 2> at{memory.at(), memory.at() + kPage};
    std::array<std::size_t, 2> sizes{kPage, kPage};
    std::array<CUmemLocation, 2> where{kDevice, kHost};
    const auto batch = [&](std::array<std::size_t, 2> starts, unsigned long long flags,
                           CUstream on) {
      return CU(cuMemPrefetchBatchAsync, at.data(), sizes.data(), at.size(), where.data(),
                starts.data(), starts.size(), flags, on);
    };
    CHECK(batch({1, 1}, 0, stream.get()) == CUDA_ERROR_INVALID_VALUE);
    CHECK(batch({0, 0}, 0, stream.get()) == CUDA_ERROR_INVALID_VALUE);
    CHECK(batch({0, 2}, 0, stream.get()) == CUDA_ERROR_INVALID_VALUE);
    CHECK(batch({0, 1}, 1, stream.get()) == CUDA_ERROR_INVALID_VALUE);
    CHECK(batch({0, 1}, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION) == kDeviceInvalid);
    CHECK(batch({0, 1}, 0, stream.get()) == CUDA_SUCCESS);
    CHECK(memory.attribute(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION) == 0);
  });
}

}  // namespace
}  // namespace vgpu::conformance
