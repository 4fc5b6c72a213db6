#pragma once

namespace vgpu::cpu {

struct Device;

/// The compute capability (75 is 7.5) that the code calling into this library is to see of
/// `device`. It is the profile's, but NVIDIA's cuBLAS is told of a GPU newer than itself: for every
/// GPU that it knows it takes kernels that it carries as machine code only, and for one that it
/// does not know those that it carries as PTX. Calls made for cuBLAS by a runtime library linked
/// into it are cuBLAS's. Source: decisions/0005.
int capability_for_caller(const Device& device);

}  // namespace vgpu::cpu
