#pragma once

namespace vgpu::jit {

/// The extensions of x86-64 that lowerings make use of by name; all else is left to LLVM.
struct HostFeatures {
  bool avx2 = false;
  bool avx512f = false;
  bool avx512bw = false;
  bool avx512dq = false;
  bool avx512_vbmi = false;
  bool avx512_vnni = false;
  bool avx_vnni = false;
  bool avx512_fp16 = false;
};

/// Those of the processor that we run on.
const HostFeatures& host_features() noexcept;

}  // namespace vgpu::jit
