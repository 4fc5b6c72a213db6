#include "launcher/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "launcher/own_output.h"
#include "tracer/sys/pidfd.h"
#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {
namespace {

using tracer::UniqueFd;
using Clock = std::chrono::steady_clock;

/// How long a round of kills waits. Who is stuck in the kernel ends when that lets go of it,
/// whether we are still there or not.
constexpr std::chrono::seconds kPatience{5};

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

int number_in(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first != std::string_view::npos) text.remove_prefix(first);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<ProcessInfo> read_status(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[8192];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : -1;
  if (size <= 0) return std::nullopt;
  return parse_status({text, static_cast<std::size_t>(size)});
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> all;
  const std::unique_ptr<DIR, CloseDirectory> proc(::opendir("/proc"));
  if (!proc) return all;
  while (const dirent* entry = ::readdir(proc.get())) {
    const int pid = number_in(entry->d_name);
    if (pid <= 0) continue;
    if (auto info = read_status(pid)) all.push_back(*info);
  }
  return all;
}

bool ends_by(Clock::time_point deadline, const UniqueFd& pidfd) {
  using std::chrono::milliseconds;
  pollfd end{pidfd.get(), POLLIN, 0};
  // A thread that we trace has not ended before we have waited for it.
  constexpr milliseconds kSlice{10};
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) continue;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const int ready =
        ::poll(&end, 1, static_cast<int>(std::clamp(left, milliseconds(0), kSlice).count()));
    if (ready == 1) return true;
    if (ready == 0 && left <= kSlice) return false;
  }
}

/// Kills `guests`, waits a while for those that it may kill, and notes in `ended` who has ended.
/// False if that was no use: another round would find the same guests.
bool kill_all(const std::vector<ProcessInfo>& guests, std::set<pid_t>& ended) {
  // By pid: a pidfd opened only now would be no surer, and there may be more guests than we may
  // have descriptors.
  std::set<pid_t> killed;
  bool progress = false;
  for (const ProcessInfo& guest : guests)
    if (::kill(guest.pid, SIGKILL) == 0)
      killed.insert(guest.pid);
    else if (errno == ESRCH)
      progress = true;  // it went by itself; look again at what it left
  const Clock::time_point now = Clock::now();
  for (const ProcessInfo& guest : guests) {
    const UniqueFd pidfd = tracer::open_pidfd(guest.pid);
    const bool dying = killed.contains(guest.pid);
    if (pidfd && !ends_by(dying ? now + kPatience : now, pidfd)) continue;
    ended.insert(guest.pid);
    progress = progress || dying;
  }
  return progress;
}

}  // namespace

ProcessInfo parse_status(std::string_view text) {
  ProcessInfo info;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    if (name == "Pid") info.pid = number_in(value);
    if (name == "PPid") info.parent = number_in(value);
    if (name == "Seccomp_filters") info.filters = number_in(value);
    if (name == "SigPnd" || name == "ShdPnd") {
      constexpr std::uint64_t kContinue = std::uint64_t{1} << (SIGCONT - 1);
      const std::string digits(value);
      if ((std::strtoull(digits.c_str(), nullptr, 16) & kContinue) != 0)
        info.is_being_continued = true;
    }
    if (name == "State") {
      const std::size_t letter = value.find_first_not_of(" \t");
      if (letter != std::string_view::npos) info.state = value[letter];
    }
  }
  return info;
}

std::vector<ProcessInfo> guests_below(const ProcessInfo& root,
                                      const std::vector<ProcessInfo>& all) {
  std::multimap<pid_t, const ProcessInfo*> children;
  for (const ProcessInfo& process : all) children.emplace(process.parent, &process);
  std::vector<ProcessInfo> guests;
  std::set<pid_t> seen{root.pid};
  std::vector<pid_t> open{root.pid};
  while (!open.empty()) {
    const auto [first, last] = children.equal_range(open.back());
    open.pop_back();
    for (auto child = first; child != last; ++child) {
      const ProcessInfo& process = *child->second;
      // The list is not one moment's, so a reused pid can make a circle of it.
      if (!seen.insert(process.pid).second) continue;
      open.push_back(process.pid);
      if (process.filters > root.filters) guests.push_back(process);
    }
  }
  return guests;
}

bool is_stopped(pid_t pid) {
  const auto info = read_status(pid);
  return info && (info->state == 'T' || (info->state == 't' && !info->is_being_continued));
}

std::size_t kill_guests() {
  std::set<pid_t> ended;
  bool progress = true;
  while (true) {
    while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) continue;
    const auto self = read_status(::getpid());
    if (!self) return 0;
    std::vector<ProcessInfo> guests = guests_below(*self, all_processes());
    // Whoever traces a process from outside can keep it a zombie; it is none of ours any more.
    std::erase_if(guests, [&](const ProcessInfo& guest) {
      return guest.state == 'Z' && ended.contains(guest.pid);
    });
    if (guests.empty() || !progress) return guests.size();
    progress = kill_all(guests, ended);
  }
}

void kill_guests(OwnOutput& own) {
  const std::size_t left = kill_guests();
  if (left != 0)
    own.line(
        fmt::format("{} of the program's processes could not be killed and may live on", left));
}

}  // namespace vgpu::launcher
