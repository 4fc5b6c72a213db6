#include "tests/conformance/small_gpu.h"

#include <utility>

namespace vgpu::conformance {

GpuProfile small_gpu(unsigned char number) {
  constexpr std::pair<int, int> kAttributes[] = {
      {1, 1024},     {2, 1024},   {3, 1024},  {4, 64},  {5, 2147483647},  {6, 65535},
      {7, 65535},    {8, 49152},  {9, 65536}, {10, 32}, {11, 2147483647}, {12, 65536},
      {13, 1590000}, {14, 512},   {16, 40},   {19, 1},  {31, 1},          {38, 4194304},
      {39, 1024},    {40, 3},     {41, 1},    {75, 7},  {76, 5},          {78, 1},
      {81, 65536},   {82, 65536}, {83, 1},    {95, 1},  {97, 65536},      {106, 16},
      {115, 1},
  };
  GpuProfile gpu;
  gpu.key = "small";
  gpu.name = "Small GPU";
  gpu.uuid = {0x10, number};
  gpu.pci.bus = static_cast<std::uint8_t>(number + 1);
  gpu.memory = std::uint64_t{64} << 20;
  gpu.driver_version = "580.159.04";
  for (const auto& [attribute, value] : kAttributes)
    gpu.attributes[static_cast<std::size_t>(attribute)] = value;
  gpu.attributes[33] = gpu.pci.bus;
  return gpu;
}

}  // namespace vgpu::conformance
