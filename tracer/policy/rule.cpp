#include "tracer/policy/rule.h"

#include <algorithm>

namespace vgpu::tracer {
namespace {

bool matches(std::string_view pattern, std::string_view path) noexcept {
  if (pattern.starts_with("*/")) return path.ends_with(pattern.substr(1));
  if (pattern.ends_with('*')) return path.starts_with(pattern.substr(0, pattern.size() - 1));
  return path == pattern;
}

}  // namespace

const Rule* find_rule(std::span<const Rule> rules, std::string_view syscall,
                      std::string_view path) noexcept {
  const auto rule = std::ranges::find_if(rules, [&](const Rule& r) {
    return (r.syscall == "*" || r.syscall == syscall) && matches(r.pattern, path);
  });
  return rule == rules.end() ? nullptr : &*rule;
}

}  // namespace vgpu::tracer
