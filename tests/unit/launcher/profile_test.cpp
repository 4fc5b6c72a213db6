#include "launcher/profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

#include "launcher/cpu_device.h"

namespace vgpu::launcher {
namespace {

std::string error_of(std::string_view text) {
  GpuProfile gpu;
  try {
    read_profile(gpu, text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("profiles: each is complete, and its file's name is its key") {
  for (const std::string_view name : profile_names()) {
    const GpuProfile gpu = load_profile(name);
    CAPTURE(name);
    CHECK(gpu.key == name);
    CHECK_FALSE(gpu.name.empty());
    CHECK((gpu.pci_device_id & 0xffffU) == 0x10deU);
    CHECK(gpu.memory > 0);
    CHECK(gpu.memory_with_reserved >= gpu.memory);
    CHECK(gpu.driver_version == "580.159.04");
    CHECK(gpu.cuda_version == 13000);
    for (const int attribute : {10, 13, 16, 36, 37, 38, 39, 75, 81, 82, 87, 97, 106}) {
      CAPTURE(attribute_name(attribute));
      CHECK(gpu.attributes[static_cast<std::size_t>(attribute)] > 0);
    }
    CHECK(gpu.attributes[97] <= gpu.attributes[81]);
    CHECK(gpu.attributes[8] <= gpu.attributes[97]);
    CHECK(gpu.attributes[39] % gpu.attributes[10] == 0);
  }
}

TEST_CASE("profiles: the cards that users ask for are there, the default first") {
  const auto names = profile_names();
  CHECK(names.front() == kDefaultProfile);
  for (const char* name : {"t4", "rtx3090", "rtx4090", "a100", "h100", "gtx1080ti"})
    CHECK(std::ranges::count(names, name) == 1);
}

TEST_CASE("profiles: the H100 is the one that was measured") {
  const GpuProfile gpu = load_profile("h100");
  CHECK(gpu.name == "NVIDIA H100 80GB HBM3");
  CHECK(gpu.memory == 85017493504U);
  CHECK(gpu.compute_capability() == 90);
  CHECK(gpu.attributes[16] == 132);
  CHECK(gpu.attributes[97] == 232448);
  CHECK(gpu.attributes[119] == 9);
  CHECK(gpu.attributes[131] == -1);
}

TEST_CASE("profile text: an error names the line and the key") {
  CHECK(error_of("key = a\ncolour = red") == "line 2: key \"colour\": no such key");
  CHECK(error_of("key = a\nkey = b") == "line 2: key \"key\": twice");
  CHECK(error_of("key = a\ninherit = base") == "line 2: key \"inherit\": must come first");
  CHECK(error_of("inherit = nothing").starts_with("line 1: key \"inherit\""));
  CHECK(error_of("memory = lots").starts_with("line 1: key \"memory\""));
  CHECK(error_of("# only\n\nthis").starts_with("line 3:"));
}

TEST_CASE("compute capability: one digit after the point") {
  GpuProfile gpu;
  set_compute_capability(gpu, "12.1");
  CHECK(gpu.attributes[75] == 12);
  CHECK(gpu.attributes[76] == 1);
  for (const char* text : {"", ".", "7", "7.", ".5", "7.55", "a.b", "7.5 ", "99999999999.1"})
    CHECK_THROWS_AS(set_compute_capability(gpu, text), std::runtime_error);
}

TEST_CASE("uuid: fixed for profile and index, different for others, version 5") {
  CHECK(make_uuid("t4", 0) == make_uuid("t4", 0));
  CHECK(make_uuid("t4", 0) != make_uuid("t4", 1));
  CHECK(make_uuid("t4", 0) != make_uuid("a100", 0));
  for (std::size_t i = 0; i < 32; ++i) {
    const auto uuid = make_uuid("h100", i);
    CHECK((uuid[6] & 0xf0U) == 0x50U);
    CHECK((uuid[8] & 0xc0U) == 0x80U);
  }
}

TEST_CASE("cpu device: says what it can do, and leaves the card's own figures") {
  GpuProfile gpu = load_profile("h100");
  limit_to_cpu_device(gpu);
  CHECK(gpu.attributes[102] == 1);
  CHECK(gpu.attributes[120] == 0);
  CHECK(gpu.attributes[115] == 1);
  CHECK(gpu.attributes[95] == 1);
  CHECK(gpu.attributes[16] == 132);
  CHECK(gpu.attributes[13] == 1980000);
}

TEST_CASE("cpu device: the same for every card") {
  GpuProfile first = load_profile("gtx1080ti");
  GpuProfile second = load_profile("h100");
  limit_to_cpu_device(first);
  limit_to_cpu_device(second);
  for (const std::size_t attribute : {83U, 88U, 89U, 95U, 99U, 102U, 115U, 119U, 120U, 125U, 127U})
    CHECK(first.attributes[attribute] == second.attributes[attribute]);
}

}  // namespace vgpu::launcher
