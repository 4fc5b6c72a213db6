#pragma once

#include <cstdint>
#include <string_view>

namespace vgpu::explain {

/// What a file is to a program that wants to use a GPU.
enum class Role : std::uint8_t {
  none,
  driver,   ///< libcuda.so: the driver API
  nvml,     ///< libnvidia-ml.so
  runtime,  ///< libcudart.so
  toolkit,  ///< other libraries of NVIDIA's: libcublas.so ...
  backend,  ///< a program's own library for CUDA: libggml-cuda.so ...
  library,  ///< any other shared library
  node,     ///< /dev/nvidia*
  uvm,      ///< /dev/nvidia-uvm
  proc,     ///< what the kernel module shows in /proc and /sys
  smi,      ///< nvidia-smi
};

/// Of a path, by its last component and, for files that are no libraries, by its folder.
Role role_of(std::string_view path) noexcept;

/// A file whose absence means nothing: what the C library, loaders and shells look for anyway.
bool is_noise(std::string_view path) noexcept;

/// A path below a library folder where builds for one kind of processor would be.
bool is_for_processors(std::string_view path) noexcept;

/// Has it to do with GPUs by its name? Of files that a program fails on those are named first.
bool names_a_gpu(std::string_view path) noexcept;

/// By its name it is for devices that are not NVIDIA's: that it is missing says nothing of a GPU.
bool is_for_others(std::string_view path) noexcept;

/// An environment variable that decides whether a GPU is found or used.
bool matters_to_gpu(std::string_view variable) noexcept;

/// "libcuda.so.1" of "/usr/lib/libcuda.so.1".
std::string_view file_name(std::string_view path) noexcept;

/// "libcuda.so" of "libcuda.so.580.1": names of the same library.
std::string_view stem_of(std::string_view library) noexcept;

}  // namespace vgpu::explain
