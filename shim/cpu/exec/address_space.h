#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "shim/cpu/exec/range_set.h"

namespace vgpu::exec {

/// Which addresses kernels may use. Everything that is theirs lies in one aligned region of the
/// process's addresses, so that generated code tells it from the program's own memory by the high
/// bits; what else a kernel may touch, memory that the program registered, is a list. The edges of
/// the region stay empty: an address in it and a 32-bit offset never leave it for other memory.
/// Units: bytes.
class AddressSpace {
 public:
  /// Takes the largest region up to `most`, a power of two, that the process's limits allow.
  explicit AddressSpace(std::uint64_t most);

  /// Addresses without memory (PROT_NONE), in the region as long as it has any.
  /// Errors: nullptr, also for no bytes or more than there are. `align` is a power of two.
  void* reserve(std::uint64_t size, std::uint64_t align);
  /// The same at an address of the region, a multiple of the page size. False when it is taken.
  bool reserve_at(void* at, std::uint64_t size);
  /// Gives back what reserve() gave, whatever has become of the memory there.
  void release(void* at, std::uint64_t size) noexcept;

  /// Lets kernels use memory that lies elsewhere; once for each withdraw() of the same range.
  void admit(std::uint64_t at, std::uint64_t size);
  void withdraw(std::uint64_t at, std::uint64_t size) noexcept;

  /// The region is [base(), base() + size()); both are 0 where none was to be had.
  std::uint64_t base() const noexcept { return base_; }
  std::uint64_t size() const noexcept { return size_; }
  bool in_region(std::uint64_t at) const noexcept { return at - base_ < size_; }
  /// True when an access there is a kernel's to make; whether there is memory is another question.
  bool allows(std::uint64_t at, std::uint64_t size) const;

 private:
  std::uint64_t base_ = 0;
  std::uint64_t size_ = 0;
  mutable std::mutex mutex_;
  RangeSet free_;
  mutable std::shared_mutex admitted_mutex_;
  std::multimap<std::uint64_t, std::uint64_t> admitted_;  // first page -> end of the last
  std::uint64_t longest_ = 0;                             // of what was ever admitted
};

/// The process's; lives as long as it does.
AddressSpace& address_space();

}  // namespace vgpu::exec
