#include "shim/cpu/jit/build_id.h"

#include <elf.h>

#include <cstring>
#include <string_view>

/// Where this library is in memory: the linker defines it.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" __attribute__((visibility("hidden"))) const std::byte __ehdr_start[];

namespace vgpu::jit {

namespace {

std::size_t padded(std::size_t size) noexcept { return (size + 3) / 4 * 4; }

std::span<const std::byte> find_in(std::span<const std::byte> notes) noexcept {
  Elf64_Nhdr head{};
  while (notes.size() >= sizeof head) {
    std::memcpy(&head, notes.data(), sizeof head);
    const std::size_t at = sizeof head + padded(head.n_namesz);
    if (at + padded(head.n_descsz) > notes.size()) break;
    constexpr std::string_view kOwner(ELF_NOTE_GNU, sizeof ELF_NOTE_GNU);
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == kOwner.size() &&
        std::memcmp(notes.data() + sizeof head, kOwner.data(), kOwner.size()) == 0)
      return notes.subspan(at, head.n_descsz);
    notes = notes.subspan(at + padded(head.n_descsz));
  }
  return {};
}

}  // namespace

std::span<const std::byte> build_id() noexcept {
  Elf64_Ehdr file{};
  std::memcpy(&file, __ehdr_start, sizeof file);
  for (unsigned n = 0; n < file.e_phnum; ++n) {
    Elf64_Phdr segment{};
    std::memcpy(&segment, __ehdr_start + file.e_phoff + n * sizeof segment, sizeof segment);
    if (segment.p_type != PT_NOTE) continue;
    // Addresses count from where the first byte of the file would be, in what is linked to 0.
    const auto found = find_in({__ehdr_start + segment.p_vaddr, segment.p_memsz});
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace vgpu::jit
