#include "shim/cpu/driver/managed_advice.h"

#include <iterator>

namespace vgpu::cpu {
namespace {

/// Units: bytes
constexpr std::uint64_t kPage = 4096;

std::uint64_t first_page(std::uint64_t at) { return at / kPage; }
std::uint64_t end_page(std::uint64_t at, std::uint64_t size) { return (at + size - 1) / kPage + 1; }

bool same(const CUmemLocation& a, const CUmemLocation& b) {
  return a.type == b.type && a.id == b.id;
}

/// Takes from `all` what `page` does not share.
void meet(PageAdvice& all, const PageAdvice& page) {
  const PageAdvice fresh;
  all.read_mostly &= page.read_mostly;
  if (!same(all.preferred, page.preferred)) all.preferred = fresh.preferred;
  if (!same(all.prefetched, page.prefetched)) all.prefetched = fresh.prefetched;
  all.devices &= page.devices;
  all.host &= page.host;
}

}  // namespace

/// The run that begins at `page`; makes it.
ManagedAdvice::Runs::iterator ManagedAdvice::split(std::uint64_t page) {
  const auto next = runs_.upper_bound(page);
  if (next == runs_.begin()) return runs_.emplace_hint(next, page, PageAdvice{});
  const auto here = std::prev(next);
  if (here->first == page) return here;
  return runs_.emplace_hint(next, page, here->second);
}

void ManagedAdvice::change(std::uint64_t at, std::uint64_t size,
                           const std::function<void(PageAdvice&)>& change) {
  const std::lock_guard lock(mutex_);
  split(end_page(at, size));
  for (auto run = split(first_page(at)); run->first != end_page(at, size); ++run)
    change(run->second);
}

PageAdvice ManagedAdvice::common(std::uint64_t at, std::uint64_t size) const {
  const std::lock_guard lock(mutex_);
  auto run = runs_.upper_bound(first_page(at));
  if (run == runs_.begin()) return {};
  PageAdvice all = std::prev(run)->second;
  for (; run != runs_.end() && run->first < end_page(at, size); ++run) meet(all, run->second);
  return all;
}

}  // namespace vgpu::cpu
