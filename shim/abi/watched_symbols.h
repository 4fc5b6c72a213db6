#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// How it is seen which functions of our libraries a program looks up, by dlsym or as it is linked:
/// the supervisor serves a copy of the library in which each function's symbol says that a resolver
/// (STT_GNU_IFUNC) is to be asked for it. The resolvers are in the library always; nothing leads to
/// them in the file itself.
namespace vgpu {

inline constexpr char kStubSection[] = ".vgpu_stubs";     ///< kWatchedSymbols resolvers
inline constexpr char kTableSection[] = ".vgpu_watched";  ///< one WatchedTable of zeros
inline constexpr std::size_t kWatchedSymbols = 1024;
inline constexpr std::size_t kStubSize = 16;  ///< Units: bytes

/// Whoever makes the copy fills it in. Offsets are from the table's own address.
struct WatchedTable {
  struct Symbol {
    std::int32_t function;
    std::int32_t name;
    std::uint32_t name_size;
  };
  std::array<char, 60> library;  ///< its SONAME
  std::uint32_t library_size;
  std::array<Symbol, kWatchedSymbols> symbols;
};
static_assert(sizeof(WatchedTable) == 64 + 12 * kWatchedSymbols);

}  // namespace vgpu
