#include "shim/cpu/driver/jit_log.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "shim/api/api_error.h"

namespace vgpu::cpu {
namespace {

void* as_value(std::uintptr_t number) { return reinterpret_cast<void*>(number); }

TEST_CASE("JIT log: texts go to the program's buffers, cut to their sizes") {
  std::array<char, 8> error{};
  std::array<CUjit_option, 3> options{CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
                                      CU_JIT_OPTIMIZATION_LEVEL};
  std::array<void*, 3> values{error.data(), as_value(error.size()), as_value(4)};
  JitLog log(3, options.data(), values.data());
  log.finish("", "a long message");
  CHECK(std::strcmp(error.data(), "a long ") == 0);
  CHECK(values[1] == as_value(8));
}

TEST_CASE("JIT log: without anything to say the sizes are 0") {
  std::array<char, 8> info{'x'};
  std::array<CUjit_option, 2> options{CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, CU_JIT_INFO_LOG_BUFFER};
  std::array<void*, 2> values{as_value(info.size()), info.data()};
  JitLog log(2, options.data(), values.data());
  log.finish("", "");
  CHECK(info[0] == '\0');
  CHECK(values[0] == nullptr);
}

TEST_CASE("JIT log: unknown options and missing lists are refused") {
  std::array<CUjit_option, 1> options{static_cast<CUjit_option>(1000)};
  std::array<void*, 1> values{};
  CHECK_THROWS_AS(JitLog(1, options.data(), values.data()), ApiError);
  CHECK_THROWS_AS(JitLog(1, nullptr, values.data()), ApiError);
  CHECK_NOTHROW(JitLog(0, nullptr, nullptr));
}

}  // namespace
}  // namespace vgpu::cpu
