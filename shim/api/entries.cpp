#include "shim/api/entries.h"

#include <iterator>

namespace vgpu {
namespace {

constexpr const char* kNames[] = {
#define CU_CALL(base, since, symbol, params) #symbol,
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) #symbol, #symbol #suffix,
#define CU_FRONT(base, since, symbol, params) #symbol,
#define CU_NAME(base, since, flavour, symbol) #symbol,
#define CU_EXPORT(symbol) #symbol,
#include "shim/api/cuda_rows.h"
};
static_assert(std::size(kNames) == kEntryCount);

}  // namespace

const char* entry_name(Entry entry) noexcept { return kNames[static_cast<std::size_t>(entry)]; }

}  // namespace vgpu
