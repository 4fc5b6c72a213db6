#include "shim/frontend/traced_call.h"

#include <string_view>

#include "shim/frontend/process_state.h"

namespace vgpu::frontend {
namespace {

/// Answers that a call gives only after it has read its texts: before that they may be anything.
bool has_read_texts(CUresult result) noexcept {
  switch (static_cast<int>(result)) {
    case CUDA_SUCCESS:
    case CUDA_ERROR_NOT_FOUND:
    case CUDA_ERROR_FILE_NOT_FOUND:
    case CUDA_ERROR_INVALID_IMAGE:
    case CUDA_ERROR_INVALID_PTX:
    case CUDA_ERROR_NO_BINARY_FOR_GPU:
    case CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
      return true;
    default:
      return false;
  }
}

bool is_per_thread(Entry entry) noexcept {
  const std::string_view name = entry_name(entry);
  return name.ends_with("_ptsz") || name.ends_with("_ptds");
}

}  // namespace

void locate_stream(trace::Call::Where& where, Entry entry, CUstream stream) noexcept {
  const bool per_thread = is_per_thread(entry);
  where.stream = 0;
  if (stream == stream_legacy() || (stream == nullptr && !per_thread)) return;
  if (ready_table() == nullptr) return;
  try {
    const std::uint64_t id = started().device->hooks->stream_id(stream, per_thread);
    where.stream = id == 0 ? -1 : static_cast<std::int64_t>(id);  // 0: none any more
  } catch (...) {
    where.stream = -1;
  }
}

void tell(trace::Call& call, std::span<const trace::Shown> arguments, CUresult result,
          const trace::Call::Where& where) noexcept {
  trace::Text answer;
  show(answer, result);
  call.send(arguments, {result == CUDA_SUCCESS, has_read_texts(result)}, answer.get(), where);
}

}  // namespace vgpu::frontend
