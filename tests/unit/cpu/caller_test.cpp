#include "shim/cpu/driver/caller.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include "shim/cpu/driver/device.h"

namespace {

using Question = int (*)(const vgpu::cpu::Device&);
using Relay = int (*)(Question, const vgpu::cpu::Device*);

/// Asks through the library of that name, which is the test's own.
int asked_by(const char* library, const vgpu::cpu::Device& device) {
  void* const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  REQUIRE_MESSAGE(handle != nullptr, dlerror());
  const auto relay = reinterpret_cast<Relay>(dlsym(handle, "relay"));
  const bool found = relay != nullptr;
  REQUIRE(found);
  return relay(vgpu::cpu::capability_for_caller, &device);
}

vgpu::cpu::Device turing() {
  vgpu::GpuProfile profile;
  profile.memory = std::uint64_t{1} << 30;
  profile.attributes[75] = 7;
  profile.attributes[76] = 5;
  return {0, profile};
}

}  // namespace

TEST_CASE("capability_for_caller: only cuBLAS is told of a GPU that it cannot know") {
  const vgpu::cpu::Device device = turing();
  CHECK(asked_by(RELAY_AS_CUBLAS, device) == 130);
  CHECK(asked_by(RELAY_AS_CUBLASLT, device) == 130);
  CHECK(asked_by(RELAY_AS_OTHER, device) == 75);
}
