#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <stdexcept>

#include "shim/api/api_error.h"
#include "shim/frontend/exports.h"
#include "shim/frontend/unsupported.h"
#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;

namespace {

std::string code(CUresult result) { return std::to_string(static_cast<int>(result)); }

std::string stream_name(CUstream stream) {
  return std::to_string(reinterpret_cast<std::uintptr_t>(stream));
}

std::string seen;

}  // namespace

TEST_CASE("wrapper: an exception becomes a result, whatever it is") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::table().cuMemFree_v2 = [](CUdeviceptr what) -> CUresult {
            if (what == 1) throw ApiError(CUDA_ERROR_ILLEGAL_ADDRESS, "one");
            if (what == 2) throw std::bad_alloc();
            if (what == 3) throw std::runtime_error("three");
            if (what == 4) throw 4;
            return CUDA_SUCCESS;
          };
          cuInit(0);
          std::string said;
          for (CUdeviceptr i = 0; i < 5; ++i) said += code(cuMemFree_v2(i)) + " ";
          return said;
        }) == "0 700 2 999 999 ");
}

TEST_CASE("wrapper: what is not implemented is NOT_SUPPORTED and counted by name") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::table().cuFuncLoad = [](CUfunction) { return CUDA_ERROR_NOT_SUPPORTED; };
          cuInit(0);
          std::string said;
          for (int i = 0; i < 3; ++i) said += code(cuMemFree_v2(0)) + " ";  // an empty slot
          said += code(cuArrayCreate()) + " ";                              // a name without a row
          said += code(cuFuncLoad(nullptr)) + " ";                          // the device says so
          said += code(cuMemcpyHtoD_v2_ptds(0, nullptr, 0)) + "\n";  // neither twin nor plain
          std::string report = frontend::unsupported_report();
          for (std::size_t at = 0; (at = report.find("vgpu-run: ", at)) != std::string::npos;)
            report.erase(at, report.find("not supported: ", at) - at);
          return said + report;
        }) ==
        "801 801 801 801 801 801\n"
        "not supported: cuFuncLoad x1\n"
        "not supported: cuMemFree_v2 x3\n"
        "not supported: cuMemcpyHtoD_v2_ptds x1\n"
        "not supported: cuArrayCreate x1\n");
}

TEST_CASE("wrapper: a child's report is its own") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          cuInit(0);
          cuMemFree_v2(0);
          return fake::in_child([] { return frontend::unsupported_report(); });
        }) == "");
}

TEST_CASE("twins: a null slot is answered by the plain one, on the thread's own stream") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::table().cuStreamQuery = [](CUstream stream) {
            seen += stream_name(stream) + " ";
            return CUDA_SUCCESS;
          };
          cuInit(0);
          cuStreamQuery_ptsz(nullptr);
          cuStreamQuery_ptsz(stream_legacy());
          cuStreamQuery_ptsz(reinterpret_cast<CUstream>(std::uintptr_t{77}));
          cuStreamQuery(nullptr);
          return seen;
        }) == "2 1 77 0 ");
}

TEST_CASE("twins: a launch configuration's stream is replaced in a copy") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::table().cuLaunchKernelEx = [](const CUlaunchConfig* config, CUfunction, void**,
                                              void**) {
            seen += config == nullptr ? "null " : stream_name(config->hStream) + " ";
            return CUDA_SUCCESS;
          };
          cuInit(0);
          CUlaunchConfig config{};
          cuLaunchKernelEx_ptsz(&config, nullptr, nullptr, nullptr);
          cuLaunchKernelEx_ptsz(nullptr, nullptr, nullptr, nullptr);
          cuLaunchKernelEx(&config, nullptr, nullptr, nullptr);
          return seen;
        }) == "2 null 0 ");
}

TEST_CASE("twins: a slot that the device filled in is used as it is") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::table().cuStreamQuery_ptsz = [](CUstream stream) {
            seen += stream_name(stream);
            return CUDA_SUCCESS;
          };
          cuInit(0);
          cuStreamQuery_ptsz(nullptr);
          return seen;
        }) == "0");
}

TEST_CASE("wrapper: why something is missing is said at once, and only if asked for") {
  const auto said_on_stderr = [](bool asked) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    fake::in_child([&] {
      ::dup2(ends[1], STDERR_FILENO);
      fake::use_gpus(1);
      fake::config().report_unsupported = asked;
      fake::table().cuMemFree_v2 = [](CUdeviceptr code) -> CUresult {
        throw ApiError(CUresult{static_cast<int>(code)}, "there is SASS for sm_90 only");
      };
      cuInit(0);
      cuMemFree_v2(CUDA_ERROR_NO_BINARY_FOR_GPU);
      cuMemFree_v2(CUDA_ERROR_INVALID_VALUE);
      return std::string();
    });
    ::close(ends[1]);
    char text[512] = {};
    [[maybe_unused]] const auto got = ::read(ends[0], text, sizeof text - 1);
    ::close(ends[0]);
    return std::string(text);
  };
  const std::string said = said_on_stderr(true);
  CHECK(said.starts_with("vgpu-run: "));
  CHECK(said.ends_with(
      ": cuMemFree_v2: CUDA_ERROR_NO_BINARY_FOR_GPU: there is SASS for sm_90 only\n"));
  CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  CHECK(said_on_stderr(false).empty());
}

TEST_CASE("wrapper: the cancellation of a thread waits until the call is over") {
  CHECK(fake::in_child([] {
          static std::atomic<bool> cancelled{false};
          fake::use_gpus(1);
          fake::table().cuStreamSynchronize = [](CUstream) -> CUresult {
            cancelled.wait(false);
            ::pthread_testcancel();
            seen = "ran to its end";
            return CUDA_SUCCESS;
          };
          cuInit(0);
          pthread_t thread{};
          ::pthread_create(
              &thread, nullptr,
              [](void*) -> void* {
                cuStreamSynchronize(nullptr);
                ::pthread_testcancel();
                return nullptr;
              },
              nullptr);
          ::pthread_cancel(thread);
          cancelled = true;
          cancelled.notify_all();
          void* result = nullptr;
          ::pthread_join(thread, &result);
          return seen + (result == PTHREAD_CANCELED ? ", then cancelled" : ", returned");
        }) == "ran to its end, then cancelled");
}
