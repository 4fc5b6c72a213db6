#include "shim/cpu/driver/table.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {
namespace {

/// The same entry point for programs whose default stream is their thread's own.
template <auto function>
struct Twin;
template <class... Args, CUresult (*function)(Args...)>
struct Twin<function> {
  static CUresult call(Args... args) {
    const PerThreadDefault mine;
    return function(args...);
  }
};

constexpr DriverTable make_table() {
  DriverTable made;
#define CPU_ENTRY(symbol) made.symbol = api::symbol;
#define CPU_TWIN(symbol, suffix) \
  made.symbol = api::symbol;     \
  made.symbol##suffix = Twin<api::symbol>::call;
#include "shim/cpu/driver/api/entries.def"
#undef CPU_ENTRY
#undef CPU_TWIN
  return made;
}

constexpr DriverTable kTable = make_table();

}  // namespace

const DriverTable& table() { return kTable; }

}  // namespace vgpu::cpu
