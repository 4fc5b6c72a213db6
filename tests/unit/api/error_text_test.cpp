#include "shim/api/error_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace vgpu;

TEST_CASE("errors: texts are the real driver's, odd ones included") {
  CHECK(std::string(find_error_text(CUDA_SUCCESS)->text) == "no error");
  CHECK(std::string(find_error_text(CUDA_ERROR_NOT_INITIALIZED)->text) == "initialization error");
  CHECK(std::string(find_error_text(CUresult{222})->text) ==
        "the provided PTX was compiled with an unsupported toolchain.");
  CHECK(std::string(find_error_text(CUresult{911})->text) ==
        "an async error has occured in external entity outside of CUDA");
  CHECK(std::string(find_error_text(CUresult{999})->name) == "CUDA_ERROR_UNKNOWN");
}

TEST_CASE("errors: exactly the 101 codes of driver 580 have a text") {
  int known = 0;
  for (int code = -1; code < 2000; ++code) {
    const ErrorText* const found = find_error_text(CUresult{code});
    if (found == nullptr) continue;
    ++known;
    CHECK(found->code == code);
    CHECK(std::string(found->name).starts_with("CUDA_"));
    CHECK_FALSE(std::string(found->text).empty());
  }
  CHECK(known == 101);
  CHECK(find_error_text(CUresult{-1}) == nullptr);
  CHECK(find_error_text(CUresult{917}) == nullptr);
}
