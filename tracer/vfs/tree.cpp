#include "tracer/vfs/tree.h"

#include <fmt/format.h>

#include <climits>
#include <cstdlib>
#include <stdexcept>

namespace vgpu::tracer {
namespace {

constexpr std::size_t kLongestPath = 200;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// FNV-1a: the same path has the same inode number in every run.
ino_t inode_of(std::string_view path) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<ino_t>(hash >> 16);  // 48 bits: it may travel through a double
}

// Follows the symbolic links among the real ancestors of rows. Rows have few parents, and the C
// library asks the kernel for each component of each: the answers are kept.
class Ancestors {
 public:
  std::string canonical(const std::string& path) {
    if (path == "/") return path;
    const std::string parent = parent_of(path);
    const auto known = bases_.find(parent);
    const std::string& base = known != bases_.end() ? known->second : look_up(parent);
    return base + path.substr(path.rfind('/'));
  }

 private:
  const std::string& look_up(const std::string& parent) {
    char real[PATH_MAX];
    std::string base =
        ::realpath(parent.c_str(), real) != nullptr ? std::string(real) : canonical(parent);
    if (base == "/") base.clear();
    return bases_.emplace(parent, std::move(base)).first->second;
  }

  std::unordered_map<std::string, std::string> bases_;
};

void check_spelling(const std::string& path) {
  // The name of a descriptor has room for so much, and '|' stands for '/' in it: see
  // descriptor.cpp.
  if (path.size() > kLongestPath || path.find('|') != std::string::npos)
    throw std::invalid_argument(fmt::format("cannot be a virtual path: '{}'", path));
  if (!path.starts_with('/') || path.size() < 2 || path.ends_with('/') ||
      path.find("//") != std::string::npos)
    throw std::invalid_argument(fmt::format("not a canonical path: '{}'", path));
}

}  // namespace

Tree::Tree(std::span<const VirtualFile> rows) {
  nodes_.reserve(rows.size() * 2);
  Ancestors ancestors;
  for (const VirtualFile& row : rows) {
    check_spelling(row.path);
    add_row(row, ancestors.canonical(row.path));
  }
}

const Node* Tree::find(std::string_view path) const noexcept {
  const auto node = nodes_.find(path);
  return node == nodes_.end() ? nullptr : &node->second;
}

bool Tree::has_directory_named(std::string_view name) const noexcept {
  return directory_names_.find(name) != directory_names_.end();
}

bool Tree::has_node_named(std::string_view name) const noexcept {
  return names_.find(name) != names_.end();
}

const Node* Tree::find_directory(const struct stat& real) const noexcept {
  const auto node = real_directories_.find({real.st_dev, real.st_ino});
  return node == real_directories_.end() ? nullptr : node->second;
}

bool Tree::replaces(const struct stat& real) const noexcept {
  return replaced_.find({real.st_dev, real.st_ino}) != replaced_.end();
}

void Tree::link_to_parent(Node& node) {
  Node& parent = add_directory(parent_of(node.path));
  if (!parent.is_directory())
    throw std::invalid_argument(fmt::format("{} is not a directory", parent.path));
  if (node.dev == 0) node.dev = parent.dev;
  parent.children.push_back(&node);
  names_.emplace(node.name());
}

Node& Tree::add_directory(const std::string& path) {
  const auto [place, is_new] = nodes_.try_emplace(path);
  Node& node = place->second;
  if (!is_new) return node;
  node.path = path;
  node.ino = inode_of(path);
  directory_names_.emplace(node.name());
  struct stat real {};
  if (::stat(path.c_str(), &real) == 0 && S_ISDIR(real.st_mode)) {
    node.really_exists = true;
    node.dev = real.st_dev;
    real_directories_.emplace(Identity{real.st_dev, real.st_ino}, &node);
    return node;  // nobody lists what we add to the directories above a real one: nothing
  }
  link_to_parent(node);
  return node;
}

void Tree::add_row(const VirtualFile& row, const std::string& path) {
  if (row.kind == NodeKind::directory) {
    Node& node = add_directory(path);
    if (node.row != nullptr || !node.is_directory())
      throw std::invalid_argument(fmt::format("two rows for {}", path));
    node.row = &row;
    node.mode = row.mode;
    return;
  }
  const auto [place, is_new] = nodes_.try_emplace(path);
  if (!is_new) throw std::invalid_argument(fmt::format("two rows for {}", path));
  Node& node = place->second;
  node.path = path;
  node.row = &row;
  node.kind = row.kind;
  node.mode = row.mode;
  node.ino = inode_of(path);
  struct stat real {};
  if (::stat(path.c_str(), &real) == 0) replaced_.emplace(real.st_dev, real.st_ino);
  link_to_parent(node);
}

}  // namespace vgpu::tracer
