#include "launcher/explain/call_groups.h"

#include <doctest/doctest.h>

namespace vgpu::explain {

TEST_CASE("calls: each belongs to the step that it is made for") {
  CHECK(group_of("cuInit") == CallGroup::init);
  CHECK(group_of("cuDeviceGetCount") == CallGroup::count);
  CHECK(group_of("cuDeviceGetAttribute") == CallGroup::device);
  CHECK(group_of("cuDevicePrimaryCtxRetain") == CallGroup::context);
  CHECK(group_of("cuDevicePrimaryCtxGetState") == CallGroup::other);
  CHECK(group_of("cuLibraryLoadData") == CallGroup::load);
  CHECK(group_of("cuMemAllocAsync_ptsz") == CallGroup::memory);
  CHECK(group_of("cuLaunchKernelEx") == CallGroup::launch);
  CHECK(group_of("nvmlInitWithFlags") == CallGroup::nvml_init);
  CHECK(group_of("cuStreamSynchronize") == CallGroup::other);
}

TEST_CASE("calls: an answer that programs ask for is no failure") {
  CHECK(outcome_of("cuInit", "CUDA_SUCCESS") == Outcome::good);
  CHECK(outcome_of("nvmlInit_v2", "NVML_SUCCESS") == Outcome::good);
  CHECK(outcome_of("cuStreamQuery", "CUDA_ERROR_NOT_READY") == Outcome::neither);
  CHECK(outcome_of("cuGetProcAddress_v2", "CUDA_ERROR_NOT_FOUND") == Outcome::neither);
  CHECK(outcome_of("cuModuleGetFunction", "CUDA_ERROR_NOT_FOUND") == Outcome::bad);
}

TEST_CASE("calls: a number is that of its own argument") {
  CHECK(number_in("count=2", "count") == 2);
  CHECK(number_in("dptr=0x7f, bytesize=1048576", "bytesize") == 1048576);
  CHECK(number_in("count=?, device=3", "count") == std::nullopt);
  CHECK(number_in("device=3", "count") == std::nullopt);
  CHECK(number_in("bytes=99999999999999999999", "bytes") == std::nullopt);
}

}  // namespace vgpu::explain
