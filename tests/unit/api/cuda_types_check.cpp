// Our declarations of the CUDA driver API against the toolkit's own header: every value, every
// structure's layout and every entry point's parameters. Compiling it is the test.
#include <cstddef>
#include <cstdio>
#include <type_traits>

#include "shim/abi/cuda_types.h"
#include "shim/api/driver_table.h"

namespace ours {
// Some of the toolkit's values are macros: take our own before they exist.
enum : int {
#define CHECK_VALUE(name) name = static_cast<int>(vgpu::name),
#include "cuda_values.def"
#undef CHECK_VALUE
};
#define CHECK_VALUE(name) inline constexpr int of_##name = name;
#include "cuda_values.def"
#undef CHECK_VALUE
}  // namespace ours

#define __CUDA_API_VERSION_INTERNAL  // declares all versions of every function by its own name
#include <cuda.h>
#include <cudaProfiler.h>

#define CHECK_VALUE(name) static_assert(ours::of_##name == static_cast<int>(name), #name);
#include "cuda_values.def"
#undef CHECK_VALUE
#define VGPU_CUDA_ERROR(value, name, text) static_assert(value == static_cast<int>(::name), #name);
#include "shim/abi/cuda_errors.def"
#undef VGPU_CUDA_ERROR

#define CHECK_TYPE(name) \
  static_assert(sizeof(vgpu::name) == sizeof(::name) && alignof(vgpu::name) == alignof(::name))
