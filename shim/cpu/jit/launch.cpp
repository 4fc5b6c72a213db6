#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <new>
#include <optional>

#include "shim/cpu/exec/address_space.h"
#include "shim/cpu/exec/device_output.h"
#include "shim/cpu/exec/fault_guard.h"
#include "shim/cpu/exec/grid_run.h"
#include "shim/cpu/exec/pool.h"
#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/kernel.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::jit {

namespace {

constexpr std::uint32_t kMaxThreads = 1024;  // of a block, on every device
constexpr std::size_t kParamSlack = 64;      // the widest load past the last parameter

/// The thread indices of a block, one table an axis, padded to whole warps.
struct ThreadTable {
  std::array<std::array<std::uint32_t, kMaxThreads>, 3> axis;

  explicit ThreadTable(Dim3 block) {
    std::uint32_t x = 0, y = 0, z = 0;
    const std::uint32_t threads = block.x * block.y * block.z;
    const std::uint32_t padded = (threads + kWarpSize - 1) / kWarpSize * kWarpSize;
    for (std::uint32_t n = 0; n < padded; ++n) {
      axis[0][n] = x;
      axis[1][n] = y;
      axis[2][n] = z;
      if (++x == block.x) {
        x = 0;
        if (++y == block.y) {
          y = 0;
          ++z;
        }
      }
    }
  }
};

/// What the blocks of a cooperative grid meet at: a word that says how large it is, and after it
/// the grid's barrier, zero at first. Source: cooperative_groups/details/driver_abi.h of CUDA 13.
class GridWorkspace {
 public:
  GridWorkspace() : at_(exec::address_space().reserve(kSize, kSize)) {
    if (at_ == nullptr) throw std::bad_alloc();
    if (::mprotect(at_, kSize, PROT_READ | PROT_WRITE) != 0) {
      exec::address_space().release(at_, kSize);
      throw std::bad_alloc();
    }
    *static_cast<std::uint32_t*>(at_) = kSize;
  }
  GridWorkspace(const GridWorkspace&) = delete;
  GridWorkspace& operator=(const GridWorkspace&) = delete;
  ~GridWorkspace() { exec::address_space().release(at_, kSize); }
  std::uint64_t address() const noexcept { return reinterpret_cast<std::uint64_t>(at_); }

 private:
  static constexpr std::uint32_t kSize = 4096;
  void* at_;
};

LaunchStatus failed(LaunchStatus::Kind kind, std::string message) {
  LaunchStatus status;
  status.kind = kind;
  status.message = std::move(message);
  return status;
}

LaunchStatus status_of(const exec::GridRun& grid, const std::string& kernel) {
  using Kind = LaunchStatus::Kind;
  LaunchStatus status;
  switch (grid.stopped()) {
    case exec::Stop::none:
      break;
    case exec::Stop::trap:
      return failed(Kind::trap, kernel + ": trap");
    case exec::Stop::assertion:
      return failed(Kind::device_assert, kernel + ": assertion failed");
    case exec::Stop::fault:
      status = failed(Kind::illegal_address, kernel + ": access to an illegal address");
      break;
    case exec::Stop::misaligned:
      status = failed(Kind::misaligned_address, kernel + ": misaligned access");
      break;
    case exec::Stop::deadlock:
      return failed(Kind::trap, kernel + ": its threads wait at barriers that cannot complete");
    case exec::Stop::no_memory:
      return failed(Kind::trap, kernel + ": out of host memory");
  }
  status.address = grid.fault_address();
  return status;
}

exec::CodeForm form_of(Form form) {
  switch (form) {
    case Form::flat:
      return exec::CodeForm::flat;
    case Form::resumable:
      return exec::CodeForm::resumable;
    case Form::stacked:
    case Form::function:
      break;
  }
  return exec::CodeForm::stacked;
}

LaunchStatus launch(Kernel& kernel, const Launch& what) {
  static std::atomic<std::uint64_t> grids{0};
  const std::uint64_t threads = std::uint64_t{what.block.x} * what.block.y * what.block.z;
  const std::uint64_t blocks = std::uint64_t{what.grid.x} * what.grid.y * what.grid.z;
  if (threads == 0 || threads > kMaxThreads)
    return failed(LaunchStatus::Kind::trap, "a block of " + std::to_string(threads) + " threads");
  if (blocks == 0) return {};
  const Variant& variant = kernel.variant(class_of(what.block));

  exec::CompiledKernel compiled;
  compiled.form = form_of(variant.form);
  compiled.entry = variant.code->entry();
  compiled.frame_bytes = variant.frame_bytes;
  compiled.local_bytes = variant.measures.local_bytes;
  compiled.flush_subnormals = variant.measures.flushes != 0;
  compiled.cooperative = what.cooperative;

  const ThreadTable table(what.block);
  std::vector<std::byte> params(kernel.declaration().param_bytes + kParamSlack);
  std::copy_n(what.params.begin(), std::min(what.params.size(), params.size()), params.begin());
  exec::Grid grid;
  grid.params = params.data();
  grid.param_bytes = params.size();
  for (unsigned n = 0; n < 3; ++n) grid.tid[n] = table.axis[n].data();
  const auto copy = [](std::uint32_t* to, Dim3 from) {
    to[0] = from.x;
    to[1] = from.y;
    to[2] = from.z;
  };
  copy(grid.grid, what.grid);
  copy(grid.block, what.block);
  grid.threads = static_cast<std::uint32_t>(threads);
  grid.warps = (grid.threads + kWarpSize - 1) / kWarpSize;
  grid.dynamic_shared = what.dynamic_shared;
  grid.total_shared = variant.measures.dynamic_shared + what.dynamic_shared;
  grid.id = ++grids;

  std::optional<GridWorkspace> workspace;
  if (what.cooperative) {
    const std::uint64_t at = workspace.emplace().address();
    grid.envreg[0] = static_cast<std::uint32_t>(at >> 32);
    grid.envreg[1] = static_cast<std::uint32_t>(at);
  }

  exec::arm_fault_handlers();
  exec::Pool& pool = exec::Pool::instance();
  exec::GridRun run(grid, compiled, pool.memory());
  pool.run(run, variant.form == Form::stacked);
  exec::flush_output();
  return status_of(run, kernel.symbol().function->name);
}

}  // namespace

LaunchStatus run(Kernel& kernel, const Launch& what) noexcept {
  using Kind = LaunchStatus::Kind;
  try {
    return launch(kernel, what);
  } catch (const Unsupported& error) {
    return failed(Kind::not_supported, error.what());
  } catch (const ptx::Error& error) {
    return failed(Kind::not_supported, error.what());
  } catch (const std::exception& error) {
    return failed(Kind::trap, error.what());
  }
}

}  // namespace vgpu::jit
