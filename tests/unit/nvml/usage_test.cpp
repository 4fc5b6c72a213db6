#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "shim/nvml/exports.h"
#include "shim/nvml/session.h"
#include "shim/nvml/surroundings.h"
#include "shim/shared/gpu_usage.h"

using namespace vgpu;

namespace {

struct Session {
  Session() { REQUIRE(nvmlInit_v2() == NVML_SUCCESS); }
  ~Session() { nvmlShutdown(); }
};

nvmlDevice_t device(unsigned int index) { return nvml::handle_of(index); }

GpuUsage usage_of(unsigned int index) {
  return GpuUsage(*nvml::find_gpu(index), nvml::session_table());
}

}  // namespace

TEST_CASE("NVML: memory that is in use is neither free nor another device's") {
  const Session session;
  GpuUsage usage = usage_of(0);
  REQUIRE(usage.charge(300));
  nvmlMemory_t memory{};
  REQUIRE(nvmlDeviceGetMemoryInfo(device(0), &memory) == NVML_SUCCESS);
  CHECK(memory.free == 700);
  CHECK(memory.used == 400);
  nvmlMemory_v2_t second{};
  second.version = kNvmlMemoryV2;
  REQUIRE(nvmlDeviceGetMemoryInfo_v2(device(0), &second) == NVML_SUCCESS);
  CHECK(second.free == 700);
  CHECK(second.used == 300);
  CHECK(second.reserved == 100);
  REQUIRE(nvmlDeviceGetMemoryInfo(device(1), &memory) == NVML_SUCCESS);
  CHECK(memory.free == 1000);
}

TEST_CASE("NVML: all versions of the process list name who uses the device, with its memory") {
  const Session session;
  unsigned int count = 5;
  nvmlProcessInfo_t infos[5] = {};
  REQUIRE(nvmlDeviceGetComputeRunningProcesses_v3(device(0), &count, infos) == NVML_SUCCESS);
  CHECK(count == 0);
  GpuUsage usage = usage_of(0);
  REQUIRE(usage.open());
  REQUIRE(usage.charge(250));
  CHECK(nvmlDeviceGetComputeRunningProcesses_v3(device(0), &count, nullptr) ==
        NVML_ERROR_INSUFFICIENT_SIZE);
  REQUIRE(count == 1);
  REQUIRE(nvmlDeviceGetComputeRunningProcesses_v3(device(0), &count, infos) == NVML_SUCCESS);
  CHECK(infos[0].pid == static_cast<unsigned int>(::getpid()));
  CHECK(infos[0].usedGpuMemory == 250);
  CHECK(infos[0].gpuInstanceId == kNvmlNoInstance);
  nvmlProcessInfo_v1_t first[1] = {};
  REQUIRE(nvmlDeviceGetComputeRunningProcesses(device(0), &count, first) == NVML_SUCCESS);
  CHECK(first[0].usedGpuMemory == 250);
  nvmlProcessDetail_v1_t details[1] = {};
  nvmlProcessDetailList_v1_t list{.version = nvml_version<nvmlProcessDetailList_v1_t>(1),
                                  .mode = 0,
                                  .numProcArrayEntries = 1,
                                  .procArray = details};
  REQUIRE(nvmlDeviceGetRunningProcessDetailList(device(0), &list) == NVML_SUCCESS);
  CHECK(details[0].pid == infos[0].pid);
  count = 1;
  REQUIRE(nvmlDeviceGetGraphicsRunningProcesses_v3(device(0), &count, infos) == NVML_SUCCESS);
  CHECK(count == 0);
}

TEST_CASE("NVML: a process has the name that it was started by") {
  const Session session;
  char name[4096] = {};
  REQUIRE(nvmlSystemGetProcessName(static_cast<unsigned int>(::getpid()), name, sizeof name) ==
          NVML_SUCCESS);
  CHECK(std::string(name).ends_with("unit_nvml"));
  CHECK(nvmlSystemGetProcessName(0x7fffffff, name, sizeof name) == NVML_ERROR_NOT_FOUND);
}

TEST_CASE("NVML: utilisation is measured: nothing when idle, something while work is done") {
  const Session session;
  nvmlUtilization_t rates{99, 99};
  REQUIRE(nvmlDeviceGetUtilizationRates(device(1), &rates) == NVML_SUCCESS);
  CHECK(rates.gpu == 0);
  SharedSlot& slot = *nvml::session_table().claim(gpu_key(*nvml::find_gpu(1)));
  slot.busy_since = 1;
  REQUIRE(nvmlDeviceGetUtilizationRates(device(1), &rates) == NVML_SUCCESS);
  CHECK(rates.gpu == 100);
  CHECK(rates.memory == 100);
  nvmlProcessUtilizationSample_t sample{};
  unsigned int count = 1;
  REQUIRE(nvmlDeviceGetProcessUtilization(device(1), &sample, &count, 0) == NVML_SUCCESS);
  CHECK(sample.smUtil >= 90);
  nvml::session_table().give_back(&slot);
}

