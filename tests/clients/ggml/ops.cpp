// Every operator of ggml on CUDA0 against the CPU backend, case by case:
//   ggml_ops FOLDER [-r REGEX] [-j WORKERS] [-t SECONDS] [-l] [-a]
// FOLDER has libggml*.so. -l lists the cases, -a prints those that are right, too.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <regex>

#include "cases.h"
#include "evaluate.h"
#include "report.h"
#include "worker.h"

namespace ggml {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string folder;
  std::string pattern;
  std::size_t workers = 1;
  int seconds = 300;
  bool list = false;
  bool all = false;
  bool serve = false;
};

Arguments parse(int count, char** words) {
  Arguments parsed;
  for (int option = 0; (option = getopt(count, words, "r:j:t:lasw")) != -1;) switch (option) {
      case 'r':
        parsed.pattern = optarg;
        break;
      case 'j':
        parsed.workers = std::strtoul(optarg, nullptr, 10);
        break;
      case 't':
        parsed.seconds = std::atoi(optarg);
        break;
      case 'l':
        parsed.list = true;
        break;
      case 'a':
        parsed.all = true;
        break;
      case 'w':
        parsed.serve = true;
        break;
      default:
        throw std::runtime_error("unknown option");
    }
  if (optind + 1 != count) throw std::runtime_error("FOLDER is missing");
  parsed.folder = words[optind];
  return parsed;
}

const char* word_for(Verdict verdict) {
  switch (verdict) {
    case Verdict::right:
      return "right";
    case Verdict::wrong:
      return "wrong";
    case Verdict::not_offered:
      return "not offered";
  }
  return "";
}

/// A worker's life: case numbers come in, verdicts go out. What ggml logs goes to standard error.
int serve(const Api& api, const Cases& cases) {
  api.ggml_log_set(
      [](int, const char* text, void*) { static_cast<void>(std::fputs(text, stderr)); }, nullptr);
  api.load_backends();
  const Devices devices(api, "CUDA0");
  for (std::size_t number = 0; std::cin >> number;) {
    const Result result = devices.evaluate(cases.at(number));
    dprintf(kAnswers, "%s\t%s\n", word_for(result.verdict), result.detail.c_str());
  }
  return 0;
}

/// A worker and the case that it computes.
struct Slot {
  std::unique_ptr<Worker> worker;
  std::size_t number = 0;
  Clock::time_point deadline;
  bool busy = false;
};

class Manager {
 public:
  Manager(const Arguments& arguments, const Cases& cases, std::vector<std::size_t> wanted)
      : arguments_(arguments),
        cases_(cases),
        wanted_(std::move(wanted)),
        report_(arguments.all),
        slots_(arguments.workers) {}

  bool run() {
    for (Slot& slot : slots_) give(slot);
    while (std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.busy; }))
      wait();
    return report_.finish();
  }

 private:
  void give(Slot& slot) {
    slot.busy = next_ < wanted_.size();
    if (!slot.busy) {
      slot.worker.reset();
      return;
    }
    if (slot.worker == nullptr)
      slot.worker =
          std::make_unique<Worker>(std::vector<std::string>{"ggml_ops", "-w", arguments_.folder});
    slot.number = wanted_[next_++];
    slot.deadline = Clock::now() + std::chrono::seconds(arguments_.seconds);
    slot.worker->send(slot.number);
  }

  void wait() {
    std::vector<pollfd> polled;
    for (const Slot& slot : slots_)
      polled.push_back({slot.busy ? slot.worker->answers() : -1, POLLIN, 0});
    static_cast<void>(poll(polled.data(), polled.size(), 1000));
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (!slot.busy) continue;
      if (polled[i].revents != 0)
        take(slot);
      else if (Clock::now() > slot.deadline)
        give_up(slot, "too slow", "not done in " + std::to_string(arguments_.seconds) + " s");
    }
  }

  void take(Slot& slot) {
    std::string line;
    if (!slot.worker->receive(line)) {
      give_up(slot, "ended", slot.worker->wait());
      return;
    }
    const std::size_t tab = line.find('\t');
    report_.add(cases_[slot.number].name, line.substr(0, tab),
                tab == std::string::npos ? "" : line.substr(tab + 1));
    give(slot);
  }

  void give_up(Slot& slot, const char* outcome, const std::string& detail) {
    slot.worker.reset();
    report_.add(cases_[slot.number].name, outcome, detail);
    give(slot);
  }

  const Arguments& arguments_;
  const Cases& cases_;
  std::vector<std::size_t> wanted_;
  std::size_t next_ = 0;
  Report report_;
  std::vector<Slot> slots_;
};

int run(const Arguments& arguments) {
  const Api api(arguments.folder);
  const Cases cases = all_cases(api);
  if (arguments.serve) return serve(api, cases);
  const std::regex pattern(arguments.pattern);
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < cases.size(); ++i)
    if (std::regex_search(cases[i].name, pattern)) wanted.push_back(i);
  if (arguments.list) {
    for (const std::size_t i : wanted) std::printf("%s\n", cases[i].name.c_str());
    return 0;
  }
  return Manager(arguments, cases, std::move(wanted)).run() ? 0 : 1;
}

}  // namespace
}  // namespace ggml

int main(int count, char** words) {
  try {
    static_cast<void>(signal(SIGPIPE, SIG_IGN));
    return ggml::run(ggml::parse(count, words));
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "ggml_ops: %s\n", error.what()));
    return 2;
  }
}
