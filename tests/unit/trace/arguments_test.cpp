// Arguments of API calls in readable form.
#include "shim/trace/arguments.h"

#include <doctest/doctest.h>

#include <string>

#include "shim/abi/cuda_types.h"

using namespace vgpu;
using trace::Outcome;

namespace {

constexpr Outcome kSucceeded{true, true};
constexpr Outcome kFailed{false, false};

template <class Argument>
std::string text_of(const Argument& argument, Outcome outcome = kSucceeded) {
  trace::Text text;
  const trace::Shown shown = argument.shown();
  shown.print(text, shown.value, outcome);
  return std::string(text.get());
}

}  // namespace

TEST_CASE("arguments: values are numbers, addresses or names, by their type") {
  const std::size_t bytes = 4096;
  const CUdeviceptr where = 0xabc0, nowhere = 0;
  const CUdevice_attribute attribute = 75, unknown = 4711;
  const CUlimit limit = CU_LIMIT_MALLOC_HEAP_SIZE;
  const auto no_limit = static_cast<CUlimit>(63), far = static_cast<CUlimit>(4711);
  const auto stream = reinterpret_cast<CUstream>(std::uintptr_t{2});
  const float ratio = 0.5F;
  CHECK(text_of(TRACE_ARGUMENT(in, std::size_t, bytes)) == "4096");
  CHECK(text_of(TRACE_ARGUMENT(in, CUdeviceptr, where)) == "0xabc0");
  CHECK(text_of(TRACE_ARGUMENT(in, CUdeviceptr, nowhere)) == "NULL");
  CHECK(text_of(TRACE_ARGUMENT(in, CUdevice_attribute, attribute)) == "COMPUTE_CAPABILITY_MAJOR");
  CHECK(text_of(TRACE_ARGUMENT(in, CUdevice_attribute, unknown)) == "4711");
  CHECK(text_of(TRACE_ARGUMENT(in, CUlimit, limit)) == "CU_LIMIT_MALLOC_HEAP_SIZE");
  CHECK(text_of(TRACE_ARGUMENT(in, CUlimit, no_limit)) == "63");
  CHECK(text_of(TRACE_ARGUMENT(in, CUlimit, far)) == "4711");
  CHECK(text_of(TRACE_ARGUMENT(in, CUstream, stream)) == "0x2");
  CHECK(text_of(TRACE_ARGUMENT(in, float, ratio)) == "0.5");
}

TEST_CASE("arguments: what a call writes is shown when it has succeeded, and not looked at else") {
  int number = 7;
  int* count = &number;
  int* none = nullptr;
  CUdeviceptr memory = 0x700;
  CUdeviceptr* address = &memory;
  const char* words = "out of memory";
  const char** text = &words;
  int* wild = reinterpret_cast<int*>(std::uintptr_t{16});
  CHECK(text_of(TRACE_ARGUMENT(out, int*, count)) == "[7]");
  CHECK(text_of(TRACE_ARGUMENT(out, int*, none)) == "NULL");
  CHECK(text_of(TRACE_ARGUMENT(out, CUdeviceptr*, address)) == "[0x700]");
  CHECK(text_of(TRACE_ARGUMENT(out, const char**, text)) == "[\"out of memory\"]");
  CHECK(text_of(TRACE_ARGUMENT(out, int*, wild), kFailed) == "0x10");
}

TEST_CASE("arguments: texts are quoted, and only read after the call has read them") {
  const char* name = "a\"b\n\x01";
  const char* wild = reinterpret_cast<const char*>(std::uintptr_t{16});
  char room[] = "Tesla T4";
  char* filled = room;
  const std::string many(5000, 'x');
  const char* long_name = many.c_str();
  CHECK(text_of(TRACE_ARGUMENT(text, const char*, name)) == R"("a\"b\n\x01")");
  CHECK(text_of(TRACE_ARGUMENT(text, const char*, name), Outcome{false, true}) ==
        R"("a\"b\n\x01")");
  CHECK(text_of(TRACE_ARGUMENT(text, const char*, wild), kFailed) == "0x10");
  CHECK(text_of(TRACE_ARGUMENT(room, char*, filled)) == "\"Tesla T4\"");
  CHECK(text_of(TRACE_ARGUMENT(text, const char*, long_name)) ==
        "\"" + many.substr(0, 200) + "\"...");
}

TEST_CASE("text: what does not fit is cut and marked") {
  trace::Text text;
  for (int i = 0; i < 300; ++i) text.add("12345");
  CHECK(text.get().size() <= trace::Text::kRoom);
  CHECK(text.get().ends_with("..."));
  text.add("more").number(1);
  CHECK(text.get().ends_with("..."));
}
