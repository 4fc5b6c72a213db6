#include "shim/frontend/proc_address.h"

#include <doctest/doctest.h>

#include <set>
#include <sstream>
#include <string>
#include <tuple>

#include "shim/frontend/exports.h"
#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;

namespace {

constexpr std::uintptr_t kUntouched = 0xbad;

// What cuGetProcAddress_v2 says, in a process that has a GPU of CUDA 13.0.
struct Answer {
  int result = -1;
  int status = -1;
  void* function = nullptr;
};

Answer ask(const char* name, int version, cuuint64_t flags = 0) {
  const std::string said = fake::in_child([&] {
    fake::use_gpus(1);
    auto status = static_cast<CUdriverProcAddressQueryResult>(-1);
    auto* function = reinterpret_cast<void*>(kUntouched);
    const CUresult result = cuGetProcAddress_v2(name, &function, version, flags, &status);
    return std::to_string(result) + " " + std::to_string(status) + " " +
           std::to_string(reinterpret_cast<std::uintptr_t>(function));
  });
  Answer answer;
  std::uintptr_t function = 0;
  std::istringstream(said) >> answer.result >> answer.status >> function;
  answer.function = reinterpret_cast<void*>(function);
  return answer;
}

std::string code(CUresult result) { return std::to_string(static_cast<int>(result)); }

template <class Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

TEST_CASE("cuGetProcAddress: the newest version that is not newer than asked for") {
  CHECK(ask("cuStreamGetCaptureInfo", 13000).function == address(&cuStreamGetCaptureInfo_v3));
  CHECK(ask("cuStreamGetCaptureInfo", 12030).function == address(&cuStreamGetCaptureInfo_v3));
  CHECK(ask("cuStreamGetCaptureInfo", 12029).function == address(&cuStreamGetCaptureInfo_v2));
  CHECK(ask("cuStreamGetCaptureInfo", 10010).function == address(&cuStreamGetCaptureInfo));
  CHECK(ask("cuMemAlloc", 13000).function == address(&cuMemAlloc_v2));
  CHECK(ask("cuGetProcAddress", 11030).function == address(&cuGetProcAddress));
  CHECK(ask("cuGetProcAddress", 12000).function == address(&cuGetProcAddress_v2));
}

TEST_CASE("cuGetProcAddress: the per-thread variant only when asked for, and where there is one") {
  CHECK(ask("cuMemcpyHtoD", 13000, 2).function == address(&cuMemcpyHtoD_v2_ptds));
  CHECK(ask("cuMemcpyHtoD", 13000, 1).function == address(&cuMemcpyHtoD_v2));
  CHECK(ask("cuMemcpyHtoD", 13000, 0).function == address(&cuMemcpyHtoD_v2));
  CHECK(ask("cuMemcpyHtoD", 6050, 2).function == address(&cuMemcpyHtoD_v2));
  CHECK(ask("cuStreamBeginCapture", 10000, 2).function == address(&cuStreamBeginCapture_ptsz));
  CHECK(ask("cuStreamBeginCapture", 13000, 2).function == address(&cuStreamBeginCapture_v2_ptsz));
  CHECK(ask("cuCtxGetCurrent", 13000, 2).function == address(&cuCtxGetCurrent));
}

TEST_CASE("cuGetProcAddress: what is not there is a success without a function") {
  for (const char* name :
       {"", "cuNoSuchThing", "cuMemAlloc_v2", "cuMemcpyHtoD_v2_ptds", "cuMemAllo"}) {
    CAPTURE(name);
    const Answer answer = ask(name, 13000);
    CHECK(answer.result == CUDA_SUCCESS);
    CHECK(answer.status == CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
    CHECK(answer.function == nullptr);
  }
  const Answer early = ask("cuLibraryLoadData", 11080);
  CHECK(early.result == CUDA_SUCCESS);
  CHECK(early.status == CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  CHECK(early.function == nullptr);
}

TEST_CASE("cuGetProcAddress: a version beyond the driver's is INVALID_VALUE and writes nothing") {
  const Answer answer = ask("cuInit", 13001);
  CHECK(answer.result == CUDA_ERROR_INVALID_VALUE);
  CHECK(answer.status == -1);
  CHECK(answer.function == reinterpret_cast<void*>(kUntouched));
}

TEST_CASE("cuGetProcAddress: the status may be null; name and function may not") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          void* function = nullptr;
          std::string said = code(cuGetProcAddress_v2("cuInit", &function, 13000, 0, nullptr));
          said += function == address(&cuInit) ? " found " : " other ";
          said += code(cuGetProcAddress_v2(nullptr, &function, 13000, 0, nullptr)) + " ";
          return said + code(cuGetProcAddress_v2("cuInit", nullptr, 13000, 0, nullptr));
        }) == "0 found 1 1");
}

TEST_CASE("cuGetProcAddress: the form without status says NOT_FOUND") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          void* function = nullptr;
          std::string said = code(cuGetProcAddress("cuMemAlloc", &function, 11030, 0));
          said += function == address(&cuMemAlloc_v2) ? " found " : " other ";
          said += code(cuGetProcAddress("cuNoSuchThing", &function, 11030, 0));
          return said + (function == nullptr ? " null" : " not null");
        }) == "0 found 500 null");
}

TEST_CASE("proc rows: an alias is its target's function, a bare name has one of its own") {
  CHECK(ask("cuCtxDestroy", 3000).function == address(&cuCtxDestroy_v2));
  CHECK(ask("cuGraphClone", 13000).function == address(&cuGraphClone));
}

TEST_CASE("proc rows: no base has the same version and flavour twice") {
  std::set<std::tuple<std::string, int, bool>> seen;
  for (const auto& row : frontend::proc_rows())
    CHECK(seen.emplace(row.base, row.since, row.per_thread).second);
  CHECK(seen.size() > 650);
}
