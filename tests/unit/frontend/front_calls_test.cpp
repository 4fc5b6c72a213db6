#include <doctest/doctest.h>

#include <string>

#include "shim/frontend/exports.h"
#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;

TEST_CASE("cuGetErrorName and cuGetErrorString: an unknown code is INVALID_VALUE and null") {
  const char* text = "untouched";
  CHECK(cuGetErrorName(CUDA_ERROR_INVALID_PTX, &text) == CUDA_SUCCESS);
  CHECK(text == std::string("CUDA_ERROR_INVALID_PTX"));
  CHECK(cuGetErrorString(CUDA_ERROR_INVALID_PTX, &text) == CUDA_SUCCESS);
  CHECK(text == std::string("a PTX JIT compilation failed"));
  CHECK(cuGetErrorString(CUresult{12345}, &text) == CUDA_ERROR_INVALID_VALUE);
  CHECK(text == nullptr);
  text = "untouched";
  CHECK(cuGetErrorName(CUresult{12345}, &text) == CUDA_ERROR_INVALID_VALUE);
  CHECK(text == nullptr);
  CHECK(cuGetErrorName(CUDA_SUCCESS, nullptr) == CUDA_ERROR_INVALID_VALUE);
}

TEST_CASE("cuDriverGetVersion: the first GPU's, before cuInit; 13.0 without any") {
  const auto version = [] {
    int said = 0;
    const CUresult result = cuDriverGetVersion(&said);
    return std::to_string(result) + " " + std::to_string(said);
  };
  CHECK(fake::in_child([&] {
          fake::use_gpus(1);
          fake::config().gpus[0].cuda_version = 12080;
          return version();
        }) == "0 12080");
  CHECK(fake::in_child(version) == "0 13000");
  CHECK(cuDriverGetVersion(nullptr) == CUDA_ERROR_INVALID_VALUE);
}
