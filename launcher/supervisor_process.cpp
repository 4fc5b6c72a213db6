#include "launcher/supervisor_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <span>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "launcher/exit_status.h"
#include "launcher/process_tree.h"
#include "launcher/ward.h"
#include "tracer/filter/filter.h"
#include "tracer/supervisor.h"
#include "tracer/sys/errors.h"
#include "tracer/sys/pidfd.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

/// The user's soft limits are meant for the program; its supervisor has work to do for all guests.
void raise_limits() noexcept {
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_FSIZE}) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(resource, &limit);
  }
}

/// The program between fork and exec. Nothing throws out of here: the frames below are not ours.
[[noreturn]] void become_program(const Plan& plan, std::span<const sock_filter> filter,
                                 const Signals& signals, const Channel& handover,
                                 const Channel& leash) noexcept {
  try {
    const UniqueFd listener = tracer::install_filter(filter);
    handover.send(News::listener, 0, "", listener.get());
    const auto word = leash.receive();
    if (!word || word->news != News::go) ::_exit(kOwnFailure);
  } catch (const std::system_error& error) {
    const bool busy = error.code().value() == EBUSY;
    handover.send(News::failed, 0,
                  busy ? "another supervisor (a vgpu-run?) is at work here already, and the kernel "
                         "allows but one"
                       : error.what());
    ::_exit(kOwnFailure);
  } catch (const std::exception& error) {
    handover.send(News::failed, 0, error.what());
    ::_exit(kOwnFailure);
  }
  signals.restore();
  ::execvp(plan.program.front(), plan.program.data());
  const int error = errno;
  leash.send(News::not_run, error);
  ::_exit(status_of_exec_error(error));
}

tracer::Listener take_listener(const Channel& handover) {
  auto message = handover.receive();
  if (!message) throw std::runtime_error("the program's process ended before it was set up");
  if (message->news != News::listener) throw std::runtime_error(message->text);
  return tracer::Listener(std::move(message->fd));
}

void answer_until_the_end(const Plan& plan, tracer::Listener& listener, Ward& ward,
                          OwnOutput& own) {
  const UniqueFd child_signals = open_signal(SIGCHLD);
  std::array<tracer::Watch, 2> watches;
  watches[0] = {child_signals.get(), [&] {
                  signalfd_siginfo ignored;
                  while (::read(child_signals.get(), &ignored, sizeof ignored) > 0) continue;
                  ward.collect();
                }};
  watches[1] = {ward.starter(), [&] {
                  ward.collect();
                  watches[1].fd = -1;
                  if (ward.ended()) return;  // what is left now are daemons: they live on
                  kill_guests(own);
                }};
  const tracer::Hooks hooks{nullptr,
                            [&](std::string_view what) { own.line(fmt::format("bug: {}", what)); }};
  tracer::supervise(listener, plan.rules, plan.files, hooks, watches);
}

void supervise_program(const Plan& plan, const Signals& signals, OwnOutput& own, Channel& news,
                       Channel& leash, pid_t starter) {
  check_sys(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
  UniqueFd starter_fd = tracer::open_pidfd(starter);
  if (::getppid() != starter) return;  // it was killed before we could watch it

  const std::vector<sock_filter> filter = tracer::make_filter();
  auto [handover, hand] = make_channel();
  const pid_t pid = check_sys(::fork(), "fork");
  if (pid == 0) {
    handover.close();
    news.close();
    become_program(plan, filter, signals, hand, leash);
  }
  hand.close();
  leash.close();
  raise_limits();
  // Same session, other group: out of reach of the terminal's signals, yet the program's own job
  // control works as if its parent were the shell (its groups are not orphaned, setpgid(2)).
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "vgpu-supervisor");
  [[maybe_unused]] const int ignored = ::chdir("/");  // a daemon's supervisor keeps no mount busy
  const UniqueFd program = tracer::open_pidfd(pid);
  own.let_go({news.fd(), handover.fd(), starter_fd.get()}, program);

  tracer::Listener listener = take_listener(handover);
  Ward ward(pid, news, std::move(starter_fd), listener.fd());
  handover.close();
  if (!news.send(News::started, pid)) return;
  answer_until_the_end(plan, listener, ward, own);
  ward.collect_all();
}

}  // namespace

void live_as_supervisor(const Plan& plan, const Signals& signals, OwnOutput own, Channel news,
                        Channel leash, pid_t starter) {
  try {
    supervise_program(plan, signals, own, news, leash, starter);
    ::_exit(0);
  } catch (const std::exception& error) {
    news.send(News::failed, 0, error.what());
    kill_guests(own);
    ::_exit(kOwnFailure);
  }
}

}  // namespace vgpu::launcher
