#include "shim/cpu/driver/code.h"

#include <doctest/doctest.h>

#include "shim/api/api_error.h"

namespace vgpu::cpu {
namespace {

TEST_CASE("code: what was linked is read back text by text") {
  const std::vector<std::string> texts{".version 7.0\n", std::string("with\0nul", 8), ""};
  const std::vector<char> image = linked_image(texts);
  std::string log;
  const Code code = code_of(image.data(), std::nullopt, 75, log);
  CHECK(code.texts == texts);
  CHECK_FALSE(code.plain);
  CHECK(code_of(image.data(), image.size(), 75, log).texts == texts);
}

TEST_CASE("code: a linked file that is cut anywhere is INVALID_IMAGE") {
  const std::vector<char> image = linked_image({"one text", "another"});
  for (std::size_t size = 0; size < image.size(); ++size) {
    CAPTURE(size);
    std::string log;
    const std::vector<char> cut(image.begin(), image.begin() + static_cast<long>(size));
    try {
      code_of(cut.data(), cut.size(), 75, log);
      FAIL_CHECK("accepted");
    } catch (const ApiError& error) {
      CHECK((error.code == CUDA_ERROR_INVALID_IMAGE || size == 0));
    }
  }
}

TEST_CASE("code: a file that is not there is FILE_NOT_FOUND") {
  CHECK_THROWS_AS(read_image_file("/nonexistent"), ApiError);
  CHECK_THROWS_AS(read_image_file("/"), ApiError);
}

}  // namespace
}  // namespace vgpu::cpu
