#pragma once

#include <doctest/doctest.h>

#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "shim/api/api_error.h"
#include "shim/api/driver_table.h"

namespace vgpu::conformance {

/// One kind of device under test: every case runs on every kind.
struct Kind {
  std::string name;
  const DriverTable* table;
};

/// The kinds that this run has: `cpu`, and `library` when VGPU_CONFORMANCE_LIBCUDA names a
/// libcuda.so.1, such as the real driver's on a machine with a GPU. All are started.
const std::vector<Kind>& kinds();

/// Calls an entry point as the front end does: what it throws is a code.
template <class... Params>
CUresult call(CUresult (*function)(Params...), std::type_identity_t<Params>... args) {
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  try {
    return function(args...);
  } catch (const ApiError& error) {
    return error.code;
  } catch (const std::bad_alloc&) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  } catch (const std::exception&) {
    return CUDA_ERROR_UNKNOWN;
  }
}

/// `cu.` calls: CU(cuMemAlloc_v2, &at, 16) on the kind of the case.
#define CU(symbol, ...) ::vgpu::conformance::call(cu.symbol __VA_OPT__(, ) __VA_ARGS__)
#define CU_OK(symbol, ...) REQUIRE(CU(symbol __VA_OPT__(, ) __VA_ARGS__) == CUDA_SUCCESS)

/// Runs the body of a case on every kind, with the first device's primary context current.
template <class Body>
void on_every_kind(const Body& body);

/// A primary context that is current while it lives, and reset afterwards.
class CurrentContext {
 public:
  explicit CurrentContext(const DriverTable& table);
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;
  ~CurrentContext();
  CUcontext handle() const { return handle_; }

 private:
  const DriverTable& cu;
  CUcontext handle_ = nullptr;
};

}  // namespace vgpu::conformance

template <class Body>
void vgpu::conformance::on_every_kind(const Body& body) {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const CurrentContext current(*kind.table);
    body(*kind.table);
  }
}
