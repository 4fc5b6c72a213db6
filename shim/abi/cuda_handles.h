#pragma once

#include <cstddef>
#include <cstdint>

#include "shim/abi/cuda_enums.h"

/// The handles of the CUDA driver API, the types of the functions that it calls, and small
/// structures. Names keep CUDA's spelling.
/// Source: CUDA Driver API reference 13.0; tests/unit/api/cuda_types_check.cpp compares sizes and
/// offsets with the toolkit's header where there is one.
namespace vgpu {

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUmemGenericAllocationHandle = unsigned long long;
using CUmemFabricHandle = void*;
using CUtexObject = unsigned long long;
using CUsurfObject = unsigned long long;
using cuuint32_t = std::uint32_t;
using cuuint64_t = std::uint64_t;

// The pointees are never defined: each device casts to a type of its own.
using CUcontext = struct CUctx_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUlibrary = struct CUlib_st*;
using CUkernel = struct CUkern_st*;
using CUarray = struct CUarray_st*;
using CUmipmappedArray = struct CUmipmappedArray_st*;
using CUevent = struct CUevent_st*;
using CUstream = struct CUstream_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphNode = struct CUgraphNode_st*;
using CUgraphExec = struct CUgraphExec_st*;
using CUgraphDeviceNode = struct CUgraphDeviceUpdatableNode_st*;
using CUmemoryPool = struct CUmemPoolHandle_st*;
using CUlinkState = struct CUlinkState_st*;
using CUgreenCtx = struct CUgreenCtx_st*;

// Stream handles that are no objects: which default stream is meant.
inline CUstream stream_legacy() noexcept { return reinterpret_cast<CUstream>(std::uintptr_t{1}); }
inline CUstream stream_per_thread() noexcept {
  return reinterpret_cast<CUstream>(std::uintptr_t{2});
}

// Values of the CUlaunch `extra` list, and the ordinals that stand for no device.
inline constexpr std::uintptr_t kLaunchParamEnd = 0;
inline constexpr std::uintptr_t kLaunchParamBufferPointer = 1;
inline constexpr std::uintptr_t kLaunchParamBufferSize = 2;
inline constexpr CUdevice kDeviceCpu = -1;      ///< CU_DEVICE_CPU
inline constexpr CUdevice kDeviceInvalid = -2;  ///< CU_DEVICE_INVALID

using CUhostFn = void (*)(void* user_data);
using CUstreamCallback = void (*)(CUstream stream, CUresult status, void* user_data);
using CUoccupancyB2DSize = std::size_t (*)(int block_size);

// Known by pointer only.
struct CUDA_RESOURCE_DESC;
struct CUDA_TEXTURE_DESC;
struct CUDA_RESOURCE_VIEW_DESC;

struct CUuuid {
  char bytes[16];
};

struct CUipcMemHandle {
  char reserved[64];
};

struct CUipcEventHandle {
  char reserved[64];
};

/// What the long deprecated cuDeviceGetProperties fills in.
struct CUdevprop {
  int maxThreadsPerBlock;
  int maxThreadsDim[3];
  int maxGridSize[3];
  int sharedMemPerBlock;
  int totalConstantMemory;
  int SIMDWidth;
  int memPitch;
  int regsPerBlock;
  int clockRate;
  int textureAlign;
};

struct CUexecAffinityParam {
  CUexecAffinityType type;
  unsigned int smCount;
};

struct CUctxCigParam {
  int sharedDataType;
  void* sharedData;
};

struct CUctxCreateParams {
  CUexecAffinityParam* execAffinityParams;
  int numExecAffinityParams;
  CUctxCigParam* cigParams;
};

}  // namespace vgpu
