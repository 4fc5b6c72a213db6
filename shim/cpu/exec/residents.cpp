#include "shim/cpu/exec/residents.h"

#include <algorithm>

#include "shim/cpu/exec/grid_run.h"

namespace vgpu::exec {

Residents::Residents(const Grid& grid, const CompiledKernel& kernel, MemoryPool& memory,
                     std::uint32_t worker)
    : grid_(grid), kernel_(kernel), memory_(memory), worker_(worker) {}

Residents::~Residents() {
  for (auto& each : all_) memory_.give(std::move(each->memory));
}

Residents::Resident& Residents::vacant() {
  for (auto& each : all_)
    if (!each->running) return *each;
  auto made = std::make_unique<Resident>();
  made->memory = memory_.take();
  BlockState& state = made->state;
  state.grid = &grid_;
  state.worker = worker_;
  if (grid_.total_shared != 0) state.shared = made->memory->shared(grid_.total_shared);
  if (kernel_.local_bytes != 0)
    state.local = made->memory->local(std::size_t{grid_.warps} * 32 * kernel_.local_bytes);
  made->runner = std::make_unique<BlockRunner>(state, reinterpret_cast<WarpKernel>(kernel_.entry),
                                               *made->memory);
  all_.push_back(std::move(made));
  return *all_.back();
}

void Residents::start(std::uint64_t block) {
  Resident& each = vacant();
  each.state.place(block);
  each.runner->start();
  each.running = true;
  ++running_;
}

BlockRunner::Progress Residents::round() {
  using Progress = BlockRunner::Progress;
  Progress all = Progress::polled;
  for (const auto& each : all_) {
    if (!each->running) continue;
    const Progress progress = each->runner->round();
    if (progress == Progress::deadlock) return progress;
    if (progress == Progress::polled) continue;
    all = Progress::moved;
    if (progress != Progress::ended) continue;
    each->running = false;
    --running_;
  }
  return all;
}

}  // namespace vgpu::exec
