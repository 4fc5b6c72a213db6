#include "tracer/vfs/resolver.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>

#include "tracer/vfs/descriptor.h"

namespace vgpu::tracer {
namespace {

constexpr std::size_t kLongestWay = 2 * std::size_t{PATH_MAX};  // texts of links and what follows
constexpr int kMaxLinks = 40;  // Source: MAXSYMLINKS in Linux's include/linux/namei.h

std::uint64_t mount_of(const std::string& path) noexcept {
  struct statx at {};
  return ::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &at) == 0 ? at.stx_mnt_id : 0;
}

// One walk along a path, component by component. `at_` is where it stands ("" is the root).
class Walk {
 public:
  Walk(const Tree& tree, GuestView& guest, const Spelling& spelling)
      : tree_(tree), guest_(guest), spelling_(spelling) {}

  Place run() {
    if (start()) {
      while (!place_.error && take_component()) step();
    }
    finish();
    return std::move(place_);
  }

 private:
  bool scoped(std::uint64_t bit) const noexcept { return (spelling_.scope & bit) != 0; }
  void fail(int error) noexcept { place_.error = error; }

  bool start();
  bool take_component();
  void step();
  void leave_to_kernel();
  const Node* find_node(std::string& child);
  void step_up();
  void step_virtual(const std::string& child, const Node& node);
  void step_real(const std::string& child);
  void follow(std::string text, bool is_magic);
  void arrive(std::string path, const Node* node);
  std::optional<std::string> link_at(const std::string& child);
  bool is_magic(std::string_view parent) const noexcept;
  void finish();

