#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

/// What the program has said of one page of managed memory. There is nothing to act upon, but it
/// may be asked for again.
struct PageAdvice {
  bool read_mostly = false;
  CUmemLocation preferred{CU_MEM_LOCATION_TYPE_INVALID, 0};
  CUmemLocation prefetched{CU_MEM_LOCATION_TYPE_INVALID, 0};
  std::uint64_t devices = 0;  ///< that will access it, a bit for each ordinal
  bool host = false;          ///< will access it
};

/// The advice of one allocation, in runs of pages. Of several threads.
class ManagedAdvice {
 public:
  /// Changes the advice of every page that the range touches. Units: bytes, addresses
  void change(std::uint64_t at, std::uint64_t size, const std::function<void(PageAdvice&)>& change);
  /// What holds for all of these pages: of what they differ in, what a fresh page has.
  PageAdvice common(std::uint64_t at, std::uint64_t size) const;

 private:
  using Runs = std::map<std::uint64_t, PageAdvice>;
  Runs::iterator split(std::uint64_t page);

  mutable std::mutex mutex_;
  Runs runs_;  ///< by first page; one lasts until the next begins. Before the first: fresh
};

}  // namespace vgpu::cpu
