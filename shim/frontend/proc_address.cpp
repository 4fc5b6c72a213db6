#include "shim/frontend/proc_address.h"

#include <algorithm>
#include <string_view>

namespace vgpu::frontend {

ProcAnswer find_proc(const char* name, int version, bool per_thread) noexcept {
  const auto versions =
      std::ranges::equal_range(proc_rows(), std::string_view(name), {},
                               [](const ProcRow& row) { return std::string_view(row.base); });
  ProcAnswer answer;
  const ProcRow* best = nullptr;
  for (const ProcRow& row : versions) {
    answer.status = CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT;
    if (row.since > version || (row.per_thread && !per_thread)) continue;
    const bool better =
        best == nullptr ||
        (row.per_thread != best->per_thread ? row.per_thread : row.since > best->since);
    if (better) best = &row;
  }
  if (best == nullptr) return answer;
  return {CU_GET_PROC_ADDRESS_SUCCESS, proc_function(best->symbol)};
}

}  // namespace vgpu::frontend
