#include "shim/cpu/driver/launch.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "shim/api/api_error.h"

namespace vgpu::cpu {
namespace {

/// A kernel of (u8, u64): the second is at offset 8.
jit::KernelInfo two_params() {
  jit::KernelInfo info;
  ptx::Param first;
  first.size = 1;
  ptx::Param second;
  second.size = 8;
  second.align = 8;
  second.offset = 8;
  info.params = {first, second};
  info.param_bytes = 16;
  return info;
}

std::byte byte_of(int value) { return static_cast<std::byte>(value); }

TEST_CASE("launch: parameters are laid out by their offsets") {
  unsigned char first = 3;
  std::uint64_t second = 0x0807060504030201;
  std::array<void*, 2> params{&first, &second};
  const auto block = copy_params(two_params(), params.data(), nullptr);
  REQUIRE(block.size() == 16);
  CHECK(block[0] == byte_of(3));
  for (std::size_t i = 0; i < 8; ++i) CHECK(block[8 + i] == byte_of(static_cast<int>(i) + 1));
}

TEST_CASE("launch: both ways, no way and lists without an end are INVALID_VALUE") {
  std::array<void*, 2> params{};
  std::array<void*, 1> empty{};
  const auto code = [](void** given, void** extra) {
    try {
      copy_params(two_params(), given, extra);
      return CUDA_SUCCESS;
    } catch (const ApiError& error) {
      return error.code;
    }
  };
  CHECK(code(params.data(), empty.data()) == CUDA_ERROR_INVALID_VALUE);
  CHECK(code(nullptr, nullptr) == CUDA_ERROR_INVALID_VALUE);
  CHECK(code(params.data(), nullptr) == CUDA_ERROR_INVALID_VALUE);
  CHECK(code(nullptr, empty.data()) == CUDA_ERROR_INVALID_VALUE);
  std::size_t size = 16;
  std::array<void*, 20> endless{};
  for (std::size_t i = 0; i < endless.size(); i += 2) {
    endless[i] = reinterpret_cast<void*>(kLaunchParamBufferSize);
    endless[i + 1] = &size;
  }
  CHECK(code(nullptr, endless.data()) == CUDA_ERROR_INVALID_VALUE);
}

TEST_CASE("launch: a kernel without parameters needs neither list") {
  CHECK(copy_params({}, nullptr, nullptr).empty());
}

}  // namespace
}  // namespace vgpu::cpu
