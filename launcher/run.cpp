#include "launcher/run.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "launcher/channel.h"
#include "launcher/exit_status.h"
#include "launcher/forwarding.h"
#include "launcher/process_tree.h"
#include "launcher/supervisor_process.h"
#include "launcher/trace/session.h"
#include "launcher/watcher.h"
#include "tracer/filter/filter.h"
#include "tracer/sys/errors.h"
#include "tracer/sys/pidfd.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

/// The process that the user started, as the stand-in of the program.
class StandIn {
 public:
  StandIn(const Plan& plan, const Signals& signals, OwnOutput& own, pid_t watcher, Channel news,
          Channel leash)
      : plan_(plan),
        signals_(signals),
        own_(own),
        watcher_(watcher),
        news_(std::move(news)),
        leash_(std::move(leash)),
        signal_fd_(open_all_signals()),
        self_{::getpid(), ::getsid(0) == ::getpid()} {}

  int wait() {
    std::optional<int> status;
    while (!status) {
      // Signals stay queued until there is a program to give them to.
      pollfd ready[] = {{news_.fd(), POLLIN, 0},
                        {leash_.fd(), POLLIN, 0},
                        {program_ ? signal_fd_.get() : -1, POLLIN, 0},
                        {own_.closings(), POLLIN, 0}};
      if (::poll(ready, std::size(ready), -1) < 0 && errno != EINTR)
        throw fmt::system_error(errno, "poll");
      if (ready[1].revents != 0) hear_program();
      if (ready[0].revents != 0) status = hear_supervisor();
      if (ready[2].revents != 0) take_signals();
      if (ready[3].revents != 0 && !status) hear_closing();
    }
    return *status;
  }

 private:
  /// The program's word before exec; silence means that exec has happened.
  void hear_program() {
    const auto message = leash_.receive();
    leash_.close();
    if (message)
      own_.line(fmt::format("{}: {}", plan_.program.front(), std::strerror(message->value)));
    else if (program_) {
      own_.keep_pipe();
      own_.let_go({news_.fd(), signal_fd_.get()}, program_);
    }
  }

  /// Returns our exit status when it is decided.
  std::optional<int> hear_supervisor() {
    const auto message = news_.receive();
    if (!message) {
      own_.hold();  // while there is a program to reach a pipe through
      own_.line("the supervisor was killed, and the program with it");
      int status = 0;
      ::waitpid(watcher_, &status, 0);  // before anybody else takes it for a guest that has ended
      if (WIFEXITED(status) && WEXITSTATUS(status) == status_of_signal(SIGSYS))
        own_.line(tracer::kForbiddenByFilter);
      kill_guests(own_);
      return kOwnFailure;
    }
    switch (message->news) {
      case News::failed:
        own_.line(message->text);
        ::waitpid(watcher_, nullptr, 0);  // it ends when it has ended the program
        return kOwnFailure;
      case News::alone:
        alone_ = true;
        break;
      case News::started:
        let_run(message->value);
        break;
      case News::stopped:
        program_stopped_ = true;
        signals_.stop_self(message->value);
        wake_program();
        break;
      case News::exited:
      case News::killed:
        if (leash_.fd() >= 0) hear_program();
        if (alone_) ::waitpid(watcher_, nullptr, 0);
        return message->news == News::exited ? message->value : status_of_signal(message->value);
      case News::continued:
        program_stopped_ = false;
        break;
      case News::listener:
      case News::trace_me:
      case News::traced:
      case News::go:
      case News::not_run:
      case News::explain:
        break;
    }
    return std::nullopt;
  }

  /// It waits for our word, so its pid cannot be another's yet. If there is no such process it was
  /// killed while it waited, and the news of that is on its way.
  void let_run(pid_t pid) {
    pid_ = pid;
    program_ = tracer::open_pidfd(pid);
    leash_.send(News::go);
  }

  /// A pipe that is closed because the supervisor is gone, and the program with it, is one that we
  /// have something to say on. Its end of the channel has gone before: see Channel::raise().
  void hear_closing() {
    pollfd news{news_.fd(), POLLIN, 0};
    if (::poll(&news, 1, 0) == 0) own_.drop_pipe();
  }

  void take_signals() {
    signalfd_siginfo signal;
    while (::read(signal_fd_.get(), &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo == SIGUSR1 && plan_.trace.explain) {
        news_.send(News::explain);
        continue;
      }
      switch (fate_of(signal, self_)) {
        case Fate::forward:
          forward(signal, program_.get());
          break;
        case Fate::wake:
          wake_program();
          break;
        case Fate::drop:
          break;
      }
    }
  }

  /// Whoever continued us may have continued the program too: it must not see SIGCONT twice.
  void wake_program() {
    // It may have run and been held for a call since: then the news of that is here already.
    const bool stopped = program_stopped_ && is_stopped(pid_);
    pollfd news{news_.fd(), POLLIN, 0};
    if (stopped && ::poll(&news, 1, 0) == 0) send_signal(program_.get(), SIGCONT);
  }

  const Plan& plan_;
  const Signals& signals_;
  OwnOutput& own_;
  pid_t watcher_;
  Channel news_;
  Channel leash_;
  UniqueFd signal_fd_;
  Receiver self_;
  pid_t pid_ = 0;
  UniqueFd program_;  // its pidfd
  bool alone_ = false;
  bool program_stopped_ = false;  // as far as we have heard
};

}  // namespace

bool is_inside_another() noexcept { return ::access(kConfigPath.data(), R_OK) == 0; }

int become_program(const Plan& plan, const Signals& signals, OwnOutput& own) {
  signals.restore();
  ::execvp(plan.program.front(), plan.program.data());
  const int error = errno;
  own.line(fmt::format("{}: {}", plan.program.front(), std::strerror(error)));
  return status_of_exec_error(error);
}

int run(const Plan& plan, const Signals& signals, OwnOutput& own) {
  TraceOutputs trace = open_trace(plan.trace);
  auto [news, supervisors_news] = make_channel();
  auto [leash, programs_leash] = make_channel();
  // If the supervisor dies, its orphans must come to us and not to init: we end them.
  check_sys(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
  UniqueFd starter = tracer::open_pidfd(::getpid());
  const pid_t watcher = check_sys(::fork(), "fork");
  if (watcher == 0) {
    // Before the fork, so that the supervisor's orphans cannot pass us by.
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) ::_exit(kOwnFailure);
    const pid_t supervisor = ::fork();
    if (supervisor < 0) ::_exit(kOwnFailure);
    if (supervisor > 0) live_as_watcher(supervisor);
    news.close();
    leash.close();
    live_as_supervisor(plan, signals, std::move(own), std::move(supervisors_news),
                       std::move(programs_leash), std::move(starter), std::move(trace));
  }
  trace = {};
  supervisors_news.close();
  programs_leash.close();
  return StandIn(plan, signals, own, watcher, std::move(news), std::move(leash)).wait();
}

}  // namespace vgpu::launcher
