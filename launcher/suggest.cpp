#include "launcher/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vgpu::launcher {
namespace {

/// Words longer than this are nobody's typing error.
constexpr std::size_t kLongest = 40;

/// Edit distance in which two neighbours changing places count as one (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > kLongest || candidates.empty()) return {};
  const auto nearest = std::ranges::min_element(
      candidates, {}, [&](std::string_view candidate) { return distance(word, candidate); });
  const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
  if (distance(word, *nearest) > allowed) return {};
  return "; did you mean `" + std::string(*nearest) + "`?";
}

}  // namespace vgpu::launcher
