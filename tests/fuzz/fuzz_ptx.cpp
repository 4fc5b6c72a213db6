// PTX text: the parser takes it or throws ptx::Error with a line and a column.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "shim/cpu/ptx/ast.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vgpu::ptx;
  try {
    Module module = parse_module(std::string(reinterpret_cast<const char*>(data), size));
    for (Function& function : module.functions) {
      try {
        parse_body(module, function);
      } catch (const Error& error) {
        if (std::strncmp(error.what(), "line ", 5) != 0 || function.parsed) std::abort();
      }
    }
  } catch (const Error& error) {
    if (std::strncmp(error.what(), "line ", 5) != 0) std::abort();
  }
  return 0;
}
