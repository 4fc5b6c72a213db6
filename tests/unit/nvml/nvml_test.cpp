#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "shim/nvml/exports.h"
#include "shim/nvml/surroundings.h"

using namespace vgpu;

namespace {

// Two GPUs, listed the wrong way round.
DeviceConfig machine() {
  DeviceConfig config;
  for (const std::uint8_t bus : {std::uint8_t{0x41}, std::uint8_t{0x07}}) {
    GpuProfile gpu;
    gpu.name = "GPU on bus " + std::to_string(bus);
    gpu.uuid.fill(bus);
    gpu.pci = {.domain = 0, .bus = bus, .device = 3};
    gpu.pci_device_id = 0x1eb810de;
    gpu.pci_subsystem_id = 0x12a210de;
    gpu.memory = 1000;
    gpu.memory_with_reserved = 1100;
    gpu.driver_version = "580.159.04";
    gpu.attributes[75] = 8;
    gpu.attributes[76] = 6;
    gpu.minor_number = bus;
    config.gpus.push_back(gpu);
  }
  return config;
}

// Opened for one test case: nothing depends on the order in which the cases run.
struct Session {
  Session() { REQUIRE(nvmlInit_v2() == NVML_SUCCESS); }
  ~Session() { nvmlShutdown(); }
};

nvmlDevice_t device(unsigned int index) {
  nvmlDevice_t handle{};
  REQUIRE(nvmlDeviceGetHandleByIndex_v2(index, &handle) == NVML_SUCCESS);
  return handle;
}

// What a call that fills in a text says.
template <class Call>
std::string text(Call call) {
  char room[96] = {};
  REQUIRE(call(room, static_cast<unsigned int>(sizeof room)) == NVML_SUCCESS);
  return room;
}

std::string name(unsigned int index) {
  return text(
      [&](char* room, unsigned int size) { return nvmlDeviceGetName(device(index), room, size); });
}

std::string uuid(unsigned int index) {
  return text(
      [&](char* room, unsigned int size) { return nvmlDeviceGetUUID(device(index), room, size); });
}

}  // namespace

DeviceConfig vgpu::nvml::load_config() { return machine(); }

SharedTable& vgpu::nvml::session_table() {
  static SharedTable table(-1);
  return table;
}

TEST_CASE(
    "NVML: before nvmlInit all is UNINITIALIZED, implemented or not; and after the last shutdown") {
  unsigned int count = 0;
  CHECK(nvmlDeviceGetCount_v2(&count) == NVML_ERROR_UNINITIALIZED);
  CHECK(nvmlDeviceGetTemperature() == NVML_ERROR_UNINITIALIZED);
  CHECK(nvmlShutdown() == NVML_ERROR_UNINITIALIZED);
  CHECK(nvmlInit_v2() == NVML_SUCCESS);
  CHECK(nvmlInitWithFlags(0) == NVML_SUCCESS);
  CHECK(nvmlShutdown() == NVML_SUCCESS);
  CHECK(nvmlDeviceGetCount_v2(&count) == NVML_SUCCESS);
  CHECK(count == 2);
  CHECK(nvmlShutdown() == NVML_SUCCESS);
  CHECK(nvmlDeviceGetCount_v2(&count) == NVML_ERROR_UNINITIALIZED);
}

TEST_CASE("NVML: what is not known is NOT_SUPPORTED, never invented") {
  const Session session;
  CHECK(nvmlDeviceGetTemperature() == NVML_ERROR_NOT_SUPPORTED);
  CHECK(nvmlDeviceGetTotalEnergyConsumption() == NVML_ERROR_NOT_SUPPORTED);
  CHECK(nvmlDeviceGetPowerUsage() == NVML_ERROR_NOT_SUPPORTED);
  char room[32];
  CHECK(nvmlDeviceGetVbiosVersion(device(0), room, sizeof room) == NVML_ERROR_NOT_SUPPORTED);
}

TEST_CASE("NVML: GPUs are numbered in PCI order") {
  const Session session;
  unsigned int index = 9, minor = 0;
  CHECK(name(0) == "GPU on bus 7");
  CHECK(name(1) == "GPU on bus 65");
  CHECK(nvmlDeviceGetIndex(device(1), &index) == NVML_SUCCESS);
  CHECK(index == 1);
  CHECK(nvmlDeviceGetMinorNumber(device(1), &minor) == NVML_SUCCESS);
  CHECK(minor == 65);
  nvmlDevice_t handle{};
  CHECK(nvmlDeviceGetHandleByIndex_v2(2, &handle) == NVML_ERROR_INVALID_ARGUMENT);
}

