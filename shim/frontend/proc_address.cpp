#include "shim/frontend/proc_address.h"

namespace vgpu::frontend {
namespace {

// Both fit the question: which one answers it better?
bool is_better(const ProcRow& row, const ProcRow& best) {
  return row.per_thread != best.per_thread ? row.per_thread : row.since > best.since;
}

}  // namespace

ProcAnswer find_proc(std::string_view name, int version, bool per_thread) noexcept {
  ProcAnswer answer;
  const ProcRow* best = nullptr;
  for (const ProcRow& row : proc_rows()) {
    if (std::string_view(row.base, row.base_size) != name) continue;
    answer.status = CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT;
    if (row.since > version || (row.per_thread && !per_thread)) continue;
    if (best == nullptr || is_better(row, *best)) best = &row;
  }
  if (best != nullptr) answer = {CU_GET_PROC_ADDRESS_SUCCESS, best->function};
  return answer;
}

}  // namespace vgpu::frontend
