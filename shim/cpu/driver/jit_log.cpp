#include "shim/cpu/driver/jit_log.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "shim/cpu/driver/error.h"

namespace vgpu::cpu {

JitLog::JitLog(unsigned count, const CUjit_option* options, void** values) {
  require_value(count == 0 || (options != nullptr && values != nullptr),
                "options are counted and not given");
  for (unsigned i = 0; i < count; ++i) {
    require_value(
        options[i] >= CU_JIT_MAX_REGISTERS && options[i] <= CU_JIT_OVERRIDE_DIRECTIVE_VALUES,
        "no such option");
    switch (options[i]) {
      case CU_JIT_INFO_LOG_BUFFER:
        info_.at = static_cast<char*>(values[i]);
        break;
      case CU_JIT_ERROR_LOG_BUFFER:
        error_.at = static_cast<char*>(values[i]);
        break;
      case CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
      case CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES: {
        Buffer& buffer = options[i] == CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES ? info_ : error_;
        // The option is an unsigned int in the low half of the pointer.
        buffer.size = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(values[i]));
        buffer.filled = &values[i];
        break;
      }
      case CU_JIT_WALL_TIME: {
        const float no_time = 0.0F;  // kernels are compiled at their first launch, not here
        std::memcpy(&values[i], &no_time, sizeof no_time);
        break;
      }
      default:
        break;
    }
  }
}

void JitLog::Buffer::write(const std::string& text) const {
  std::size_t used = 0;
  if (at != nullptr && size != 0) {
    const std::size_t length = std::min(text.size(), size - 1);
    std::memcpy(at, text.data(), length);
    at[length] = '\0';
    used = length == 0 ? 0 : length + 1;
  }
  if (filled != nullptr)
    *filled = reinterpret_cast<void*>(used);  // NOLINT: the option's value is a number
}

void JitLog::finish(const std::string& info, const std::string& error_text) {
  info_.write(info);
  error_.write(error_text);
}

}  // namespace vgpu::cpu