TEST_CASE("NVML: fields are answered one by one, each with its own result") {
  const Session session;
  nvmlFieldValue_t fields[3] = {};
  fields[0].fieldId = 91;   // NVLINK_LINK_COUNT
  fields[1].fieldId = 186;  // POWER_INSTANT
  fields[2].fieldId = 99999;
  REQUIRE(nvmlDeviceGetFieldValues(device(0), 3, fields) == NVML_SUCCESS);
  CHECK(fields[0].nvmlReturn == NVML_SUCCESS);
  CHECK(fields[0].valueType == NVML_VALUE_TYPE_UNSIGNED_INT);
  CHECK(fields[0].value.uiVal == 0);
  CHECK(fields[1].nvmlReturn == NVML_ERROR_NOT_SUPPORTED);
  CHECK(fields[2].nvmlReturn == NVML_ERROR_NOT_SUPPORTED);
  CHECK(nvmlDeviceGetFieldValues(device(0), 0, fields) == NVML_ERROR_INVALID_ARGUMENT);
}

TEST_CASE("NVML: devices of one PCI domain are peers behind one host bridge, without NVLink") {
  const Session session;
  unsigned int level = 99;
  REQUIRE(nvmlDeviceGetTopologyCommonAncestor(device(0), device(1), &level) == NVML_SUCCESS);
  CHECK(level == kNvmlTopologyHostBridge);
  unsigned int status = 99;
  REQUIRE(nvmlDeviceGetP2PStatus(device(0), device(1), kNvmlP2pRead, &status) == NVML_SUCCESS);
  CHECK(status == kNvmlP2pOk);
  REQUIRE(nvmlDeviceGetP2PStatus(device(0), device(1), kNvmlP2pNvlink, &status) == NVML_SUCCESS);
  CHECK(status == kNvmlP2pNotSupported);
  unsigned int count = 1;
  nvmlDevice_t near[1] = {};
  REQUIRE(nvmlDeviceGetTopologyNearestGpus(device(0), kNvmlTopologyHostBridge, &count, near) ==
          NVML_SUCCESS);
  REQUIRE(count == 1);
  CHECK(near[0] == device(1));
  unsigned long cpus[16] = {};
  REQUIRE(nvmlDeviceGetCpuAffinity(device(0), 16, cpus) == NVML_SUCCESS);
  CHECK((cpus[0] & 1U) == 1);  // the first processor cannot be taken away
}

TEST_CASE(
    "NVML: what a structure says of its version is checked, and a UUID is found in both forms") {
  const Session session;
  nvmlUUID_v1_t uuid{};
  nvmlDevice_t found{};
  CHECK(nvmlDeviceGetHandleByUUIDV(&uuid, &found) == NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
  uuid.version = nvml_version<nvmlUUID_v1_t>(1);
  uuid.type = 2;
  for (unsigned char& byte : uuid.value.bytes) byte = 0x41;
  REQUIRE(nvmlDeviceGetHandleByUUIDV(&uuid, &found) == NVML_SUCCESS);
  CHECK(found == device(1));
  nvmlPciInfoExt_v1_t pci{};
  CHECK(nvmlDeviceGetPciInfoExt(device(0), &pci) == NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
  pci.version = nvml_version<nvmlPciInfoExt_v1_t>(1);
  REQUIRE(nvmlDeviceGetPciInfoExt(device(0), &pci) == NVML_SUCCESS);
  CHECK(pci.baseClass == 3);
  CHECK(pci.subClass == 2);
  CHECK(std::string(pci.busId) == "00000000:07:03.0");
}

TEST_CASE("NVML: ECC and MIG are modes only of devices that have them") {
  const Session session;
  unsigned int current = 9, pending = 9;
  CHECK(nvmlDeviceGetEccMode(device(0), &current, &pending) == NVML_ERROR_NOT_SUPPORTED);
  CHECK(nvmlDeviceGetMigMode(device(0), &current, &pending) == NVML_ERROR_NOT_SUPPORTED);
  unsigned int architecture = 0;
  REQUIRE(nvmlDeviceGetArchitecture(device(0), &architecture) == NVML_SUCCESS);
  CHECK(architecture == 7);  // Ampere: capability 8.6
}
