#include "shim/cpu/exec/block_runner.h"

#include <bit>
#include <cstring>

namespace vgpu::exec {

namespace {

constexpr std::uint32_t kWarpThreads = 32;
constexpr std::uint64_t kWaits = ~std::uint64_t{0};  // a warp on its own stack gave up its turn

std::uint32_t field(std::uint64_t arrival, unsigned shift, std::uint64_t mask) {
  return static_cast<std::uint32_t>(arrival >> shift & mask);
}

BarrierKind kind_of(std::uint64_t arrival) {
  return static_cast<BarrierKind>(field(arrival, Arrival::kKindShift, 0xf));
}

std::uint64_t all_warps(std::uint32_t warps) {
  return warps >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << warps) - 1;
}

}  // namespace

BlockRunner::BlockRunner(BlockState& state, WarpKernel kernel, std::byte* frames,
                         std::size_t frame_bytes)
    : state_(state), kernel_(kernel), frames_(frames), frame_bytes_(frame_bytes) {
  state_.runner = this;
}

BlockRunner::BlockRunner(BlockState& state, WarpKernel kernel, WorkerMemory& memory)
    : state_(state), kernel_(kernel), stacks_(&memory), stacked_(state.grid->warps) {
  state_.runner = this;
}

void BlockRunner::start() {
  const std::uint32_t warps = state_.grid->warps;
  runnable_ = all_warps(warps);
  live_ = warps;
  // Small blocks are over in less time than it takes to look at every barrier.
  for (std::uint32_t left = used_; left != 0; left &= left - 1)
    barriers_[static_cast<std::size_t>(std::countr_zero(left))] = {};
  used_ = 0;
  invalid_ = false;
  for (std::uint32_t warp = 0; warp < warps; ++warp) {
    if (stacks_ == nullptr) {
      const WarpFrame start;
      std::memcpy(frames_ + warp * frame_bytes_, &start, sizeof start);
    } else {
      Stacked& each = stacked_[warp];
      each = {this, &stacks_->fiber(warp), warp, 0, 0};
      each.fiber->start(&stacked_main, &each);
    }
  }
}

BlockRunner::Progress BlockRunner::round() {
  if (live_ == 0) return Progress::ended;
  if (runnable_ == 0) return Progress::deadlock;
  bool moved = false;
  for (std::uint64_t left = runnable_; left != 0; left &= left - 1) {
    const auto warp = static_cast<std::uint32_t>(std::countr_zero(left));
    paused_ = false;
    const std::uint64_t arrival = step(warp);
    const bool yields = arrival != 0 && arrival != kWaits && kind_of(arrival) == BarrierKind::yield;
    moved |= !paused_ && !yields;
    if (arrival == 0)
      ended(warp);
    else if (arrival != kWaits && !yields)
      came(warp, arrival, true);
    if (invalid_) return Progress::deadlock;
  }
  if (live_ == 0) return Progress::ended;
  return moved ? Progress::moved : Progress::polled;
}

bool BlockRunner::run() {
  start();
  for (;;) {
    const Progress progress = round();
    if (progress == Progress::ended) return true;
    if (progress == Progress::deadlock) return false;
  }
}

/// Lets `warp` run; returns what its kernel returned, or kWaits.
std::uint64_t BlockRunner::step(std::uint32_t warp) {
  if (stacks_ == nullptr) return kernel_(&state_, warp, frames_ + warp * frame_bytes_);
  Stacked& each = stacked_[warp];
  return each.fiber->resume() ? each.returned : kWaits;
}

void BlockRunner::stacked_main(void* argument) {
  auto& each = *static_cast<Stacked*>(argument);
  BlockRunner& runner = *each.runner;
  each.returned = runner.kernel_(&runner.state_, each.warp, nullptr);
}

std::uint32_t BlockRunner::wait(std::uint32_t warp, std::uint64_t arrival) {
  came(warp, arrival, true);
  stacked_[warp].fiber->yield();
  return stacked_[warp].result;
}

void BlockRunner::pause(std::uint32_t warp) {
  constexpr std::uint32_t kTries = 32;
  if (++tries_ % kTries != 0) return;
  paused_ = true;
  stacked_[warp].fiber->yield();
}

void BlockRunner::arrive(std::uint32_t warp, std::uint64_t arrival) { came(warp, arrival, false); }

bool BlockRunner::came(std::uint32_t warp, std::uint64_t arrival, bool waits) {
  const std::uint32_t id = field(arrival, Arrival::kIdShift, 0xff);
  if (id >= barriers_.size()) {
    invalid_ = true;
    return false;
  }
  Barrier& barrier = barriers_[id];
  used_ |= std::uint32_t{1} << id;
  barrier.count = field(arrival, Arrival::kCountShift, 0xffffffff);
  barrier.trues += field(arrival, Arrival::kTrueShift, 0xff);
  barrier.active += field(arrival, Arrival::kActiveShift, 0xff);
  ++barrier.arrived;
  if (waits) {
    barrier.waiting |= std::uint64_t{1} << warp;
    runnable_ &= ~(std::uint64_t{1} << warp);
    kind_[warp] = static_cast<std::uint8_t>(kind_of(arrival));
  }
  complete_if_full(barrier);
  return true;
}

void BlockRunner::complete_if_full(Barrier& barrier) {
  if (barrier.arrived == 0) return;
  const bool full = barrier.count == 0 ? barrier.arrived >= live_
                                       : barrier.arrived * kWarpThreads >= barrier.count;
  if (!full) return;
  for (std::uint64_t left = barrier.waiting; left != 0; left &= left - 1) {
    const auto warp = static_cast<std::uint32_t>(std::countr_zero(left));
    const auto kind = static_cast<BarrierKind>(kind_[warp]);
    if (kind == BarrierKind::sync) continue;  // nobody reads its result
    std::uint32_t result = 0;
    switch (kind) {
      case BarrierKind::popc:
        result = barrier.trues;
        break;
      case BarrierKind::all:
        result = barrier.trues == barrier.active ? 1 : 0;
        break;
      case BarrierKind::any:
        result = barrier.trues != 0 ? 1 : 0;
        break;
      case BarrierKind::none:
      case BarrierKind::sync:
      case BarrierKind::arrive:
      case BarrierKind::yield:
        break;
    }
    if (stacks_ == nullptr)
      std::memcpy(frames_ + warp * frame_bytes_ + offsetof(WarpFrame, result), &result,
                  sizeof result);
    else
      stacked_[warp].result = result;
  }
  runnable_ |= barrier.waiting;
  barrier = {};
}

/// A barrier of all threads does not wait for those that have ended.
void BlockRunner::ended(std::uint32_t warp) {
  runnable_ &= ~(std::uint64_t{1} << warp);
  --live_;
  for (std::uint32_t left = used_; left != 0; left &= left - 1) {
    Barrier& barrier = barriers_[static_cast<std::size_t>(std::countr_zero(left))];
    if (barrier.count == 0) complete_if_full(barrier);
  }
}

}  // namespace vgpu::exec
