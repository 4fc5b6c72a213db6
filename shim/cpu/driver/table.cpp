#include "shim/cpu/driver/table.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
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

/// An entry point that is not safe while a stream captures.
template <auto function>
struct Unsafe;
template <class... Args, CUresult (*function)(Args...)>
struct Unsafe<function> {
  static CUresult call(Args... args) {
    refuse_if_unsafe();
    return function(args...);
  }
};

constexpr DriverTable make_table() {
  DriverTable made;
#define CPU_ENTRY(symbol) made.symbol = api::symbol;
#define CPU_TWIN(symbol, suffix) \
  made.symbol = api::symbol;     \
  made.symbol##suffix = Twin<api::symbol>::call;
#define CPU_UNSAFE(symbol) made.symbol = Unsafe<api::symbol>::call;
#define CPU_UNSAFE_TWIN(symbol, suffix)    \
  made.symbol = Unsafe<api::symbol>::call; \
  made.symbol##suffix = Twin<Unsafe<api::symbol>::call>::call;
#include "shim/cpu/driver/api/entries.def"
#undef CPU_ENTRY
#undef CPU_TWIN
#undef CPU_UNSAFE
#undef CPU_UNSAFE_TWIN
  return made;
}

constexpr DriverTable kTable = make_table();

}  // namespace

const DriverTable& table() { return kTable; }

}  // namespace vgpu::cpu
