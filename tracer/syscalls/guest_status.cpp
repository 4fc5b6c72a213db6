#include "tracer/syscalls/guest_status.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {
namespace {

// Returns the text between `key` at the start of a line and the end of that line.
std::string_view line_of(std::string_view text, std::string_view key) noexcept {
  for (std::size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    text.remove_prefix(at + key.size());
    return text.substr(0, text.find('\n'));
  }
  return {};
}

std::vector<unsigned> numbers_in(std::string_view line) {
  std::vector<unsigned> numbers;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (at < end) {
    unsigned value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error == std::errc()) numbers.push_back(value);
    at = error == std::errc() ? next : at + 1;
  }
  return numbers;
}

std::uint64_t hexadecimal_in(std::string_view line) noexcept {
  line.remove_prefix(std::min(line.find_first_not_of("\t "), line.size()));
  std::uint64_t value = 0;
  std::from_chars(line.data(), line.data() + line.size(), value, 16);
  return value;
}

}  // namespace

std::optional<GuestStatus> read_guest_status(pid_t tid) {
  const UniqueFd file(::open(fmt::format("/proc/{}/status", tid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 8192> buffer;  // cut off only after thousands of groups
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const auto uids = numbers_in(line_of(text, "Uid:"));  // real, effective, saved, file system
  const auto gids = numbers_in(line_of(text, "Gid:"));
  const auto parent = numbers_in(line_of(text, "PPid:"));
  const auto tgid = numbers_in(line_of(text, "Tgid:"));
  // One number for each pid namespace, the innermost last.
  const auto seen_tgids = numbers_in(line_of(text, "NStgid:"));
  const auto seen_tids = numbers_in(line_of(text, "NSpid:"));
  if (uids.size() != 4 || gids.size() != 4 || tgid.empty() || parent.empty() ||
      seen_tgids.empty() || seen_tids.empty())
    return std::nullopt;
  GuestStatus status;
  status.tgid = static_cast<pid_t>(tgid[0]);
  status.parent = static_cast<pid_t>(parent[0]);
  const std::string_view state = line_of(text, "State:\t");
  status.ended = state.starts_with('Z') || state.starts_with('X');
  status.seen_tgid = static_cast<pid_t>(seen_tgids.back());
  status.seen_tid = static_cast<pid_t>(seen_tids.back());
  status.identity = {uids[0],
                     uids[3],
                     gids[0],
                     gids[3],
                     numbers_in(line_of(text, "Groups:")),
                     hexadecimal_in(line_of(text, "CapEff:"))};
  return status;
}

}  // namespace vgpu::tracer
