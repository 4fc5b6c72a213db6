// The resolvers of a library's functions; see shim/abi/watched_symbols.h.
#include "shim/abi/watched_symbols.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "shim/trace/record.h"

// No instruction of ours leads to the resolvers, and so the linker is told to keep them (R).
asm(R"(
  .pushsection .vgpu_stubs, "axR", @progbits
  .set vgpu_slot, 0
  .rept 1024
    .balign 16
    endbr64
    movl $vgpu_slot, %edi
    jmp vgpu_watched_symbol
    .set vgpu_slot, vgpu_slot + 1
  .endr
  .balign 16
  .popsection
  .pushsection .vgpu_watched, "aR", @progbits
  .balign 16
  .hidden vgpu_watched_table
  .globl vgpu_watched_table
vgpu_watched_table:
  .zero 64 + 12 * 1024
  .size vgpu_watched_table, . - vgpu_watched_table
  .popsection
)");
static_assert(vgpu::kWatchedSymbols == 1024 && vgpu::kStubSize == 16);

namespace vgpu {

extern "C" __attribute__((visibility("hidden")))
const WatchedTable vgpu_watched_table;  // NOLINT(readability-identifier-naming)

namespace {

/// The loader writes its address here when it relocates us.
const void* const volatile kRelocatedAddress = &vgpu_watched_table;

std::int64_t now() noexcept {
  timespec time{};
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

/// What every resolver asks: the function behind a symbol. The loader calls it in the middle of its
/// work: nothing here may use thread-local memory of ours, which it may not have made yet, nor call
/// another library before the loader has bound us to it, nor what a sanitizer stands in for, which
/// may not have begun: so the kernel is asked directly.
extern "C" __attribute__((visibility("hidden"), used)) const void* vgpu_watched_symbol(
    std::uint32_t slot) noexcept {
  const auto* const table = reinterpret_cast<const char*>(&vgpu_watched_table);
  const WatchedTable::Symbol& symbol = vgpu_watched_table.symbols[slot];
  const void* const function = table + symbol.function;
  if (kRelocatedAddress != static_cast<const void*>(table)) return function;
  trace::Record(TraceKind::symbol, now())
      .text(TraceField::library,
            {vgpu_watched_table.library.data(), vgpu_watched_table.library_size})
      .text(TraceField::name, {table + symbol.name, symbol.name_size})
      .send(static_cast<std::uint32_t>(::syscall(SYS_gettid)));
  return function;
}

}  // namespace vgpu
