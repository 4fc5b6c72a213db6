#include "shim/frontend/visible_devices.h"

#include <doctest/doctest.h>

#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;
using frontend::DeviceChoice;

namespace {

// Buses 1, 2, 3; the GPU on bus 2 is the fastest, those on 1 and 3 are equal.
std::vector<GpuProfile> machine() { return {fake::gpu(3, 10), fake::gpu(2, 40), fake::gpu(1, 10)}; }

std::string buses(const DeviceChoice& choice) {
  std::string text;
  for (const auto& gpu : frontend::visible_devices(machine(), choice))
    text += std::to_string(gpu.pci.bus);
  return text;
}

std::string in_pci_order(const std::string& visible) {
  return buses({.visible = visible, .pci_order = true});
}

}  // namespace

TEST_CASE("device order: fastest first, equal ones by PCI address; or all by PCI address") {
  CHECK(buses({.visible = {}, .pci_order = false}) == "213");
  CHECK(buses({.visible = {}, .pci_order = true}) == "123");
}

TEST_CASE("device order: more lanes in a multiprocessor make it faster") {
  auto turing = fake::gpu(1, 40), ampere = fake::gpu(2, 30);
  ampere.attributes[75] = 8;
  ampere.attributes[76] = 6;
  const std::vector<GpuProfile> both = {turing, ampere};
  CHECK(frontend::visible_devices(both, {}).front().pci.bus == 2);
}

TEST_CASE("CUDA_VISIBLE_DEVICES: picks by index into the order, in the order of the list") {
  CHECK(in_pci_order("0") == "1");
  CHECK(in_pci_order("2,0") == "31");
  CHECK(in_pci_order(" 1 , 2 ") == "23");
  CHECK(buses({.visible = "0", .pci_order = false}) == "2");
}

TEST_CASE("CUDA_VISIBLE_DEVICES: the first entry that names no device ends the list") {
  CHECK(in_pci_order("1,-1,0") == "2");
  CHECK(in_pci_order("1,3,0") == "2");
  CHECK(in_pci_order("1,,0") == "2");
  CHECK(in_pci_order("1,x,0") == "2");
  CHECK(in_pci_order("-1") == "");
  CHECK(in_pci_order("NoDevFiles") == "");
  CHECK(in_pci_order("99999999999999999999") == "");
}

TEST_CASE("CUDA_VISIBLE_DEVICES: empty hides all") { CHECK(in_pci_order("") == ""); }

TEST_CASE("CUDA_VISIBLE_DEVICES: an index is the digits that an entry starts with") {
  CHECK(in_pci_order("1gpu,2x") == "23");
  CHECK(in_pci_order("+1") == "2");
}

TEST_CASE("CUDA_VISIBLE_DEVICES: a device named twice hides all") {
  CHECK(in_pci_order("0,1,0") == "");
  CHECK(in_pci_order("GPU-01,GPU-010") == "");
}

TEST_CASE("CUDA_VISIBLE_DEVICES: a UUID, or as much of it as is unique") {
  CHECK(in_pci_order("GPU-02020202-0202-0202-0202-020202020202") == "2");
  CHECK(in_pci_order("GPU-03,GPU-01") == "31");
  CHECK(in_pci_order("GPU-0") == "");
  CHECK(in_pci_order("GPU-") == "");
  CHECK(in_pci_order("GPU-02,GPU-09,GPU-01") == "2");
  CHECK(in_pci_order("GPU-02020202-0202-0202-0202-0202020202022") == "");
}

TEST_CASE("CUDA_VISIBLE_DEVICES: the first entry says whether the list is of indices or UUIDs") {
  CHECK(in_pci_order("0,GPU-02") == "1");
  CHECK(in_pci_order("GPU-02,0") == "2");
}
