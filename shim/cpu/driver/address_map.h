#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/driver/managed_advice.h"

namespace vgpu::cpu {

class Context;
struct GraphMemory;
struct MemoryPool;
struct PhysicalMemory;

/// One range of memory that the driver knows: its kind, and who owns it.
struct Allocation {
  enum class Kind : std::uint8_t {
    device,      ///< cuMemAlloc
    pool,        ///< cuMemAllocAsync: freed only in stream order or by cuMemFree
    module,      ///< a module's variable
    host,        ///< cuMemHostAlloc: pinned
    registered,  ///< cuMemHostRegister: the program's own memory
    managed,     ///< cuMemAllocManaged, and __managed__ variables
    mapped,      ///< cuMemMap: physical memory at a reserved address
  };
  std::uint64_t base = 0;
  std::uint64_t size = 0;  ///< as asked for. Units: bytes
  Kind kind = Kind::device;
  std::shared_ptr<Context> context;
  std::uint64_t context_id = 0;  ///< of the context's incarnation
  unsigned flags = 0;
  bool of_module = false;            ///< a module's variable: never freed by the program
  std::uint64_t id = 0;              ///< CU_POINTER_ATTRIBUTE_BUFFER_ID
  std::shared_ptr<MemoryPool> pool;  ///< that counts it, for pool memory
  std::uint64_t mapped = 0;  ///< Units: bytes; length of the mapping behind host and managed memory
  std::shared_ptr<PhysicalMemory> physical;  ///< what is mapped here
  std::shared_ptr<GraphMemory> of_graph;     ///< of a graph's allocation node
  std::atomic<std::uint64_t> access{0};      ///< of mapped memory: CUmemAccess_flags << 2 * ordinal
  ManagedAdvice advice;                      ///< of managed memory

  bool on_device() const noexcept {
    return kind == Kind::device || kind == Kind::pool || kind == Kind::module ||
           kind == Kind::mapped;
  }
  /// False for mapped memory that no device was given access to.
  bool accessible() const noexcept { return kind != Kind::mapped || access != 0; }
  bool is_host() const noexcept { return kind == Kind::host || kind == Kind::registered; }
  bool holds(std::uint64_t at, std::uint64_t bytes) const noexcept {
    return at >= base && at - base <= size && bytes <= size - (at - base);
  }
};

/// Every Allocation of the process by address. Ranges never overlap.
class AddressMap {
 public:
  /// False when the range overlaps one that is there.
  bool add(const std::shared_ptr<Allocation>& allocation);

  /// The allocation that `address` lies in, or null.
  std::shared_ptr<Allocation> find(std::uint64_t address) const;
  /// The allocation that begins at `address`, or null.
  std::shared_ptr<Allocation> find_start(std::uint64_t address) const;
  /// True when the range lies in one allocation, or in mappings side by side, and may be used.
  bool holds(std::uint64_t at, std::uint64_t size) const;
  /// The mappings that make up exactly this range, in order; empty when none do.
  std::vector<std::shared_ptr<Allocation>> mappings(std::uint64_t at, std::uint64_t size) const;
  /// True when any part of the range is known.
  bool overlaps(std::uint64_t at, std::uint64_t size) const;

  /// Removes the allocation that begins at `address`. Null when there is none.
  std::shared_ptr<Allocation> take(std::uint64_t address);
  /// Removes all that belong to this incarnation of a context.
  std::vector<std::shared_ptr<Allocation>> take_all(std::uint64_t context_id);

 private:
  bool overlaps_locked(std::uint64_t at, std::uint64_t size) const;

  mutable std::shared_mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Allocation>> by_address_;
};

AddressMap& address_map();

/// Makes an Allocation with a fresh id, owned by `context`.
std::shared_ptr<Allocation> make_allocation(const std::shared_ptr<Context>& context,
                                            Allocation::Kind kind, std::uint64_t base,
                                            std::uint64_t size);

/// Gives the memory behind an allocation, already out of the map, back.
void release_memory(const Allocation& allocation);

/// `size` bytes of ordinary zeroed memory on a page boundary; null when there is none.
void* map_host_memory(std::uint64_t size, std::uint64_t& mapped);

}  // namespace vgpu::cpu
