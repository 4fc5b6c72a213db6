#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace vgpu::frontend {

/// What the runtime reads of one device before it asks for the answer.
struct IntegrityDevice {
  std::array<std::uint8_t, 16> uuid{};
  std::int32_t pci_domain = 0, pci_bus = 0, pci_device = 0;
};

/// All that the answer depends on; the runtime knows the same and computes it too.
struct IntegrityQuestion {
  std::uint32_t driver_version = 0;
  std::uint32_t version = 0;  ///< the runtime's version, then that plus one, then plus two
  std::uint32_t process = 0;
  std::uint32_t thread = 0;              ///< low half of pthread_self()
  std::uint64_t cudart_table = 0;        ///< address of CUDART_INTERFACE
  std::uint64_t integrity_table = 0;     ///< address of INTEGRITY_CHECK
  std::uint64_t integrity_function = 0;  ///< its word 1
  std::uint64_t seconds = 0;             ///< Unix time, as the runtime passes it
  std::vector<IntegrityDevice> devices;
};

/// The 16 bytes that the CUDA runtime (all versions with this table) wants to hear at its
/// initialisation; with any other every later call fails with error 103.
/// Source: observed behaviour of cudart 13.0, which accepts these answers.
std::array<std::uint64_t, 2> integrity_answer(const IntegrityQuestion& question);

}  // namespace vgpu::frontend
