#include "launcher/gpu_argument.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace vgpu::launcher {
namespace {

GpuProfile one(const std::string& argument) { return make_gpus({argument}, {}).front(); }

std::string error_of(const std::vector<std::string>& arguments,
                     const std::set<std::string>& taken = {}) {
  try {
    make_gpus(arguments, taken);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("gpu: none asked for is one GPU of compute capability 7.5 that is no product") {
  const auto gpus = make_gpus({}, {});
  REQUIRE(gpus.size() == 1);
  CHECK(gpus[0].compute_capability() == 75);
  CHECK(gpus[0].memory == 8589934592U);
  CHECK(gpus[0].name.find("GTX") == std::string::npos);
}

TEST_CASE("gpu: keys change what they name and nothing else") {
  GpuProfile expected = one("t4");
  const std::uint64_t reserved = expected.memory_with_reserved - expected.memory;
  expected.memory = 8589934592U;
  expected.memory_with_reserved = expected.memory + reserved;
  expected.attributes[75] = 6;
  expected.attributes[76] = 1;
  expected.name = "My, own: \"GPU\"";
  CHECK(one(R"(t4:memory=8GiB,cc=6.1,name="My, own: \"GPU\"")") == expected);
  CHECK(one("t4:name=plain words").name == "plain words");
}

TEST_CASE("gpu: uuid and pci are taken as given, and the attributes follow") {
  const GpuProfile gpu = one("h100:pci=0001:a0:1f.0,uuid=GPU-00112233-4455-6677-8899-aabbccddeeff");
  CHECK(pci_text(gpu.pci) == "0001:a0:1f.0");
  CHECK(uuid_text(gpu) == "GPU-00112233-4455-6677-8899-aabbccddeeff");
  CHECK(gpu.attributes[33] == 0xa0);
  CHECK(gpu.attributes[34] == 0x1f);
  CHECK(gpu.attributes[50] == 1);
  CHECK(gpu.attributes[139] == 0x233010de);
  CHECK(gpu.attributes[140] == 0x16c110de);
}

TEST_CASE("gpu: several stand on rising buses with minors in that order and UUIDs of their own") {
  const auto gpus = make_gpus({"t4", "t4", "a100:pci=0000:00:09.0"}, {"0000:01:00.0"});
  REQUIRE(gpus.size() == 3);
  CHECK(gpus[0].key == "a100");
  CHECK(pci_text(gpus[1].pci) == "0000:02:00.0");
  CHECK(pci_text(gpus[2].pci) == "0000:03:00.0");
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(gpus[i].minor_number == i);
  CHECK(gpus[1].uuid != gpus[2].uuid);
}

TEST_CASE("gpu: the same command line makes the same GPUs") {
  CHECK(make_gpus({"t4", "h100"}, {}) == make_gpus({"t4", "h100"}, {}));
}

TEST_CASE("gpu: a mistake is told with the GPU and the key") {
  CHECK(error_of({"t5"}) ==
        "--gpu: no profile \"t5\"; did you mean `t4`? (--list-gpus lists them)");
  CHECK(error_of({"base"}).starts_with("--gpu: no profile \"base\""));
  CHECK(error_of({"t4:memroy=1GiB"}) ==
        "--gpu t4: \"memroy\": unknown key; did you mean `memory`?");
  CHECK(error_of({"t4:memory=1GiB,memory=2GiB"}) == "--gpu t4: \"memory\": twice");
  CHECK(is_no_gpu({"none"}));
  CHECK_FALSE(is_no_gpu({"none", "t4"}));
  CHECK_FALSE(is_no_gpu({}));
  CHECK(error_of({"none", "t4"}).find("without other") != std::string::npos);
  CHECK(error_of({"none:memory=1GiB"}).find("without other") != std::string::npos);
  for (const char* bad :
       {"t4:", "t4:memory", "t4:memory=", "t4:memory=0", "t4:memory=16777215TiB", "t4:cc=75",
        "t4:cc=7.55", "t4:cc=-1.0", "t4:cc=7,5", "t4:name=\"open", "t4:name=", "t4:pci=1:0.0",
        "t4:uuid=GPU-1", "t4:memory=1GiB,,cc=7.5", ""})
    CHECK_MESSAGE(error_of({bad}) != "accepted", std::string(bad));
}

TEST_CASE("gpu: two devices never share an address, nor two GPUs a UUID") {
  CHECK(error_of({"t4:pci=0000:01:00.0"}, {"0000:01:00.0"}) != "accepted");
  CHECK(error_of({"t4:pci=0000:01:00.0", "t4:pci=0000:01:00.0"}) != "accepted");
  const std::string uuid = ":uuid=GPU-00112233-4455-6677-8899-aabbccddeeff";
  CHECK(error_of({"t4" + uuid, "t4" + uuid}) != "accepted");
  CHECK(error_of(std::vector<std::string>(33, "t4")) != "accepted");
}

}  // namespace vgpu::launcher
