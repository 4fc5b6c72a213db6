#include "shim/abi/profile.h"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>

namespace vgpu {
namespace {

GpuProfile full_profile() {
  GpuProfile gpu;
  gpu.key = "t4";
  gpu.name = "a \"quoted\\ name\"\n\x01\xff with = and # and [gpu]";
  for (std::size_t i = 0; i < gpu.uuid.size(); ++i) gpu.uuid[i] = static_cast<std::uint8_t>(17 * i);
  gpu.pci = {0xabcd, 0x3f, 31};
  gpu.pci_device_id = 0x1eb810de;
  gpu.memory = 0xffff'ffff'ffff'ffff;
  gpu.memory_with_reserved = 12;
  gpu.driver_version = "580.159.04";
  for (std::size_t i = 1; i < gpu.attributes.size(); ++i)
    gpu.attributes[i] = static_cast<std::int32_t>(i) - 20;
  return gpu;
}

DeviceConfig two_gpus() {
  DeviceConfig config;
  config.device = "unix:/run/\xc3\xa4";
  config.report_unsupported = true;
  config.show_messages = true;
  config.gpus = {full_profile(), GpuProfile{}};
  return config;
}

std::string error_of(std::string_view text) {
  try {
    parse_config(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("config: what is printed parses to the same configuration, whatever the strings hold") {
  CHECK(parse_config(print_config(two_gpus())) == two_gpus());
  CHECK(parse_config(print_config(DeviceConfig{})) == DeviceConfig{});
}

TEST_CASE("config: the printed text is printable ASCII, one key a line") {
  for (const char c : print_config(two_gpus())) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
}

TEST_CASE("config: an error names the line and the key") {
  CHECK(error_of("device = cpu\ncolour = red\n") == "line 2: key \"colour\": no such key");
  CHECK(error_of("[gpu]\nmemory = 8GiB") == "line 2: key \"memory\": not a number: \"8GiB\"");
  CHECK(error_of("device = cpu\ndevice = cpu") == "line 2: key \"device\" twice");
  CHECK(error_of("[gpu]\n\nwhat") == "line 3: expected `key = value`");
  CHECK(error_of("[gpu]\nattribute.WARP_SIZE = 99999999999") ==
        "line 2: key \"attribute.WARP_SIZE\": number out of range: \"99999999999\"");
  CHECK(error_of("[gpu]\nattribute.WARP = 1") == "line 2: key \"attribute.WARP\": no such key");
}

TEST_CASE("config: a key of a GPU is not a key of the configuration, nor the reverse") {
  CHECK(error_of("memory = 1") == "line 1: key \"memory\": no such key");
  CHECK(error_of("[gpu]\ndevice = cpu") == "line 2: key \"device\": no such key");
}

TEST_CASE("config: each GPU section has its own keys") {
  const DeviceConfig config = parse_config("[gpu]\nmemory = 1\n[gpu]\nmemory = 2\n");
  REQUIRE(config.gpus.size() == 2);
  CHECK(config.gpus[0].memory == 1);
  CHECK(config.gpus[1].memory == 2);
}

TEST_CASE("config: values that almost fit are refused") {
  for (const char* line :
       {"memory = -1", "memory = +1", "memory = ", "memory = 0x", "memory = 0x-1", "memory = 1 2",
        "uuid = GPU-11111111-2222-3333-4444-55555555555", "pci = 0000:01:00.1",
        "pci = 0000:01:20.0", "pci = 0000:01:00", "name = \"open", "name = \"a\" b",
        "name = \"\\x0g\"", "name = \"\\q\"", "name = a\"b", "pci_class = 4294967296"})
    CHECK_MESSAGE(error_of(std::string("[gpu]\n") + line) != "accepted", line);
  CHECK(error_of("report_unsupported = yes") != "accepted");
}

TEST_CASE("config: hostile bytes are refused or read, and never anything else") {
  const std::string good = print_config(two_gpus());
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes each time
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    for (int change = 0; change < 4; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % bytes.size());
    CHECK_NOTHROW(error_of(bytes));
  }
}

TEST_CASE("uuid and PCI address print as NVIDIA's tools print them") {
  CHECK(uuid_text(full_profile()) == "GPU-00112233-4455-6677-8899-aabbccddeeff");
  CHECK(pci_text({0, 0x0a, 6}) == "0000:0a:06.0");
}

TEST_CASE("attributes have CUDA's names, and ids outside have none") {
  CHECK(attribute_name(10) == "WARP_SIZE");
  CHECK(attribute_name(75) == "COMPUTE_CAPABILITY_MAJOR");
  CHECK(attribute_name(0).empty());
  CHECK(attribute_name(-1).empty());
  CHECK(attribute_name(kDeviceAttributeCount).empty());
}

}  // namespace vgpu
