#pragma once

#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tracer/policy/rule.h"
#include "tracer/vfs/tree.h"

namespace vgpu::tracer {

/// Tells in nanoseconds, from its text alone, that a path cannot concern any row or rule.
///
/// A path that leads to a virtual node must spell the name by which the node, or the virtual
/// directory around it, hangs in a real directory ("gpu0" of /dev/gpu0; "version" needs the
/// directory's name before it) in one of its components, whatever `..`, `//`, relative bases or
/// links to directories come before. The exceptions:
/// - it starts in a virtual directory: the caller asks about the base of relative paths;
/// - it runs through /proc/PID/fd or /proc/PID/cwd: such names are names of interest too;
/// - it runs through a symbolic link of another name: LinkProbe looks for such.
class Interest {
 public:
  Interest(const Tree& tree, std::span<const Rule> rules);

  bool may_concern(std::string_view path) const noexcept;

 private:
  void add_name(std::string_view name);
  void add_pattern(std::string_view pattern);
  bool is_name(std::string_view component) const noexcept;

  std::unordered_set<std::string, StringHash, std::equal_to<>> names_;
  std::vector<std::string> prefixes_;  // of components
  std::bitset<256> first_letters_;
  std::bitset<256> lengths_;
};

}  // namespace vgpu::tracer
