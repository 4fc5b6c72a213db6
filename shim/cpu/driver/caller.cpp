#include "shim/cpu/driver/caller.h"

#include <dlfcn.h>
#include <unwind.h>

#include <string_view>

#include "shim/cpu/driver/device.h"

namespace vgpu::cpu {
namespace {

constexpr int kUnknownFuture = 130;
constexpr std::string_view kVendorPrefix = "libcublas";  // and libcublasLt

struct Search {
  const void* own_base = nullptr;  ///< where this library is loaded
  void* found = nullptr;           ///< the first return address that lies elsewhere
};

_Unwind_Reason_Code step(_Unwind_Context* frame, void* argument) {
  auto& search = *static_cast<Search*>(argument);
  void* const at = reinterpret_cast<void*>(_Unwind_GetIP(frame));
  Dl_info info{};
  if (at == nullptr || dladdr(at, &info) == 0) return _URC_END_OF_STACK;
  if (info.dli_fbase == search.own_base) return _URC_NO_REASON;
  search.found = at;
  return _URC_END_OF_STACK;
}

/// The file name of the library that called us, or "".
std::string_view calling_library() {
  static const char marker = 0;
  Dl_info info{};
  if (dladdr(&marker, &info) == 0) return {};
  Search search{info.dli_fbase, nullptr};
  _Unwind_Backtrace(step, &search);
  if (search.found == nullptr || dladdr(search.found, &info) == 0) return {};
  const std::string_view path = info.dli_fname;
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

int capability_for_caller(const Device& device) {
  return calling_library().starts_with(kVendorPrefix) ? kUnknownFuture
                                                      : device.profile.compute_capability();
}

}  // namespace vgpu::cpu
