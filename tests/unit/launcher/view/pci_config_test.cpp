#include "launcher/view/pci_config.h"

#include <doctest/doctest.h>

#include "launcher/profile.h"

namespace vgpu::launcher {
namespace {

unsigned byte_at(const std::string& bytes, std::size_t offset) {
  return static_cast<unsigned char>(bytes.at(offset));
}

}  // namespace

TEST_CASE("PCI configuration: ids, class and revision are where PCI has them") {
  const std::string bytes = pci_config_space(load_profile("h100"));
  REQUIRE(bytes.size() == 256);
  CHECK(bytes.substr(0, 4) == "\xde\x10\x30\x23");
  CHECK(bytes.substr(8, 4) == std::string("\xa1\x00\x02\x03", 4));
  CHECK(bytes.substr(0x2c, 4) == "\xde\x10\xc1\x16");
}

TEST_CASE("PCI configuration: the list of capabilities ends") {
  const std::string bytes = pci_config_space(load_profile("t4"));
  int count = 0;
  for (unsigned at = byte_at(bytes, 0x34); at != 0; at = byte_at(bytes, at + 1)) {
    CHECK(at % 4 == 0);
    CHECK(at >= 0x40);
    REQUIRE(++count < 10);
  }
  CHECK(count > 0);
}

TEST_CASE("PCI windows: as on the measured H100, and no two GPUs' overlap") {
  GpuProfile gpu = load_profile("h100");
  const auto first = bars_of(gpu);
  CHECK(first[0].start == 0x102002000000U);
  CHECK(first[2].start == 0x100000000000U);
  CHECK(first[2].size == 0x2000000000U);
  CHECK(first[4].start == 0x102000000000U);
  gpu.minor_number = 1;
  CHECK(bars_of(gpu)[2].start >= first[0].start + first[0].size);
}

TEST_CASE("link speed: the kernel's words") {
  CHECK(link_speed(1) == "2.5 GT/s PCIe");
  CHECK(link_speed(5) == "32.0 GT/s PCIe");
  CHECK(link_speed(99) == "64.0 GT/s PCIe");
}

}  // namespace vgpu::launcher
