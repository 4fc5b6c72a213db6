#include "launcher/view/machine.h"

#include <doctest/doctest.h>

namespace vgpu::launcher {
namespace {

constexpr const char* kReal =
    "Character devices:\n  1 mem\n195 nvidia\n203 cpu/cpuid\n245 hidraw\n\nBlock devices:\n  7 "
    "loop\n";

}  // namespace

TEST_CASE("/proc/devices: the driver's lines stand in order among the character devices, once") {
  CHECK(merge_proc_devices(kReal, Majors{}) ==
        "Character devices:\n  1 mem\n195 nvidia\n195 nvidiactl\n203 cpu/cpuid\n238 nvidia-uvm\n"
        "239 nvidia-nvswitch\n240 nvidia-nvlink\n241 nvidia-caps\n242 nvidia-caps-imex-channels\n"
        "245 hidraw\n\nBlock devices:\n  7 loop\n");
}

TEST_CASE("/proc/devices: one that cannot be read still names the driver") {
  const std::string merged = merge_proc_devices("", Majors{});
  CHECK(merged.find("195 nvidia\n") != std::string::npos);
  CHECK(merged.find("195 nvidia\n") < merged.find("Block devices:"));
}

TEST_CASE("majors: the usual ones, unless another driver has them") {
  CHECK(choose_majors(kReal).uvm == 238);
  const Majors majors = choose_majors("Character devices:\n238 other\n254 x\n241 nvidia-caps\n\n");
  CHECK(majors.uvm == 253);
  CHECK(majors.caps == 241);
}

TEST_CASE("majors: each driver has its own, even if all usual ones are taken") {
  std::string text = "Character devices:\n";
  for (int major = 236; major < 243; ++major) text += std::to_string(major) + " other\n";
  const Majors majors = choose_majors(text + "\n");
  CHECK(std::set<unsigned>{majors.uvm, majors.nvswitch, majors.nvlink, majors.caps, majors.imex}
            .size() == 5);
}

}  // namespace vgpu::launcher
