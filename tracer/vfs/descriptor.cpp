#include "tracer/vfs/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tracer/sys/errors.h"
#include "tracer/sys/memfd.h"

namespace vgpu::tracer {
namespace {

constexpr std::string_view kMemfd = "/memfd:";
constexpr std::string_view kDeleted = " (deleted)";
constexpr std::string_view kDirectory = "/virtual-directory-";
constexpr char kSlash = '|';  // a '/' of the virtual path in the name of its empty directory

// What a descriptor can carry of open(2)'s flags: the rest acts at open time, or not at all.
constexpr int kKeptFlags = O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY;

// The kernel gives no O_PATH descriptor to another process: the guest gets one that it could also
// read. Source: fget() in Linux's kernel/seccomp.c.
int kept_flags(int flags) noexcept { return (flags & O_PATH) != 0 ? O_RDONLY : flags & kKeptFlags; }

// Two supervisors must not meet in one name.
std::string directory_prefix() { return std::string(kDirectory) + own_mark(); }

std::string_view content_of(const Node& node) noexcept {
  return node.kind == NodeKind::file ? std::string_view(node.row->content) : std::string_view();
}

// An empty directory that is deleted at once: it lives as long as its descriptors and leaves
// nothing behind. Its name says which virtual directory it stands for.
UniqueFd make_directory(const Node& node) {
  std::string path_part = node.path;
  std::ranges::replace(path_part, '/', kSlash);
  const std::string name = directory_prefix() + path_part;
  for (const char* place : {"/dev/shm", "/tmp", "/var/tmp", "/run"}) {
    const std::string path = place + name;
    if (::mkdir(path.c_str(), S_IRWXU) != 0) continue;
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    check_sys(::rmdir(path.c_str()), "rmdir {}", path);
    if (!fd) continue;
    // Not by mkdir, which takes away what our umask says.
    check_sys(::fchmod(fd.get(), node.mode | S_IRUSR | S_IXUSR), "set the mode of {}", node.path);
    return fd;
  }
  throw fmt::system_error(errno, "make an empty directory for {}", node.path);
}

}  // namespace

std::optional<std::string> virtual_path_of_link(std::string_view text) {
  if (!text.ends_with(kDeleted)) return std::nullopt;
  text.remove_suffix(kDeleted.size());
  if (text.starts_with(kMemfd)) {
    text.remove_prefix(kMemfd.size());
    if (!text.starts_with(own_mark())) return std::nullopt;
    text.remove_prefix(own_mark().size());
    return text.starts_with('/') ? std::optional<std::string>(text) : std::nullopt;
  }
  const std::size_t last = text.rfind('/');
  if (last == text.npos || !text.substr(last).starts_with(directory_prefix())) return std::nullopt;
  const std::size_t path_at = text.find(kSlash, last);
  if (path_at == text.npos) return std::nullopt;
  std::string path(text.substr(path_at));
  std::ranges::replace(path, kSlash, '/');
  return path;
}

// Returns the node's object, with the content that it has now.
int Descriptors::object_of(const Node& node) {
  const bool rendered = node.kind == NodeKind::file && node.row->render;
  std::string content = rendered ? node.row->render() : std::string();
  Object& object = objects_[&node];
  if (object.fd && content == object.content) return object.fd.get();
  if (UniqueFd own =
          node.kind == NodeKind::file && node.row->object ? node.row->object() : UniqueFd()) {
    object.fd = std::move(own);
  } else if (node.is_directory()) {
    object.fd = make_directory(node);
  } else if (!node.row->source.empty()) {
    object.fd = UniqueFd(check_sys(::open(node.row->source.c_str(), O_PATH | O_CLOEXEC),
                                   "open {} for {}", node.row->source, node.path));
  } else if (node.row->shared_size != 0) {
    object.fd = make_shared_memfd(node.path, node.row->shared_size, node.mode);
  } else {
    object.fd = make_memfd(node.path, rendered ? content : content_of(node), node.mode);
  }
  object.content = std::move(content);
  return object.fd.get();
}

UniqueFd Descriptors::open(const Node& node, int flags) {
  if (node.is_directory()) gave_directory_ = true;
  return reopen(object_of(node), kept_flags(flags));
}

struct stat Descriptors::status(const Node& node) {
  struct stat result {};
  check_sys(::fstat(object_of(node), &result), "fstat of {}", node.path);
  return result;
}

}  // namespace vgpu::tracer
