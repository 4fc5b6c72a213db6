#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "shim/cpu/driver/address_map.h"

namespace vgpu::cpu {

struct Device;

/// Memory of a device without an address: what cuMemCreate makes and cuMemMap maps. It counts as
/// used while a handle or a mapping is left. Units: bytes, whole granules.
struct PhysicalMemory {
  /// Errors: OUT_OF_MEMORY.
  PhysicalMemory(Device& of, std::uint64_t bytes, const CUmemAllocationProp& wanted);
  PhysicalMemory(const PhysicalMemory&) = delete;
  PhysicalMemory& operator=(const PhysicalMemory&) = delete;
  ~PhysicalMemory();

  Device& device;
  const std::uint64_t size;
  const CUmemAllocationProp properties;
  std::uint64_t shared = 0;  ///< where map_range() finds it
  unsigned handles = 1;      ///< guarded by Reservations: how often the program must release it
};

/// The address ranges that the program has reserved.
class Reservations {
 public:
  void add(std::uint64_t at, std::uint64_t size);
  /// True when the range lies in one reservation.
  bool holds(std::uint64_t at, std::uint64_t size) const;
  /// Removes exactly this reservation; false when there is none.
  bool take(std::uint64_t at, std::uint64_t size);

  /// Held while ranges are mapped and unmapped, and handles counted.
  std::mutex& order() noexcept { return order_; }

 private:
  std::mutex order_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> by_address_;
};

Reservations& reservations();

/// What a device may do with mapped memory.
CUmemAccess_flags access_of(const Allocation& mapping, int ordinal);
/// Sets it for one device, and opens the memory as far as any device may go.
bool set_access(Allocation& mapping, int ordinal, CUmemAccess_flags flags);

}  // namespace vgpu::cpu
