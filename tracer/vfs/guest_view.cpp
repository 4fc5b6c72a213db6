#include "tracer/vfs/guest_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "tracer/vfs/descriptor.h"

namespace vgpu::tracer {
namespace {

constexpr std::size_t kLinkSize = 64;

std::string_view link_text(const char* path, PathBuffer& room) noexcept {
  const ssize_t size = ::readlink(path, room.data(), room.size());
  return {room.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::optional<std::string> link_text(const char* path) {
  PathBuffer room;
  const auto text = link_text(path, room);
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::string_view text_of(pid_t tid, int dirfd, PathBuffer& room) {
  std::array<char, kLinkSize> link{};
  if (dirfd == AT_FDCWD)
    fmt::format_to_n(link.data(), link.size() - 1, "/proc/{}/cwd", tid);
  else
    fmt::format_to_n(link.data(), link.size() - 1, "/proc/{}/fd/{}", tid, dirfd);
  return link_text(link.data(), room);
}

}  // namespace

const std::string& GuestView::root() {
  if (!root_) root_ = link_text(outside("").c_str()).value_or("/");
  if (*root_ == "/") root_->clear();
  return *root_;
}

std::string_view GuestView::name_of(int fd, PathBuffer& room) const {
  return text_of(tid_, fd, room);
}

std::string GuestView::path_of(int dirfd) {
  PathBuffer room;
  const auto text = text_of(tid_, dirfd, room);
  return text.empty() ? std::string() : meaning_of(std::string(text));
}

std::optional<std::string> GuestView::virtual_directory(int dirfd) const {
  PathBuffer room;
  return virtual_path_of_link(text_of(tid_, dirfd, room));
}

std::string GuestView::meaning_of(std::string text) {
  if (auto path = virtual_path_of_link(text)) return *std::move(path);
  // The kernel tells us the path from our root. Source: d_path() in Linux's fs/d_path.c.
  const std::string& above = root();
  if (above.empty() || !text.starts_with(above)) return text;
  if (text.size() == above.size()) return "/";
  return text[above.size()] == '/' ? text.substr(above.size()) : text;
}

std::optional<std::string> GuestView::read_link(const std::string& path) const {
  return link_text(outside(path).c_str());
}

// Lines like "36 35 98:0 / /mount/point rw,noatime master:1 - fuse.name /dev/x rw". Source:
// proc(5), mountinfo.
bool GuestView::is_served_by_a_guest(const std::string& path) {
  if (!wary_) return false;
  if (!served_) {
    served_.emplace();
    std::ifstream mounts(fmt::format("/proc/{}/mountinfo", tid_));
    for (std::string line; std::getline(mounts, line);) {
      if (line.find(" - fuse") == line.npos) continue;
      std::istringstream words(line);
      std::string word;
      for (int i = 0; i < 5; ++i) words >> word;
      served_->insert(word);
    }
  }
  return served_->count(path) != 0;
}

std::string GuestView::outside(std::string_view path) const {
  return fmt::format("/proc/{}/root{}", tid_, path);
}

const GuestStatus* GuestView::status() {
  if (!status_) status_ = read_guest_status(tid_);
  return status_ ? &*status_ : nullptr;
}

}  // namespace vgpu::tracer
