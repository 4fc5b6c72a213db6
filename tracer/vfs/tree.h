#pragma once

#include <sys/stat.h>

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tracer/vfs/virtual_file.h"

namespace vgpu::tracer {

/// One place of the virtual tree.
struct Node {
  std::string path;                  ///< canonical, absolute
  const VirtualFile* row = nullptr;  ///< nullptr: a directory that only rows below it imply
  NodeKind kind = NodeKind::directory;
  bool really_exists = false;  ///< a directory of the machine, with nodes of ours in it
  mode_t mode = 0555;          ///< permission bits
  ino_t ino = 0;               ///< stable: made from the path
  dev_t dev = 0;               ///< of the nearest directory that really exists
  std::vector<const Node*> children;

  std::string_view name() const noexcept {
    return std::string_view(path).substr(path.rfind('/') + 1);
  }
  /// True for what the kernel does not know: everything but real directories.
  bool is_virtual() const noexcept { return !really_exists; }
  bool is_directory() const noexcept { return kind == NodeKind::directory; }
  bool is_symlink() const noexcept { return kind == NodeKind::symlink; }
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

/// All virtual files and the directories above them, by canonical path.
class Tree {
 public:
  /// Borrows `rows`, which must outlive the tree. Looks at the machine's own directories once.
  /// Errors: std::invalid_argument for rows that cannot exist together.
  explicit Tree(std::span<const VirtualFile> rows);

  /// Returns the node at `path`, or nullptr.
  const Node* find(std::string_view path) const noexcept;

  /// True if the last name of some directory of the tree is `name`: a cheap first question.
  bool has_directory_named(std::string_view name) const noexcept;

  /// True if some node has this last name.
  bool has_node_named(std::string_view name) const noexcept;

  /// The node of the machine's directory that is this one, by whatever path it was found.
  const Node* find_directory(const struct stat& real) const noexcept;

  /// True if a row stands in the place of this real file.
  bool replaces(const struct stat& real) const noexcept;

  /// All nodes, in no order.
  const auto& nodes() const noexcept { return nodes_; }

 private:
  Node& add_directory(const std::string& path);
  void add_row(const VirtualFile& row, const std::string& path);
  void link_to_parent(Node& node);

  std::unordered_map<std::string, Node, StringHash, std::equal_to<>> nodes_;
  std::unordered_set<std::string, StringHash, std::equal_to<>> directory_names_;
  std::unordered_set<std::string, StringHash, std::equal_to<>> names_;
  using Identity = std::pair<dev_t, ino_t>;
  std::map<Identity, const Node*> real_directories_;
  std::set<Identity> replaced_;
};

}  // namespace vgpu::tracer
