#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "shim/api/api_error.h"
#include "shim/frontend/exports.h"
#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;

namespace {

std::string code(CUresult result) { return std::to_string(static_cast<int>(result)); }

int device_count() {
  int count = -1;
  cuDeviceGetCount(&count);
  return count;
}

}  // namespace

TEST_CASE("cuInit: before it every device call is NOT_INITIALIZED, implemented or not") {
  int value = 0;
  CUmoduleLoadingMode mode{};
  CHECK(cuDeviceGetCount(&value) == CUDA_ERROR_NOT_INITIALIZED);
  CHECK(cuMemFree_v2(0) == CUDA_ERROR_NOT_INITIALIZED);
  CHECK(cuMemcpyHtoD_v2_ptds(0, nullptr, 0) == CUDA_ERROR_NOT_INITIALIZED);
  CHECK(cuArrayCreate() == CUDA_ERROR_NOT_INITIALIZED);
  CHECK(cuModuleGetLoadingMode(&mode) == CUDA_ERROR_NOT_INITIALIZED);
}

TEST_CASE("cuInit: flags are INVALID_VALUE, no GPU is NO_DEVICE, an unknown device too") {
  CHECK(fake::in_child([] {
          const std::string said = code(cuInit(1)) + " ";
          return said + code(cuInit(0));
        }) == "1 100");
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::config().device = "none such";
          return code(cuInit(0));
        }) == "100");
}

TEST_CASE("cuInit: starts the device once, however often and from however many threads") {
  CHECK(fake::in_child([] {
          fake::use_gpus(2);
          std::vector<std::thread> threads;
          std::atomic<int> good{0};
          for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] { good += cuInit(0) == CUDA_SUCCESS && device_count() == 2; });
          for (auto& thread : threads) thread.join();
          return std::to_string(good) + " good, " + std::to_string(fake::starts().count) + " start";
        }) == "8 good, 1 start");
}

TEST_CASE("cuInit: a device that fails to start is reported, and may be tried again") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::starts().on_start = [] { throw std::bad_alloc(); };
          std::string said = code(cuInit(0)) + " ";
          fake::starts().on_start = [] { throw std::runtime_error("no"); };
          said += code(cuInit(0)) + " ";
          said += code(cuDeviceGetCount(nullptr)) + " ";
          fake::starts().on_start = [] {};
          said += code(cuInit(0)) + " ";
          return said + std::to_string(device_count());
        }) == "2 999 3 0 1");
}

TEST_CASE("fork: a child of a process that has started is not initialised, and stays so") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          std::string said = code(cuInit(0)) + " child";
          said += fake::in_child([] {
            int count = -1;
            std::string in_it = " " + code(cuDeviceGetCount(&count));
            in_it += " " + code(cuInit(0));
            return in_it + " " + code(cuDeviceGetCount(&count));
          });
          return said + " parent " + std::to_string(device_count());
        }) == "0 child 3 3 3 parent 1");
}

TEST_CASE("fork: a child of a process that has not started can start") {
  CHECK(fake::in_child([] {
          std::string said = code(cuInit(0));  // no GPU yet
          return said + " " + fake::in_child([] { return code(cuInit(0)); });
        }) == "100 100");
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          int version = 0;
          cuDriverGetVersion(&version);  // needs no start
          return fake::in_child([] {
            const std::string said = code(cuInit(0));
            return said + std::to_string(device_count());
          });
        }) == "01");
}

TEST_CASE("environment: read in cuInit, and handed to the device") {
  CHECK(fake::in_child([] {
          fake::use_gpus(3);
          ::setenv("CUDA_VISIBLE_DEVICES", "2,0", 1);
          ::setenv("CUDA_LAUNCH_BLOCKING", "1", 1);
          ::setenv("CUDA_MODULE_LOADING", "EAGER", 1);
          std::string said = code(cuInit(0));
          const auto& starts = fake::starts();
          CUmoduleLoadingMode mode{};
          cuModuleGetLoadingMode(&mode);
          for (const auto& gpu : starts.visible) said += " bus " + std::to_string(gpu.pci.bus);
          return said + " blocking " + std::to_string(starts.options.launch_blocking) + " mode " +
                 std::to_string(mode);
        }) == "0 bus 3 bus 1 blocking 1 mode 1");
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          ::unsetenv("CUDA_MODULE_LOADING");
          cuInit(0);
          CUmoduleLoadingMode mode{};
          cuModuleGetLoadingMode(&mode);
          return std::to_string(mode) + " " + code(cuModuleGetLoadingMode(nullptr));
        }) == "2 1");
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
          return code(cuInit(0));
        }) == "100");
}
