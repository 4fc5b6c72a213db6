#include "shim/cpu/jit/pieces.h"

#include <llvm/IR/Constants.h>

#include <algorithm>
#include <numeric>

namespace vgpu::jit {

namespace {

using llvm::Value;

constexpr std::size_t kMostRuns = 8;  // beyond, stores of runs are as many as a scatter's
constexpr unsigned kWidest = 8;       // bytes of one of a scatter's elements

/// The most elements that go together in all runs.
unsigned unit_of(const Pieces& pieces) {
  std::size_t common = 0;
  for (const std::size_t run : pieces.runs) common = std::gcd(common, run);
  unsigned unit = 1;
  while (common % (std::size_t{2} * unit) == 0 && 2 * unit * pieces.size <= kWidest) unit *= 2;
  return unit;
}

Value* pointer(llvm::IRBuilder<>& b, Value* address, std::int64_t offset) {
  return b.CreateIntToPtr(b.CreateAdd(address, b.getInt64(static_cast<std::uint64_t>(offset))),
                          b.getPtrTy());
}

/// Each run as a vector.
void store_runs(llvm::IRBuilder<>& b, const Pieces& pieces, Value* address, Value* sorted) {
  std::size_t at = 0;
  for (const std::size_t run : pieces.runs) {
    std::vector<int> picks(run);
    std::iota(picks.begin(), picks.end(), static_cast<int>(at));
    const auto first = static_cast<std::size_t>(pieces.order[at]);
    b.CreateAlignedStore(b.CreateShuffleVector(sorted, picks),
                         pointer(b, address, pieces.lanes[first]), llvm::Align(1));
    at += run;
  }
}

/// Words of `unit` elements, each by itself.
void store_words(llvm::IRBuilder<>& b, const Pieces& pieces, Value* address, Value* sorted,
                 unsigned unit) {
  const auto count = static_cast<unsigned>(pieces.order.size()) / unit;
  auto* const words = llvm::FixedVectorType::get(b.getIntNTy(8 * pieces.size * unit), count);
  std::vector<llvm::Constant*> apart;
  for (std::size_t n = 0; n < count; ++n) {
    const auto first = static_cast<std::size_t>(pieces.order[n * unit]);
    apart.push_back(b.getInt64(static_cast<std::uint64_t>(pieces.lanes[first])));
  }
  Value* const base = b.CreateIntToPtr(address, b.getPtrTy());
  Value* const at = b.CreateGEP(b.getInt8Ty(), base, llvm::ConstantVector::get(apart));
  b.CreateMaskedScatter(b.CreateBitCast(sorted, words), at, llvm::Align(1));
}

/// Elements too small for a scatter.
void store_elements(llvm::IRBuilder<>& b, const Pieces& pieces, Value* address, Value* values) {
  for (std::size_t n = 0; n < pieces.lanes.size(); ++n)
    b.CreateAlignedStore(b.CreateExtractElement(values, n), pointer(b, address, pieces.lanes[n]),
                         llvm::Align(1));
}

}  // namespace

std::optional<Pieces> make_pieces(const std::vector<std::int64_t>& lanes, unsigned size) {
  Pieces pieces;
  pieces.size = size;
  for (const std::int64_t lane : lanes) pieces.lanes.push_back(lane - lanes.front());
  pieces.order.resize(lanes.size());
  std::iota(pieces.order.begin(), pieces.order.end(), 0);
  const auto lane_of = [&](int n) { return pieces.lanes[static_cast<std::size_t>(n)]; };
  std::sort(pieces.order.begin(), pieces.order.end(),
            [&](int a, int b) { return lane_of(a) < lane_of(b); });
  for (std::size_t n = 0; n < lanes.size(); ++n) {
    if (n == 0) {
      pieces.runs.push_back(1);
      continue;
    }
    const std::int64_t apart = lane_of(pieces.order[n]) - lane_of(pieces.order[n - 1]);
    if (apart < size) return std::nullopt;
    if (apart == size)
      ++pieces.runs.back();
    else
      pieces.runs.push_back(1);
  }
  return pieces;
}

void store_pieces(llvm::IRBuilder<>& b, const Pieces& pieces, Value* address, Value* values) {
  const unsigned unit = unit_of(pieces);
  Value* const sorted = b.CreateShuffleVector(values, pieces.order);
  if (pieces.runs.size() <= kMostRuns)
    store_runs(b, pieces, address, sorted);
  else if (unit * pieces.size >= 4)
    store_words(b, pieces, address, sorted, unit);
  else
    store_elements(b, pieces, address, values);
}

}  // namespace vgpu::jit
