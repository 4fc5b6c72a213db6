#include "launcher/explain/roles.h"

#include <doctest/doctest.h>

namespace vgpu::explain {

TEST_CASE("roles: a library is known by its name in any folder and version") {
  CHECK(role_of("/usr/lib/libcuda.so") == Role::driver);
  CHECK(role_of("libcuda.so.580.159.04") == Role::driver);
  CHECK(role_of("/a/libnvidia-ml.so.1") == Role::nvml);
  CHECK(role_of("/a/libcudart.so.13") == Role::runtime);
  CHECK(role_of("/a/libcublasLt.so.13") == Role::toolkit);
  CHECK(role_of("/a/libnvidia-ptxjitcompiler.so.1") == Role::toolkit);
  CHECK(role_of("/a/libggml-cuda.so") == Role::backend);
  CHECK(role_of("/a/libonnxruntime_providers_cuda.so") == Role::backend);
  CHECK(role_of("/a/libm.so.6") == Role::library);
  CHECK(role_of("/a/cuda.txt") == Role::none);
}

TEST_CASE("roles: a device node is known by its path") {
  CHECK(role_of("/dev/nvidiactl") == Role::node);
  CHECK(role_of("/dev/nvidia0") == Role::node);
  CHECK(role_of("/dev/nvidia-uvm") == Role::uvm);
  CHECK(role_of("/proc/driver/nvidia/version") == Role::proc);
  CHECK(role_of("/usr/bin/nvidia-smi") == Role::smi);
}

TEST_CASE("roles: what a C library looks for anyway is noise, unless it names a GPU") {
  CHECK(is_noise("/etc/ld.so.preload"));
  CHECK(is_noise("/usr/lib/locale/de/LC_TIME"));
  CHECK_FALSE(is_noise("/opt/app/devices.json"));
  CHECK_FALSE(is_noise("/etc/ld.so.cuda"));
  CHECK(is_noise("/opt/program-cuda/package.json"));
}

TEST_CASE("roles: what is for devices of other makers is told apart") {
  for (const char* path : {"libggml-openvino.so", "/a/libggml-hip.so", "libamdhip64.so.6",
                           "libggml-metal.so", "/lib/libvulkan.so.1", "libOpenCL.so.1"}) {
    CAPTURE(path);
    CHECK(is_for_others(path));
  }
  for (const char* path : {"libggml-cuda.so", "/opt/rocm/lib/libcuda.so.1", "libship.so"}) {
    CAPTURE(path);
    CHECK_FALSE(is_for_others(path));
  }
}

TEST_CASE("roles: the stem of a library is its name without versions") {
  CHECK(stem_of("libcuda.so.1") == "libcuda.so");
  CHECK(stem_of("libcuda.so") == "libcuda.so");
  CHECK(stem_of("word") == "word");
}

}  // namespace vgpu::explain
