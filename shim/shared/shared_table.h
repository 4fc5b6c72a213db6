#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "shim/abi/profile.h"
#include "shim/abi/shared_state.h"

namespace vgpu {

/// The tree's table of who uses which GPU, or, without a supervisor, one of this process alone.
/// Works without locks that a stopped or killed process could leave behind.
class SharedTable {
 public:
  /// A slot of a living process.
  struct Use {
    const SharedSlot* slot;
    pid_t pid;  ///< as this process sees it; 0: it is in a PID namespace that we do not see
    bool ours;
  };

  /// The table that the supervisor serves. Never closed: by closing any descriptor of the file, a
  /// process would give up the locks that its other libraries hold.
  static SharedTable& of_tree();

  /// Maps `fd`, which it does not own and must stay open; -1: private memory.
  explicit SharedTable(int fd);
  SharedTable(const SharedTable&) = delete;
  SharedTable& operator=(const SharedTable&) = delete;
  ~SharedTable();

  /// Takes a free slot, or that of a process that has ended. Null when all are taken.
  SharedSlot* claim(std::uint64_t gpu);
  void give_back(SharedSlot* slot) noexcept;

  /// Every living process's use of the GPU.
  std::vector<Use> uses_of(std::uint64_t gpu) const;

 private:
  std::optional<pid_t> owner_of(std::size_t index) const noexcept;

  int fd_;
  SharedState* state_ = nullptr;
  std::array<std::atomic<bool>, SharedState::kSlots> ours_{};
};

}  // namespace vgpu
