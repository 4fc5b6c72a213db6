// An ELF file, which may be any file of a guest: reading it ends, and says no more than the file
// holds.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "tracer/sys/memfd.h"
#include "tracer/trace/elf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vgpu::tracer;
  const UniqueFd file = make_memfd("elf", {reinterpret_cast<const char*>(data), size}, 0444);
  const ElfFile elf = read_elf(file.get());
  const ElfVersions versions = read_elf_versions(file.get());
  if (elf.machine.empty() && !(elf.needed.empty() && versions.wanted.empty())) std::abort();
  for (const auto& name : elf.needed)
    if (name.size() >= size) std::abort();
  return 0;
}
