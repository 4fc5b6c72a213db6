#include "shim/cpu/jit/windows.h"

#include <llvm/IR/Constants.h>

#include <algorithm>
#include <bit>
#include <numeric>

namespace vgpu::jit {

namespace {

using llvm::Value;

constexpr std::int64_t kPage = 4096;
constexpr unsigned kWidest = 64;  // bytes of a register
constexpr std::int64_t kLargestPiece = 64;
constexpr std::size_t kMost = 4;  // windows of one register of results: beyond, a gather is as good

/// Where windows must begin so that each of these lanes lies wholly in one.
std::vector<std::int64_t> starts_for(const Windows& windows, std::size_t from, std::size_t to) {
  std::vector<std::int64_t> sorted(windows.lanes.begin() + static_cast<std::ptrdiff_t>(from),
                                   windows.lanes.begin() + static_cast<std::ptrdiff_t>(to));
  std::sort(sorted.begin(), sorted.end());
  if (windows.end <= windows.first + windows.width) return {windows.first};
  std::vector<std::int64_t> starts;
  for (const std::int64_t lane : sorted) {
    if (!starts.empty() && lane + windows.size <= starts.back() + windows.width) continue;
    const std::int64_t start = lane - (lane - windows.first) % windows.piece;
    starts.push_back(std::min(start, windows.end - windows.width));
  }
  return starts;
}

std::size_t lanes_at_once(const Windows& windows) {
  return std::min<std::size_t>(windows.lanes.size(), kWidest / windows.size);
}

bool can_permute(unsigned grain, const HostFeatures& features) {
  if (grain >= 4) return features.avx512f;
  return grain == 2 ? features.avx512bw : features.avx512_vbmi;
}

/// A window as a whole register of grains; what lies beyond it is never picked.
Value* load_window(llvm::IRBuilder<>& b, const Windows& windows, Value* address,
                   std::int64_t start) {
  llvm::Type* const grain = b.getIntNTy(8 * windows.grain);
  const unsigned count = windows.width / windows.grain;
  Value* const at = b.CreateIntToPtr(
      b.CreateAdd(address, b.getInt64(static_cast<std::uint64_t>(start))), b.getPtrTy());
  auto* const type = llvm::FixedVectorType::get(grain, count);
  Value* part = nullptr;
  if (start + windows.width <= windows.end) {
    part = b.CreateAlignedLoad(type, at, llvm::Align(1));
  } else {
    std::vector<llvm::Constant*> there;
    for (unsigned n = 0; n < count; ++n)
      there.push_back(b.getInt1(start + std::int64_t{windows.grain} * n < windows.end));
    part = b.CreateMaskedLoad(type, at, llvm::Align(1), llvm::ConstantVector::get(there),
                              llvm::Constant::getNullValue(type));
  }
  if (windows.width == kWidest) return part;
  std::vector<int> wider(kWidest / windows.grain, -1);
  std::iota(wider.begin(), wider.begin() + count, 0);
  return b.CreateShuffleVector(part, wider);
}

/// One register of results: lanes [from, to).
Value* load_part(llvm::IRBuilder<>& b, const Windows& windows, Value* address, std::size_t from,
                 std::size_t to) {
  const auto starts = starts_for(windows, from, to);
  const int held = static_cast<int>(kWidest / windows.grain);
  const std::size_t grains = windows.size / windows.grain;
  Value* result = nullptr;
  for (std::size_t n = 0; n < starts.size(); n += 2) {
    // Two windows at a time, which is what a permutation takes.
    std::vector<int> picks((to - from) * grains, -1);
    std::vector<int> merge(picks.size());
    std::iota(merge.begin(), merge.end(), 0);
    for (std::size_t lane = from; lane < to; ++lane) {
      for (std::size_t which = n; which < std::min(n + 2, starts.size()); ++which) {
        const std::int64_t in = windows.lanes[lane] - starts[which];
        if (in < 0 || in + windows.size > windows.width) continue;
        for (std::size_t k = 0; k < grains; ++k) {
          const std::size_t to_grain = (lane - from) * grains + k;
          picks[to_grain] = static_cast<int>(in) / static_cast<int>(windows.grain) +
                            static_cast<int>(k) + (which == n ? 0 : held);
          merge[to_grain] = static_cast<int>(to_grain + picks.size());
        }
        break;
      }
    }
    Value* const low = load_window(b, windows, address, starts[n]);
    Value* const high = n + 1 < starts.size() ? load_window(b, windows, address, starts[n + 1])
                                              : llvm::PoisonValue::get(low->getType());
    Value* const picked = b.CreateShuffleVector(low, high, picks);
    result = result == nullptr ? picked : b.CreateShuffleVector(result, picked, merge);
  }
  return result;
}

}  // namespace

std::optional<Windows> make_windows(const std::vector<std::int64_t>& lanes, unsigned size,
                                    const HostFeatures& features, Phase phase) {
  if (size == 0 || size > 8 || lanes.empty()) return std::nullopt;
  Windows windows;
  windows.size = size;
  const auto [low, high] = std::minmax_element(lanes.begin(), lanes.end());
  // Between two bytes of neighbouring pages there is no other page that could be missing.
  if (*low < -kPage || *high > kPage || *high - *low + size > kPage) return std::nullopt;
  std::int64_t distance = 0;
  for (const std::int64_t lane : lanes) {
    windows.lanes.push_back(lane - lanes[0]);
    distance = std::gcd(distance, lane - *low);
  }
  windows.first = *low - lanes[0];
  windows.end = *high - lanes[0] + size;
  // No page boundary cuts an aligned piece.
  if (distance != 0) windows.piece = std::min({phase.of, distance & -distance, kLargestPiece});
  const std::int64_t before = (phase.rest + windows.first) & (windows.piece - 1);
  windows.first -= before;
  windows.end += -(windows.end - windows.first) & (windows.piece - 1);
  windows.grain = static_cast<unsigned>(std::gcd(std::gcd(distance, before), std::int64_t{size}));
  const auto extent = static_cast<unsigned>(windows.end - windows.first);
  windows.width = extent < kWidest ? std::bit_ceil(extent) : kWidest;
  if (!can_permute(windows.grain, features)) return std::nullopt;
  for (std::size_t n = 0; n < lanes.size(); n += lanes_at_once(windows))
    if (starts_for(windows, n, n + lanes_at_once(windows)).size() > kMost) return std::nullopt;
  return windows;
}

Value* joined(llvm::IRBuilder<>& b, std::vector<Value*> parts) {
  while (parts.size() > 1) {
    std::vector<Value*> next;
    for (std::size_t n = 0; n < parts.size(); n += 2) {
      const auto count = llvm::cast<llvm::FixedVectorType>(parts[n]->getType())->getNumElements();
      std::vector<int> picks(std::size_t{2} * count);
      std::iota(picks.begin(), picks.end(), 0);
      next.push_back(b.CreateShuffleVector(parts[n], parts[n + 1], picks));
    }
    parts = std::move(next);
  }
  return parts.front();
}

Value* load_windows(llvm::IRBuilder<>& b, const Windows& windows, Value* address,
                    llvm::Type* type) {
  auto* const wanted = llvm::cast<llvm::FixedVectorType>(type);
  const std::size_t step = lanes_at_once(windows);
  auto* const part_type =
      llvm::FixedVectorType::get(b.getIntNTy(8 * windows.size), static_cast<unsigned>(step));
  std::vector<Value*> parts;
  for (std::size_t n = 0; n < windows.lanes.size(); n += step)
    parts.push_back(b.CreateBitCast(load_part(b, windows, address, n, n + step), part_type));
  return b.CreateBitCast(joined(b, std::move(parts)), wanted);
}

}  // namespace vgpu::jit
