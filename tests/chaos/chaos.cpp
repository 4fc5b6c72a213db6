// Kills processes of a supervised tree at random moments: chaos ROUNDS SEED VGPU_RUN COMMAND...
// ROUNDS like 300s: as many as begin in that time, and in each some guests are killed first.
// The law: whoever is killed, everything ends by itself, and no process and no file is left.

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Random = std::mt19937;

constexpr std::chrono::seconds kEndsWithin{30};

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';
  std::string name;
};

/// All processes below this one. We are their last subreaper: nobody leaves this tree.
std::vector<Process> descendants() {
  std::map<pid_t, Process> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    Process process;
    process.pid = std::atoi(text.c_str());
    process.name = text.substr(open + 1, close - open - 1);
    process.state = text[close + 2];
    process.parent = std::atoi(text.c_str() + close + 4);
    all[process.pid] = process;
  }
  std::vector<Process> below;
  for (const auto& [pid, process] : all) {
    auto at = all.find(process.parent);
    std::size_t steps = 0;  // a tree read while it changes may seem to have a cycle
    while (at != all.end() && at->first != getpid() && ++steps < all.size())
      at = all.find(at->second.parent);
    if (at != all.end() && at->first == getpid() && pid != getpid()) below.push_back(process);
  }
  return below;
}

enum class Victim {
  program,
  guest,
  runner,
  supervisor,
  watcher,
  runner_then_guest,
  runner_and_supervisor,
  watcher_and_supervisor,
  count
};

const char* name_of(Victim victim) {
  constexpr std::array kNames{"the program",
                              "a guest",
                              "vgpu-run",
                              "the supervisor",
                              "the watcher",
                              "vgpu-run, then a guest",
                              "vgpu-run and the supervisor",
                              "the watcher and the supervisor"};
  return kNames.at(static_cast<std::size_t>(victim));
}

/// Kills one process of the tree below `runner`; false if there is none of that kind (any more).
bool kill_one(Victim victim, pid_t runner, Random& random) {
  const auto all = descendants();
  pid_t supervisor = 0;
  pid_t watcher = 0;
  for (const auto& process : all) {
    if (process.name == "vgpu-supervisor") supervisor = process.pid;
    if (process.name == "vgpu-watcher") watcher = process.pid;
  }
  std::vector<pid_t> candidates;
  for (const auto& process : all) {
    const bool guest = process.pid != runner && process.pid != supervisor && process.pid != watcher;
    if ((victim == Victim::program && process.parent == supervisor && supervisor != 0) ||
        (victim == Victim::guest && guest) || (victim == Victim::runner && process.pid == runner) ||
        (victim == Victim::watcher && process.pid == watcher) ||
        (victim == Victim::supervisor && process.pid == supervisor))
      candidates.push_back(process.pid);
  }
  if (candidates.empty()) return false;
  return kill(candidates[random() % candidates.size()], SIGKILL) == 0;
}

/// One round of kills, all at random moments.
int kill_some(Victim victim, pid_t runner, Random& random, bool many) {
  const auto wait = [&] { usleep(static_cast<useconds_t>(random() % 400'000)); };
  int kills = 0;
  for (unsigned left = many ? random() % 8 : 0; left > 0; --left) {
    wait();
    kills += kill_one(Victim::guest, runner, random);
  }
  wait();
  switch (victim) {
    case Victim::runner_and_supervisor:
      kills += kill_one(Victim::supervisor, runner, random);
      return kills + kill_one(Victim::runner, runner, random);
    case Victim::watcher_and_supervisor:
      kills += kill_one(Victim::watcher, runner, random);
      return kills + kill_one(Victim::supervisor, runner, random);
    case Victim::runner_then_guest:
      kills += kill_one(Victim::runner, runner, random);
      return kills + kill_one(Victim::guest, runner, random);
    default:
      return kills + kill_one(victim, runner, random);
  }
}

/// Waits until no descendant is left; what is left after the time limit is printed and killed.
bool all_end() {
  const auto limit = std::chrono::steady_clock::now() + kEndsWithin;
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  for (;;) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD) return true;
    if (ended > 0) continue;
    const timespec moment{0, 100'000'000};  // an upper bound: SIGCHLD is blocked, so none is missed
    sigtimedwait(&child_ended, nullptr, &moment);
    if (std::chrono::steady_clock::now() > limit) break;
  }
  for (const auto& process : descendants()) {
    std::printf("  left: pid %d, child of %d, state %c, %s\n", process.pid, process.parent,
                process.state, process.name.c_str());
    kill(process.pid, SIGKILL);
  }
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) continue;
  return false;
}

pid_t start(char** command, const fs::path& temporary) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setenv("TMPDIR", temporary.c_str(), 1);
  const int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(nothing, fd);
  execv(command[0], command);
  _exit(127);
}

/// Names of the files where something of ours could be left behind.
std::set<std::string> files(const fs::path& temporary) {
  std::set<std::string> names;
  for (const auto& folder : {fs::path("/dev/shm"), fs::path("/tmp"), temporary}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path();
      struct stat status {};
      if (lstat(name.c_str(), &status) != 0 || status.st_uid != getuid()) continue;
      // Other programs of this user use /tmp too: there only what bears our name counts.
      if (folder == "/tmp" && name.find("vgpu") == std::string::npos) continue;
      names.insert(name);
    }
  }
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const bool timed = std::string(argv[1]).ends_with('s');
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  Random random(static_cast<unsigned>(std::atoi(argv[2])));
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  std::string pattern = fs::temp_directory_path() / "chaos.XXXXXX";
  const fs::path temporary = mkdtemp(pattern.data());
  fs::create_directory(temporary / "guests");  // what killed guests leave is their own affair
  const auto before = files(temporary);

  int failures = 0;
  int kills = 0;
  int round = 0;
  for (; timed ? std::chrono::steady_clock::now() < end : round < std::atoi(argv[1]); ++round) {
    const auto victim = static_cast<Victim>(round % static_cast<int>(Victim::count));
    const pid_t runner = start(argv + 3, temporary);
    kills += kill_some(victim, runner, random, timed);
    if (all_end()) continue;
    std::printf("FAILED: round %d: %s was killed, and not all ended in %d s\n", round,
                name_of(victim), static_cast<int>(kEndsWithin.count()));
    ++failures;
  }
  for (const auto& name : files(temporary)) {
    if (before.count(name) != 0) continue;
    std::printf("FAILED: left behind: %s\n", name.c_str());
    ++failures;
  }
  fs::remove_all(temporary);
  std::printf("chaos: %d rounds, %d kills, %d failures\n", round, kills, failures);
  return failures == 0 && kills > round / 2 ? 0 : 1;
}
