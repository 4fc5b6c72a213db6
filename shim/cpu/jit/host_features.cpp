#include "shim/cpu/jit/host_features.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/TargetParser/Host.h>

namespace vgpu::jit {

const HostFeatures& host_features() noexcept {
  static const HostFeatures features = [] {
    // LLVM also asks whether the system saves the registers.
    const llvm::StringMap<bool> names = llvm::sys::getHostCPUFeatures();
    HostFeatures found;
    found.avx2 = names.lookup("avx2");
    found.avx512f = names.lookup("avx512f");
    found.avx512bw = names.lookup("avx512bw");
    found.avx512dq = names.lookup("avx512dq");
    found.avx512_vbmi = names.lookup("avx512vbmi");
    found.avx512_vnni = names.lookup("avx512vnni");
    found.avx_vnni = names.lookup("avxvnni");
    found.avx512_fp16 = names.lookup("avx512fp16");
    return found;
  }();
  return features;
}

}  // namespace vgpu::jit
