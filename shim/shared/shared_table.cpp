#include "shim/shared/shared_table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <new>

namespace vgpu {
namespace {

struct flock lock_on(std::size_t index, int type) noexcept {
  struct flock lock {};
  lock.l_type = static_cast<short>(type);
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(index);
  lock.l_len = 1;
  return lock;
}

/// A descriptor of the tree's file, or -1 where there is none of the right size.
int open_state() noexcept {
  const int fd = ::open(kSharedStatePath.data(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat status {};
  const bool fits =
      ::fstat(fd, &status) == 0 && status.st_size >= static_cast<off_t>(sizeof(SharedState));
  if (fits) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

SharedTable& SharedTable::of_tree() {
  static auto* const table = new SharedTable(open_state());
  return *table;
}

SharedTable::SharedTable(int fd) : fd_(fd) {
  const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* const got = ::mmap(nullptr, sizeof(SharedState), PROT_READ | PROT_WRITE, flags, fd, 0);
  if (got == MAP_FAILED) throw std::bad_alloc();
  state_ = static_cast<SharedState*>(got);
}

SharedTable::~SharedTable() { ::munmap(state_, sizeof(SharedState)); }

// Asked as the owner of an open file, which is never the owner of a process's lock: so it sees the
// locks of all processes, also those that another library of this one holds.
std::optional<pid_t> SharedTable::owner_of(std::size_t index) const noexcept {
  if (fd_ < 0) return std::nullopt;
  struct flock lock = lock_on(index, F_WRLCK);
  if (::fcntl(fd_, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid > 0 ? lock.l_pid : 0;
}

SharedSlot* SharedTable::claim(std::uint64_t gpu) {
  for (std::size_t i = 0; i < SharedState::kSlots; ++i) {
    bool taken = false;
    if (ours_[i].load() || owner_of(i)) continue;
    if (!ours_[i].compare_exchange_strong(taken, true)) continue;
    struct flock lock = lock_on(i, F_WRLCK);
    if (fd_ >= 0 && ::fcntl(fd_, F_SETLK, &lock) != 0) {
      ours_[i] = false;
      continue;
    }
    SharedSlot& slot = state_->slots[i];
    slot.gpu = 0;
    slot.used = 0;
    slot.pending = 0;
    slot.busy_since = 0;
    for (auto& bucket : slot.busy) bucket = 0;
    slot.gpu = gpu;
    return &slot;
  }
  return nullptr;
}

void SharedTable::give_back(SharedSlot* slot) noexcept {
  const auto index = static_cast<std::size_t>(slot - state_->slots.data());
  slot->gpu = 0;
  struct flock lock = lock_on(index, F_UNLCK);
  if (fd_ >= 0) ::fcntl(fd_, F_SETLK, &lock);
  ours_[index] = false;
}

std::vector<SharedTable::Use> SharedTable::uses_of(std::uint64_t gpu) const {
  std::vector<Use> uses;
  for (std::size_t i = 0; i < SharedState::kSlots; ++i) {
    const SharedSlot& slot = state_->slots[i];
    if (slot.gpu.load() != gpu) continue;
    if (ours_[i].load()) {
      uses.push_back({&slot, ::getpid(), true});
    } else if (const auto pid = owner_of(i)) {
      uses.push_back({&slot, *pid, false});
    }
  }
  return uses;
}

}  // namespace vgpu
