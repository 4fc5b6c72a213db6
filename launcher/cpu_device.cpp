#include "launcher/cpu_device.h"

#include <algorithm>
#include <string_view>

namespace vgpu::launcher {
namespace {

struct Capability {
  int attribute;
  std::int32_t value;
  std::string_view why;
};

constexpr std::string_view kNoExport = "memory cannot be handed to other processes or devices";
constexpr std::string_view kNoInterop = "shares nothing with other devices, drivers or processes";
constexpr std::string_view kNoHostPools = "pools are of device memory only";
constexpr std::string_view kOldStreamWrites = "the first cuStreamWaitValue and cuStreamWriteValue";
constexpr std::string_view kStreamWrites = "cuStreamWaitValue and cuStreamWriteValue";

/// The one place that says what the cpu device can do.
constexpr Capability kCapabilities[] = {
    {35, 0, "TCC is a driver model of Windows"},
    {78, 1, "priorities are accepted as the hints that they are"},
    {83, 1, "managed memory is host memory"},
    {86, 0, "as on a PCIe card"},
    {88, 0, "only memory of ours is checked and known"},
    {89, 0, "the host waits for the device before it touches managed memory"},
    {91, 1, "device and host address of registered memory are one"},
    {92, 0, kOldStreamWrites},
    {93, 0, kOldStreamWrites},
    {94, 0, kOldStreamWrites},
    {95, 1, "all blocks of a cooperative grid run at once"},
    {96, 0, "one device per cooperative grid"},
    {98, 0, kNoInterop},
    {99, 1, "registering host memory costs nothing"},
    {100, 0, "see 88"},
    {101, 0, "see 89"},
    {102, 1, "cuMem address management"},
    {103, 0, kNoExport},
    {107, 0, "no compressible memory"},
    {110, 0, kNoExport},
    {112, 0, "no sparse arrays"},
    {113, 0, "registered host memory is writable"},
    {114, 0, kNoInterop},
    {115, 1, "stream-ordered allocation"},
    {116, 0, kNoInterop},
    {117, 0, kNoInterop},
    {118, 0, kNoInterop},
    {119, 0, "pools cannot be exported"},
    {120, 0, "no thread block clusters"},
    {121, 0, "no deferred mapping of arrays"},
    {122, 1, kStreamWrites},
    {123, 1, kStreamWrites},
    {124, 0, kNoInterop},
    {125, 0, kNoInterop},
    {126, 1, "one memory synchronisation domain"},
    {127, 0, "no tensor maps"},
    {128, 0, kNoExport},
    {129, 0, "function pointers are per module"},
    {130, 0, "memory is no NUMA node of its own"},
    {131, -1, "see 130"},
    {132, 0, kNoInterop},
    {136, 0, "no decompression engine"},
    {137, 0, "see 136"},
    {141, 0, kNoExport},
    {142, 0, kNoHostPools},
    {143, 0, kNoInterop},
    {144, 0, kNoHostPools},
    {145, 0, kNoExport},
    {146, 0, kNoInterop},
    {147, 0, "see 86"},
};
static_assert(std::ranges::is_sorted(kCapabilities, {}, &Capability::attribute));

}  // namespace

void limit_to_cpu_device(GpuProfile& gpu) {
  for (const Capability& row : kCapabilities)
    gpu.attributes[static_cast<std::size_t>(row.attribute)] = row.value;
}

}  // namespace vgpu::launcher
