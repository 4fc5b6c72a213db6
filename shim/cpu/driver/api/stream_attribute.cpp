#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/graph.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

/// What a stream can be told. All of it only hints: it is kept for who asks.
void require_known(CUstreamAttrID attribute) {
  switch (attribute) {
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
    case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
    case CU_LAUNCH_ATTRIBUTE_PRIORITY:
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
      return;
    default:
      fail(CUDA_ERROR_INVALID_VALUE, "streams have no such attribute");
  }
}

std::shared_ptr<Stream> stream_of(CUstream handle) {
  const auto context = current_context();
  return find_stream(handle, context);
}

}  // namespace

CUresult cuStreamGetAttribute(CUstream handle, CUstreamAttrID attribute, CUstreamAttrValue* value) {
  require_value(value != nullptr, "value_out is null");
  require_known(attribute);
  const auto stream = stream_of(handle);
  const std::lock_guard lock(graph_mutex());
  *value = {};
  if (attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY) value->priority = stream->priority;
  if (attribute == CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY)
    value->syncPolicy = CU_SYNC_POLICY_AUTO;
  if (const auto at = stream->attributes.find(attribute); at != stream->attributes.end())
    *value = at->second;
  return CUDA_SUCCESS;
}

CUresult cuStreamSetAttribute(CUstream handle, CUstreamAttrID attribute,
                              const CUstreamAttrValue* value) {
  require_value(value != nullptr, "value is null");
  require_known(attribute);
  const auto stream = stream_of(handle);
  const std::lock_guard lock(graph_mutex());
  stream->attributes[attribute] = *value;
  return CUDA_SUCCESS;
}

CUresult cuStreamCopyAttributes(CUstream to_handle, CUstream from_handle) {
  const auto to = stream_of(to_handle);
  const auto from = stream_of(from_handle);
  const std::lock_guard lock(graph_mutex());
  to->attributes = from->attributes;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