#define CHECK_FIELD(type, field)                                          \
  static_assert(offsetof(vgpu::type, field) == offsetof(::type, field) && \
                    sizeof(vgpu::type::field) == sizeof(::type::field),   \
                #type "." #field)

CHECK_TYPE(CUdevice);
CHECK_TYPE(CUdeviceptr);
CHECK_TYPE(CUuuid);
CHECK_TYPE(CUipcMemHandle);
CHECK_TYPE(CUipcEventHandle);
CHECK_TYPE(CUdevprop);
CHECK_FIELD(CUdevprop, textureAlign);
CHECK_TYPE(CUexecAffinityParam);
CHECK_TYPE(CUctxCigParam);
CHECK_TYPE(CUctxCreateParams);
CHECK_FIELD(CUctxCreateParams, cigParams);
CHECK_TYPE(CUDA_KERNEL_NODE_PARAMS_v1);
CHECK_FIELD(CUDA_KERNEL_NODE_PARAMS_v1, extra);
CHECK_TYPE(CUDA_KERNEL_NODE_PARAMS_v2);
CHECK_FIELD(CUDA_KERNEL_NODE_PARAMS_v2, ctx);
CHECK_TYPE(CUDA_MEMSET_NODE_PARAMS_v1);
CHECK_FIELD(CUDA_MEMSET_NODE_PARAMS_v1, height);
CHECK_TYPE(CUDA_MEMSET_NODE_PARAMS_v2);
CHECK_FIELD(CUDA_MEMSET_NODE_PARAMS_v2, ctx);
CHECK_TYPE(CUDA_MEMCPY_NODE_PARAMS);
CHECK_FIELD(CUDA_MEMCPY_NODE_PARAMS, copyParams);
CHECK_TYPE(CUDA_HOST_NODE_PARAMS_v1);
CHECK_TYPE(CUDA_CHILD_GRAPH_NODE_PARAMS);
CHECK_TYPE(CUDA_MEM_ALLOC_NODE_PARAMS_v1);
CHECK_FIELD(CUDA_MEM_ALLOC_NODE_PARAMS_v1, dptr);
CHECK_TYPE(CUDA_MEM_FREE_NODE_PARAMS);
CHECK_TYPE(CUstreamBatchMemOpParams_v1);
CHECK_TYPE(CUDA_BATCH_MEM_OP_NODE_PARAMS_v1);
CHECK_FIELD(CUDA_BATCH_MEM_OP_NODE_PARAMS_v1, flags);
CHECK_TYPE(CUgraphNodeParams);
CHECK_FIELD(CUgraphNodeParams, kernel);
CHECK_FIELD(CUgraphNodeParams, reserved2);
CHECK_TYPE(CUDA_GRAPH_INSTANTIATE_PARAMS);
CHECK_FIELD(CUDA_GRAPH_INSTANTIATE_PARAMS, result_out);
CHECK_TYPE(CUDA_MEMCPY2D);
CHECK_FIELD(CUDA_MEMCPY2D, srcMemoryType);
CHECK_FIELD(CUDA_MEMCPY2D, srcPitch);
CHECK_FIELD(CUDA_MEMCPY2D, dstMemoryType);
CHECK_FIELD(CUDA_MEMCPY2D, dstArray);
CHECK_FIELD(CUDA_MEMCPY2D, dstPitch);
CHECK_FIELD(CUDA_MEMCPY2D, WidthInBytes);
CHECK_FIELD(CUDA_MEMCPY2D, Height);
CHECK_TYPE(CUDA_MEMCPY3D);
CHECK_FIELD(CUDA_MEMCPY3D, srcMemoryType);
CHECK_FIELD(CUDA_MEMCPY3D, srcPitch);
CHECK_FIELD(CUDA_MEMCPY3D, dstMemoryType);
CHECK_FIELD(CUDA_MEMCPY3D, dstPitch);
CHECK_FIELD(CUDA_MEMCPY3D, Depth);
CHECK_TYPE(CUDA_MEMCPY3D_PEER);
CHECK_FIELD(CUDA_MEMCPY3D_PEER, srcContext);
CHECK_FIELD(CUDA_MEMCPY3D_PEER, dstContext);
CHECK_FIELD(CUDA_MEMCPY3D_PEER, Depth);
CHECK_TYPE(CUDA_ARRAY_DESCRIPTOR);
CHECK_FIELD(CUDA_ARRAY_DESCRIPTOR, Format);
CHECK_TYPE(CUDA_ARRAY3D_DESCRIPTOR);
CHECK_FIELD(CUDA_ARRAY3D_DESCRIPTOR, Flags);
CHECK_TYPE(CUmemLocation);
CHECK_FIELD(CUmemLocation, id);
CHECK_TYPE(CUmemAllocationProp);
CHECK_FIELD(CUmemAllocationProp, location);
CHECK_FIELD(CUmemAllocationProp, allocFlags);
CHECK_TYPE(CUmemAccessDesc);
CHECK_FIELD(CUmemAccessDesc, flags);
CHECK_TYPE(CUmemPoolProps);
CHECK_FIELD(CUmemPoolProps, location);
CHECK_FIELD(CUmemPoolProps, maxSize);
CHECK_TYPE(CUmemPoolPtrExportData);
CHECK_TYPE(CUmemcpyAttributes);
CHECK_FIELD(CUmemcpyAttributes, flags);
CHECK_TYPE(CUextent3D);
CHECK_TYPE(CUoffset3D);
CHECK_TYPE(CUmemcpy3DOperand);
CHECK_FIELD(CUmemcpy3DOperand, op);
CHECK_TYPE(CUDA_MEMCPY3D_BATCH_OP);
CHECK_FIELD(CUDA_MEMCPY3D_BATCH_OP, extent);
CHECK_TYPE(CUaccessPolicyWindow);
CHECK_FIELD(CUaccessPolicyWindow, missProp);
CHECK_TYPE(CUlaunchMemSyncDomainMap);
CHECK_TYPE(CUlaunchAttributeValue);
CHECK_FIELD(CUlaunchAttributeValue, programmaticEvent);
CHECK_FIELD(CUlaunchAttributeValue, deviceUpdatableKernelNode);
CHECK_TYPE(CUlaunchAttribute);
CHECK_FIELD(CUlaunchAttribute, value);
CHECK_TYPE(CUlaunchConfig);
CHECK_FIELD(CUlaunchConfig, sharedMemBytes);
CHECK_FIELD(CUlaunchConfig, hStream);
CHECK_FIELD(CUlaunchConfig, numAttrs);
CHECK_TYPE(CUgraphEdgeData);
CHECK_TYPE(CUgraphExecUpdateResultInfo);
CHECK_FIELD(CUgraphExecUpdateResultInfo, errorFromNode);

namespace {

template <class T>
concept Complete = requires {
  sizeof(T);
};

// The same bytes, passed the same way. What we know by pointer only need not be defined by us.
template <class Ours, class Theirs>
constexpr bool same_parameter() {
  if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
    using A = std::remove_pointer_t<Ours>;
    using B = std::remove_pointer_t<Theirs>;
    if constexpr (std::is_function_v<A> || std::is_function_v<B>)
      return std::is_function_v<A> == std::is_function_v<B>;
    else if constexpr (std::is_pointer_v<A> || std::is_pointer_v<B>)
      return std::is_const_v<A> == std::is_const_v<B> && same_parameter<A, B>();
    else if constexpr (Complete<A> && Complete<B>)
      return std::is_const_v<A> == std::is_const_v<B> && sizeof(A) == sizeof(B);
    else
      return std::is_const_v<A> == std::is_const_v<B> && !Complete<A> &&
             std::is_void_v<A> == std::is_void_v<B>;
  } else {
    return sizeof(Ours) == sizeof(Theirs) && std::is_class_v<Ours> == std::is_class_v<Theirs> &&
           std::is_floating_point_v<Ours> == std::is_floating_point_v<Theirs> &&
           std::is_pointer_v<Ours> == std::is_pointer_v<Theirs>;
  }
}

template <class... Ours, class... Theirs>
constexpr bool same_function(vgpu::CUresult (*)(Ours...), ::CUresult (*)(Theirs...)) {
  if constexpr (sizeof...(Ours) != sizeof...(Theirs))
    return false;
  else
    return (same_parameter<Ours, Theirs>() && ...);
}

#define CHECK_FUNCTION(symbol) \
  static_assert(same_function(decltype(vgpu::DriverTable::symbol){}, &::symbol), #symbol);
#define CU_CALL(base, since, symbol, params) CHECK_FUNCTION(symbol)
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  CHECK_FUNCTION(symbol) CHECK_FUNCTION(symbol##suffix)
#include "shim/api/cuda_rows.h"

}  // namespace

int main() {
  std::puts("every value, structure and entry point is as in the toolkit's cuda.h");
  return 0;
}