TEST_CASE("NVML: a GPU is found by UUID and by any spelling of its PCI address") {
  const Session session;
  nvmlDevice_t handle{};
  CHECK(uuid(1) == "GPU-41414141-4141-4141-4141-414141414141");
  CHECK(nvmlDeviceGetHandleByUUID("GPU-41414141-4141-4141-4141-414141414141", &handle) ==
        NVML_SUCCESS);
  CHECK(handle == device(1));
  CHECK(nvmlDeviceGetHandleByUUID("GPU-4141", &handle) == NVML_ERROR_NOT_FOUND);
  for (const char* id : {"0000:41:03.0", "00000000:41:03.0", "0:41:3.0"}) {
    handle = nullptr;
    CHECK(nvmlDeviceGetHandleByPciBusId_v2(id, &handle) == NVML_SUCCESS);
    CHECK(handle == device(1));
  }
  for (const char* id :
       {"", "41", "0:41:3", "0:41:3.1", "0:41:3.0x", "0:141:3.0", "0:42:3.0", "::."})
    CHECK(nvmlDeviceGetHandleByPciBusId_v2(id, &handle) == NVML_ERROR_NOT_FOUND);
  CHECK(nvmlDeviceGetHandleBySerial("0", &handle) == NVML_ERROR_NOT_FOUND);
}

TEST_CASE("NVML: all versions of the PCI information agree") {
  const Session session;
  nvmlPciInfo_v1_t first{};
  nvmlPciInfo_v2_t second{};
  nvmlPciInfo_t third{};
  REQUIRE(nvmlDeviceGetPciInfo(device(1), &first) == NVML_SUCCESS);
  REQUIRE(nvmlDeviceGetPciInfo_v2(device(1), &second) == NVML_SUCCESS);
  REQUIRE(nvmlDeviceGetPciInfo_v3(device(1), &third) == NVML_SUCCESS);
  CHECK(std::string(first.busId) == "0000:41:03.0");
  CHECK(std::string(second.busId) == "0000:41:03.0");
  CHECK(std::string(third.busIdLegacy) == "0000:41:03.0");
  CHECK(std::string(third.busId) == "00000000:41:03.0");
  CHECK(third.pciDeviceId == 0x1eb810de);
  CHECK(second.pciSubSystemId == 0x12a210de);
  CHECK(first.bus == 0x41);
}

TEST_CASE(
    "NVML: memory is the profile's, with the driver's share apart where there is room for it") {
  const Session session;
  nvmlMemory_t memory{};
  REQUIRE(nvmlDeviceGetMemoryInfo(device(0), &memory) == NVML_SUCCESS);
  CHECK(memory.total == 1100);
  CHECK(memory.free == 1000);
  CHECK(memory.used == 100);
  nvmlMemory_v2_t second{};
  CHECK(nvmlDeviceGetMemoryInfo_v2(device(0), &second) == NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
  second.version = kNvmlMemoryV2;
  REQUIRE(nvmlDeviceGetMemoryInfo_v2(device(0), &second) == NVML_SUCCESS);
  CHECK(second.total == 1100);
  CHECK(second.reserved == 100);
  CHECK(second.free == 1000);
  CHECK(second.used == 0);
  CHECK(kNvmlMemoryV2 == 0x02000028);
}

TEST_CASE("NVML: a buffer that is too small is INSUFFICIENT_SIZE and stays as it was") {
  const Session session;
  char room[8] = "before";
  CHECK(nvmlDeviceGetName(device(0), room, sizeof room) == NVML_ERROR_INSUFFICIENT_SIZE);
  CHECK(std::string(room) == "before");
  CHECK(nvmlSystemGetDriverVersion(room, 10) == NVML_ERROR_INSUFFICIENT_SIZE);
}

TEST_CASE("NVML: null and foreign handles are INVALID_ARGUMENT") {
  const Session session;
  int major = 0, minor = 0;
  for (const std::uintptr_t bad :
       {std::uintptr_t{0}, std::uintptr_t{3}, std::uintptr_t{0x7fff0000}}) {
    auto* const handle = reinterpret_cast<nvmlDevice_t>(bad);
    CHECK(nvmlDeviceGetCudaComputeCapability(handle, &major, &minor) ==
          NVML_ERROR_INVALID_ARGUMENT);
    CHECK(nvmlDeviceGetMemoryInfo(handle, nullptr) == NVML_ERROR_INVALID_ARGUMENT);
  }
  CHECK(nvmlDeviceGetCount_v2(nullptr) == NVML_ERROR_INVALID_ARGUMENT);
  CHECK(nvmlDeviceGetCudaComputeCapability(device(0), &major, &minor) == NVML_SUCCESS);
  CHECK(major * 10 + minor == 86);
}

TEST_CASE(
    "NVML: versions are the profile's, with and without nvmlInit where the real library has it") {
  int version = 0;
  CHECK(nvmlSystemGetCudaDriverVersion_v2(&version) == NVML_SUCCESS);
  CHECK(version == 13000);
  CHECK(text(nvmlSystemGetNVMLVersion) == "13.580.159.04");
  const Session session;
  CHECK(text(nvmlSystemGetDriverVersion) == "580.159.04");
}

TEST_CASE("NVML: every result has a text, an unknown one too") {
  CHECK(nvmlErrorString(NVML_SUCCESS) == std::string("Success"));
  CHECK(nvmlErrorString(NVML_ERROR_NOT_SUPPORTED) == std::string("Not Supported"));
  CHECK(nvmlErrorString(nvmlReturn_t{12345}) == std::string("Unknown Error"));
  CHECK(nvmlErrorString(nvmlReturn_t{-1}) == std::string("Unknown Error"));
}
