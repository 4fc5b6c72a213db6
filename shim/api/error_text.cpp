#include "shim/api/error_text.h"

#include <algorithm>
#include <iterator>

namespace vgpu {
namespace {

constexpr ErrorText kErrors[] = {
#define VGPU_CUDA_ERROR(value, name, text) {name, #name, text},
#include "shim/abi/cuda_errors.def"
#undef VGPU_CUDA_ERROR
};
static_assert(std::ranges::is_sorted(kErrors, {}, &ErrorText::code));

}  // namespace

const ErrorText* find_error_text(CUresult code) noexcept {
  const auto* const found = std::ranges::lower_bound(kErrors, code, {}, &ErrorText::code);
  return found != std::end(kErrors) && found->code == code ? found : nullptr;
}

}  // namespace vgpu