  const Tree& tree_;
  GuestView& guest_;
  const Spelling& spelling_;
  std::string at_;
  const Node* node_ = nullptr;  // the virtual node at at_
  std::string rest_;
  std::string component_;
  std::string floor_;  // what a scoped walk cannot leave
  bool last_ = false;
  bool must_be_directory_ = false;
  int links_ = 0;
  std::uint64_t mount_ = 0;  // where the walk started, if it must not leave that mount
  Place place_;
};

// Returns false when there is nothing to walk: the descriptor is closed or has no path.
bool Walk::start() {
  rest_ = spelling_.text;
  const bool absolute = rest_.starts_with('/');
  const bool bounded = scoped(RESOLVE_BENEATH | RESOLVE_IN_ROOT);
  if (absolute && scoped(RESOLVE_BENEATH)) return fail(EXDEV), false;
  if (absolute && scoped(RESOLVE_NO_XDEV)) mount_ = mount_of(guest_.outside(""));
  if (absolute && !bounded) return true;
  std::string base = guest_.path_of(spelling_.dirfd);
  if (!base.starts_with('/')) return fail(EBADF), false;
  if (base == "/") base.clear();
  if (bounded) floor_ = base;
  if (scoped(RESOLVE_NO_XDEV)) {
    std::string real = base;  // a virtual directory is on the mount of the real one around it
    while ((mount_ = mount_of(guest_.outside(real))) == 0 && !real.empty())
      real.resize(real.rfind('/'));
  }
  const Node* node = tree_.find(base);
  arrive(std::move(base), node);
  return true;
}

void Walk::arrive(std::string path, const Node* node) {
  at_ = std::move(path);
  node_ = node != nullptr && node->is_virtual() ? node : nullptr;
  if (node_ != nullptr) place_.crossed = true;
}

bool Walk::take_component() {
  const std::size_t begin = rest_.find_first_not_of('/');
  if (begin == rest_.npos) return false;
  const std::size_t end = std::min(rest_.find('/', begin), rest_.size());
  component_.assign(rest_, begin, end - begin);
  must_be_directory_ = end < rest_.size();
  rest_.erase(0, end);
  last_ = rest_.find_first_not_of('/') == rest_.npos;
  return true;
}

void Walk::step() {
  if (node_ != nullptr && !node_->is_directory()) return fail(ENOTDIR);
  if (component_ == ".") return;
  if (component_ == "..") return step_up();
  std::string child = at_ + '/' + component_;
  if (child.size() >= PATH_MAX || component_.size() > NAME_MAX) return fail(ENAMETOOLONG);
  if (guest_.is_served_by_a_guest(child)) return leave_to_kernel();
  const Node* node = find_node(child);
  if (node != nullptr && node->is_virtual()) return step_virtual(child, *node);
  if (node_ == nullptr) return step_real(child);
  place_.is_last = last_;
  at_ = child;
  fail(ENOENT);
}

// To look there would wait for somebody who may be waiting for us.
void Walk::leave_to_kernel() {
  at_ = at_ + '/' + component_ + rest_;
  rest_.clear();
}

// A directory of the machine may have several names: it is bound elsewhere, or it is the caller's
// root.
const Node* Walk::find_node(std::string& child) {
  const Node* node = tree_.find(child);
  if (node != nullptr || node_ != nullptr || !tree_.has_node_named(component_)) return node;
  struct stat real {};
  if (::stat(guest_.outside(at_).c_str(), &real) != 0) return nullptr;
  const Node* directory = tree_.find_directory(real);
  if (directory == nullptr) return nullptr;
  std::string alias = directory->path + '/' + component_;
  node = tree_.find(alias);
  if (node != nullptr && node->is_virtual()) child = std::move(alias);
  return node;
}

void Walk::step_up() {
  if (at_ == floor_) {
    if (scoped(RESOLVE_BENEATH)) fail(EXDEV);
    return;
  }
  if (node_ == nullptr) {
    struct stat real {};
    if (::lstat(guest_.outside(at_).c_str(), &real) != 0) return fail(errno);
    if (!S_ISDIR(real.st_mode)) return fail(ENOTDIR);
  }
  const std::size_t slash = at_.rfind('/');
  std::string parent = slash == at_.npos ? std::string() : at_.substr(0, slash);
  const Node* node = tree_.find(parent);
  arrive(std::move(parent), node);
}

void Walk::step_virtual(const std::string& child, const Node& node) {
  if (node.kind == NodeKind::absent) {
    place_.crossed = true;
    place_.is_last = last_;
    at_ = child;
    return fail(ENOENT);
  }
  if (scoped(RESOLVE_NO_XDEV) && node_ == nullptr && mount_of(guest_.outside(at_)) != mount_)
    return fail(EXDEV);
  if (!node.is_symlink() || (last_ && !must_be_directory_ && !spelling_.follow_last))
    return arrive(child, &node);
  place_.crossed = true;
  follow(node.row->content, false);
}

// /proc/self is the caller's, not ours.
std::optional<std::string> Walk::link_at(const std::string& child) {
  if (at_ == "/proc" && (component_ == "self" || component_ == "thread-self")) {
    const GuestStatus* status = guest_.status();
    if (status == nullptr) return std::nullopt;
    return component_ == "self" ? fmt::format("{}", status->seen_tgid)
                                : fmt::format("{}/task/{}", status->seen_tgid, status->seen_tid);
  }
  return guest_.read_link(child);
}

// The kernel's own links lead to a file, whatever their text says.
bool Walk::is_magic(std::string_view parent) const noexcept {
  if (!parent.starts_with("/proc/")) return false;
  return parent.ends_with("/fd") || component_ == "cwd" || component_ == "root" ||
         component_ == "exe";
}

void Walk::step_real(const std::string& child) {
  auto text = link_at(child);
  if (!text) {
    const int error = errno;
    at_ = child;
    if (error == EINVAL) return;  // it is there and it is not a link
    place_.is_last = last_;
    return fail(error);
  }
  const bool magic = is_magic(at_);
  if (last_ && !must_be_directory_ && !spelling_.follow_last) {
    if (magic) place_.magic_target = virtual_path_of_link(*text).value_or(std::string());
    at_ = child;
    return;
  }
  if (!magic) return follow(*std::move(text), false);
  std::string target = guest_.meaning_of(*std::move(text));
  if (!target.starts_with('/')) {  // a pipe, a socket
    at_ = child;
    if (!last_) fail(ENOTDIR);
    return;
  }
  const Node* node = tree_.find(target);
  if (last_ && !must_be_directory_ && node != nullptr && node->is_symlink())
    return arrive(std::move(target), node);  // a descriptor of the link itself
  follow(std::move(target), true);
}

void Walk::follow(std::string text, bool magic) {
  const bool bounded = scoped(RESOLVE_BENEATH | RESOLVE_IN_ROOT);
  if (++links_ > kMaxLinks || scoped(RESOLVE_NO_SYMLINKS)) return fail(ELOOP);
  if (magic && scoped(RESOLVE_NO_MAGICLINKS)) return fail(ELOOP);
  if (magic && bounded) return fail(EXDEV);
  if (text.empty()) return fail(ENOENT);
  if (text.starts_with('/')) {
    if (scoped(RESOLVE_BENEATH)) return fail(EXDEV);
    at_ = floor_;
    node_ = nullptr;
  }
  if (text.size() + rest_.size() > kLongestWay) return fail(ENAMETOOLONG);
  rest_ = std::move(text) + rest_;
  if (rest_.empty()) rest_ = "/";
}

void Walk::finish() {
  place_.path = at_.empty() ? "/" : at_;
  if (place_.error) return;
  if (node_ != nullptr && must_be_directory_ && !node_->is_directory()) return fail(ENOTDIR);
  place_.node = node_;
}

}  // namespace

Place resolve(const Tree& tree, GuestView& guest, const Spelling& spelling) {
  // The usual spelling. What stands above a row was canonical when the tree was made, and
  // is taken to be so in another root as well.
  const Node* node =
      spelling.text.starts_with('/') && (spelling.scope == 0) ? tree.find(spelling.text) : nullptr;
  const bool direct = node != nullptr && node->is_virtual() && node->kind != NodeKind::absent &&
                      !(node->is_symlink() && spelling.follow_last);
  if (direct) {
    Place place;
    place.path = node->path;
    place.node = node;
    return place;
  }
  return Walk(tree, guest, spelling).run();
}

}  // namespace vgpu::tracer
