#include "tracer/policy/interest.h"

#include <algorithm>

namespace vgpu::tracer {
namespace {

unsigned char first_letter(std::string_view name) noexcept {
  return static_cast<unsigned char>(name.front());
}

}  // namespace

Interest::Interest(const Tree& tree, std::span<const Rule> rules) {
  for (const auto& [path, node] : tree.nodes()) {
    if (node.really_exists)
      for (const Node* child : node.children) add_name(child->name());
  }
  for (const Rule& rule : rules) add_pattern(rule.pattern);
  if (names_.empty() && prefixes_.empty()) return;
  for (const char* name : {"fd", "cwd", "stdin", "stdout", "stderr", "fuse"}) add_name(name);
}

void Interest::add_name(std::string_view name) {
  if (name.empty() || name.size() >= lengths_.size()) return;  // longer than any file's name
  names_.emplace(name);
  first_letters_.set(first_letter(name));
  lengths_.set(name.size());
}

void Interest::add_pattern(std::string_view pattern) {
  const std::string_view last = pattern.substr(pattern.rfind('/') + 1);
  if (!last.ends_with('*')) return add_name(last);
  if (last.size() == 1) {  // "/a/b/*": whoever gets there spells b
    const std::string_view parent = pattern.substr(0, pattern.size() - 2);
    return add_name(parent.substr(parent.rfind('/') + 1));
  }
  prefixes_.emplace_back(last.substr(0, last.size() - 1));
  first_letters_.set(first_letter(last));
  lengths_.set();
}

bool Interest::is_name(std::string_view component) const noexcept {
  if (component.empty() || component.size() >= lengths_.size()) return false;
  if (!lengths_.test(component.size()) || !first_letters_.test(first_letter(component)))
    return false;
  return names_.find(component) != names_.end() ||
         std::ranges::any_of(prefixes_,
                             [&](const auto& prefix) { return component.starts_with(prefix); });
}

bool Interest::may_concern(std::string_view path) const noexcept {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (is_name(path.substr(0, slash))) return true;
    if (slash == path.npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace vgpu::tracer
