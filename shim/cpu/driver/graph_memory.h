#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

class Context;
struct Device;

/// The memory of a graph's allocation node: its address is there from the node's making, the memory
/// behind it from the node's running until it is freed. Units: bytes.
struct GraphMemory : std::enable_shared_from_this<GraphMemory> {
  /// Errors: OUT_OF_MEMORY.
  GraphMemory(std::shared_ptr<Context> of, std::uint64_t bytes);
  GraphMemory(const GraphMemory&) = delete;
  GraphMemory& operator=(const GraphMemory&) = delete;
  ~GraphMemory();

  /// Makes the address known, so that other nodes may name it.
  void announce();
  /// Puts memory behind the address. Errors, as codes: OUT_OF_MEMORY, INVALID_VALUE when it is
  /// there.
  CUresult map();
  /// Takes it away; the address map must have forgotten it.
  void unmap();
  /// Forgets the address and takes the memory away, if it is there.
  void free();
  bool mapped() const noexcept { return mapped_; }

  const std::shared_ptr<Context> context;
  const std::uint64_t size;   ///< as asked for
  const std::uint64_t space;  ///< in whole granules
  std::uint64_t address = 0;
  std::atomic<bool> live{false};  ///< launched and not freed since, as the program's calls go

 private:
  std::atomic<bool> mapped_{false};
};

/// Whether a graph allocates memory at this address, there now or not.
bool is_graph_memory(std::uint64_t address);

/// How much memory of graphs a device has. Units: bytes.
struct GraphMemoryUse {
  std::atomic<std::uint64_t> now{0};
  std::atomic<std::uint64_t> high{0};
};

}  // namespace vgpu::cpu
