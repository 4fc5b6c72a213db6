// Many ranges of managed memory at once.
#include <vector>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/managed.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

using Managed = std::vector<std::shared_ptr<Allocation>>;

/// Checks all before any is done.
Managed ranges(const CUdeviceptr* addresses, const std::size_t* sizes, std::size_t count,
               unsigned long long flags, CUstream stream) {
  const auto context = current_context();
  require_value(addresses != nullptr && sizes != nullptr && count != 0, "there are no ranges");
  require_value(flags == 0, "flags are not 0");
  require_value(stream != nullptr && stream != stream_legacy(),
                "batches are not for the legacy default stream");
  find_stream(stream, context);
  Managed found;
  for (std::size_t n = 0; n < count; ++n) {
    require_value(sizes[n] != 0, "a size is 0");
    found.push_back(managed_at(addresses[n], sizes[n]));
  }
  return found;
}

/// Location i is that of the ranges from starts[i] up to the next one's start.
void check_locations(const CUmemLocation* locations, const std::size_t* starts, std::size_t count,
                     std::size_t ranges) {
  require_value(
      locations != nullptr && starts != nullptr && count != 0 && count <= ranges && starts[0] == 0,
      "locations do not start at the first range");
  for (std::size_t n = 0; n < count; ++n) {
    require_location(locations[n]);
    require_value(n == 0 || (starts[n] > starts[n - 1] && starts[n] < ranges),
                  "the starts are not in order");
  }
}

}  // namespace

CUresult cuMemPrefetchBatchAsync(CUdeviceptr* addresses, std::size_t* sizes, std::size_t count,
                                 CUmemLocation* locations, std::size_t* starts,
                                 std::size_t location_count, unsigned long long flags,
                                 CUstream stream) {
  const Managed managed = ranges(addresses, sizes, count, flags, stream);
  check_locations(locations, starts, location_count, count);
  std::size_t location = 0;
  for (std::size_t n = 0; n < count; ++n) {
    if (location + 1 < location_count && starts[location + 1] == n) ++location;
    note_prefetch(*managed[n], addresses[n], sizes[n], locations[location]);
  }
  return CUDA_SUCCESS;
}

// What is discarded may read as anything, so also as what it was.

CUresult cuMemDiscardBatchAsync(CUdeviceptr* addresses, std::size_t* sizes, std::size_t count,
                                unsigned long long flags, CUstream stream) {
  ranges(addresses, sizes, count, flags, stream);
  return CUDA_SUCCESS;
}

CUresult cuMemDiscardAndPrefetchBatchAsync(CUdeviceptr* addresses, std::size_t* sizes,
                                           std::size_t count, CUmemLocation* locations,
                                           std::size_t* starts, std::size_t location_count,
                                           unsigned long long flags, CUstream stream) {
  return cuMemPrefetchBatchAsync(addresses, sizes, count, locations, starts, location_count, flags,
                                 stream);
}

}  // namespace vgpu::cpu::api
