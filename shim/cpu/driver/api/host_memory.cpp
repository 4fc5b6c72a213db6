#include <sys/mman.h>

#include <cstring>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/thread_state.h"
#include "shim/cpu/exec/address.h"
#include "shim/cpu/exec/address_space.h"

namespace vgpu::cpu::api {
namespace {

constexpr unsigned kAllocFlags =
    CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;
constexpr unsigned kRegisterFlags = CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP |
                                    CU_MEMHOSTREGISTER_IOMEMORY | CU_MEMHOSTREGISTER_READ_ONLY;

/// True when every page of the range is mapped.
bool is_mapped(std::uint64_t at, std::uint64_t size) {
  constexpr std::uint64_t kPage = 4096;
  constexpr std::uint64_t kStep = std::uint64_t{1} << 30;  // so that the vector stays small
  std::uint64_t from = at / kPage * kPage;
  if (size > UINT64_MAX - at) return false;
  std::vector<unsigned char> pages(kStep / kPage);
  while (from < at + size) {
    const std::uint64_t length = std::min(kStep, at + size - from);
    if (mincore(exec::pointer(from), length, pages.data()) != 0) return false;
    from += length;
  }
  return true;
}

/// Memory of the program's address space that the device sees at the same address.
std::shared_ptr<Allocation> find_host_memory(const void* at) {
  const auto known = address_map().find(exec::number(at));
  return known != nullptr && known->is_host() ? known : nullptr;
}

}  // namespace

CUresult cuMemHostAlloc(void** at, std::size_t size, unsigned flags) {
  require_value(at != nullptr && size != 0, "pp is null, or bytesize 0");
  require_value((flags & ~kAllocFlags) == 0, "unknown flags");
  const auto& context = current_context();
  std::uint64_t mapped = 0;
  void* const got = map_host_memory(size, mapped);
  require(got != nullptr, CUDA_ERROR_OUT_OF_MEMORY, "no host memory is left");
  const auto made = make_allocation(context, Allocation::Kind::host, exec::number(got), size);
  made->mapped = mapped;
  // Unified addressing maps all pinned memory into every context.
  made->flags = flags | CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP;
  address_map().add(made);
  *at = got;
  return CUDA_SUCCESS;
}

CUresult cuMemAllocHost_v2(void** at, std::size_t size) { return cuMemHostAlloc(at, size, 0); }

CUresult cuMemFreeHost(void* at) {
  current_context();
  const auto known = address_map().find_start(exec::number(at));
  require_value(known != nullptr && known->kind == Allocation::Kind::host,
                "not the start of pinned memory");
  known->context->synchronize();
  const auto taken = address_map().take(exec::number(at));
  require_value(taken == known, "freed by another thread");
  release_memory(*taken);
  return CUDA_SUCCESS;
}

CUresult cuMemHostRegister_v2(void* at, std::size_t size, unsigned flags) {
  require_value(at != nullptr && size != 0, "p is null, or bytesize 0");
  require_value((flags & ~kRegisterFlags) == 0, "unknown flags");
  const auto& context = current_context();
  require((flags & CU_MEMHOSTREGISTER_IOMEMORY) == 0, CUDA_ERROR_NOT_SUPPORTED,
          "memory of other devices cannot be registered");
  require_value(is_mapped(exec::number(at), size), "the range is not mapped");
  const auto made = make_allocation(context, Allocation::Kind::registered, exec::number(at), size);
  made->flags = flags | CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP;
  require(address_map().add(made), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
          "part of the range is registered already");
  exec::address_space().admit(made->base, made->size);
  return CUDA_SUCCESS;
}

CUresult cuMemHostUnregister(void* at) {
  require_value(at != nullptr, "p is null");
  current_context();
  const auto known = address_map().find_start(exec::number(at));
  require(known != nullptr && known->kind == Allocation::Kind::registered,
          CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "the address is not registered");
  const auto taken = address_map().take(exec::number(at));
  require(taken == known, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "unregistered by another thread");
  release_memory(*taken);
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* at, unsigned flags) {
  require_value(device != nullptr && at != nullptr && flags == 0,
                "pdptr or p is null, or Flags are not 0");
  current_context();
  require_value(find_host_memory(at) != nullptr, "the address is not pinned");
  *device = exec::number(at);
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned* flags, void* at) {
  require_value(flags != nullptr && at != nullptr, "pFlags or p is null");
  current_context();
  const auto known = find_host_memory(at);
  require_value(known != nullptr && known->kind == Allocation::Kind::host,
                "the address is not of cuMemHostAlloc");
  *flags = known->flags;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
