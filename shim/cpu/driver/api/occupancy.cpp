#include "shim/cpu/driver/occupancy.h"

#include <algorithm>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/launch.h"

namespace vgpu::cpu::api {
namespace {

constexpr unsigned kDisableCachingOverride = 1;  ///< CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE
constexpr int kWarp = 32;

const Device& device_of(const Function& function) {
  const auto module = function.module.lock();
  require(module != nullptr, CUDA_ERROR_INVALID_HANDLE, "the function's module is unloaded");
  return module->context->device();
}

/// Refuses the clusters that a launch like this would be refused for, too.
void require_single_blocks(const CUlaunchConfig* config) {
  require_value(config != nullptr && (config->numAttrs == 0 || config->attrs != nullptr),
                "config is null, or its attributes");
  LaunchRequest scratch;
  for (unsigned i = 0; i < config->numAttrs; ++i) apply_attribute(config->attrs[i], scratch);
}

}  // namespace

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction handle,
                                                              int block_size,
                                                              std::size_t dynamic_shared,
                                                              unsigned flags) {
  require_value(blocks != nullptr && block_size > 0, "numBlocks is null, or blockSize not above 0");
  require_value((flags & ~kDisableCachingOverride) == 0, "unknown flags");
  const auto function = find_function(handle);
  *blocks = blocks_per_multiprocessor(device_of(*function), *function, block_size, dynamic_shared);
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function,
                                                     int block_size, std::size_t dynamic_shared) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, block_size,
                                                              dynamic_shared, 0);
}

CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* min_grid, int* block_size,
                                                   CUfunction handle, CUoccupancyB2DSize shared_of,
                                                   std::size_t dynamic_shared, int block_size_limit,
                                                   unsigned flags) {
  require_value(min_grid != nullptr && block_size != nullptr && block_size_limit >= 0,
                "minGridSize or blockSize is null, or the limit negative");
  require_value((flags & ~kDisableCachingOverride) == 0, "unknown flags");
  const auto function = find_function(handle);
  const Device& device = device_of(*function);
  int most = std::min(device.attribute(1), static_cast<int>(function->info().max_threads));
  if (block_size_limit > 0) most = std::min(most, block_size_limit);
  int best_size = 0;
  int best_blocks = 0;
  for (int size = most; size > 0; size = (size - 1) / kWarp * kWarp) {
    const std::size_t shared = shared_of == nullptr ? dynamic_shared : shared_of(size);
    const int blocks = blocks_per_multiprocessor(device, *function, size, shared);
    if (blocks * size <= best_blocks * best_size) continue;
    best_size = size;
    best_blocks = blocks;
    if (blocks * size >= device.attribute(39)) break;  // it cannot be better than full
  }
  *block_size = best_size;
  *min_grid = best_blocks * device.attribute(16);
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialBlockSize(int* min_grid, int* block_size, CUfunction function,
                                          CUoccupancyB2DSize shared_of, std::size_t dynamic_shared,
                                          int block_size_limit) {
  return cuOccupancyMaxPotentialBlockSizeWithFlags(min_grid, block_size, function, shared_of,
                                                   dynamic_shared, block_size_limit, 0);
}

CUresult cuOccupancyMaxActiveClusters(int* clusters, CUfunction handle,
                                      const CUlaunchConfig* config) {
  require_value(clusters != nullptr, "numClusters is null");
  require_single_blocks(config);
  const auto function = find_function(handle);
  const jit::Dim3 block{config->blockDimX, config->blockDimY, config->blockDimZ};
  *clusters = static_cast<int>(resident_blocks(*function, block, config->sharedMemBytes));
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialClusterSize(int* size, CUfunction handle,
                                            const CUlaunchConfig* config) {
  require_value(size != nullptr, "clusterSize is null");
  require_single_blocks(config);
  find_function(handle);
  *size = 1;
  return CUDA_SUCCESS;
}

CUresult cuOccupancyAvailableDynamicSMemPerBlock(std::size_t* bytes, CUfunction handle, int blocks,
                                                 int block_size) {
  require_value(bytes != nullptr && blocks > 0 && block_size > 0, "an argument is 0");
  const auto function = find_function(handle);
  const Device& device = device_of(*function);
  require_value(blocks_per_multiprocessor(device, *function, block_size, 0) >= blocks,
                "so many blocks do not fit in any case");
  constexpr int kUnit = 128;
  const int each = device.attribute(81) / blocks / kUnit * kUnit - device.attribute(111);
  const int most = std::min(each, std::max(device.attribute(97), device.attribute(8)));
  *bytes = static_cast<std::size_t>(
      std::max(0, most - static_cast<int>(function->info().static_shared)));
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
