#include "launcher/supervisor_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "launcher/exit_status.h"
#include "launcher/process_tree.h"
#include "launcher/ward.h"
#include "tracer/filter/filter.h"
#include "tracer/filter/own_fstat.h"
#include "tracer/notify/listener.h"
#include "tracer/ptrace/tracing.h"
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

struct Filters {
  std::optional<std::uint32_t> fstat_distance = tracer::find_fstat_distance();
  std::vector<sock_filter> notify = tracer::make_filter(tracer::Stop::notify, fstat_distance);
  std::vector<sock_filter> trace = tracer::make_filter(tracer::Stop::trace, fstat_distance);
};

/// Why there may be no listener although all is well: there is one above us, or the kernel is too
/// old.
bool is_without_listener(int error) noexcept {
  return error == EBUSY || error == EINVAL || error == ENOSYS;
}

/// The program lets itself be supervised, in whichever way it can be.
/// Errors: std::system_error.
void submit(EngineChoice choice, const Filters& filters, const Channel& handover) {
  int error = 0;
  if (choice != EngineChoice::ptrace) {
    try {
      const UniqueFd listener = tracer::install_filter(filters.notify);
      handover.send(News::listener, 0, "", listener.get());
      return;
    } catch (const std::system_error& failed) {
      error = failed.code().value();
      if (choice == EngineChoice::notify || !is_without_listener(error)) throw;
    }
  }
  handover.send(News::trace_me, error);
  if (!handover.receive()) ::_exit(kOwnFailure);  // it has said why
  tracer::install_traced_filter(filters.trace);
  handover.send(News::traced);
}

/// The program between fork and exec. Nothing throws out of here: the frames below are not ours.
[[noreturn]] void become_program(const Plan& plan, const Filters& filters, const Signals& signals,
                                 const Channel& handover, const Channel& leash) noexcept {
  try {
    submit(plan.engine, filters, handover);
    const auto word = leash.receive();
    if (!word || word->news != News::go) ::_exit(kOwnFailure);
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

Message hear_program(const Channel& handover, std::initializer_list<News> wanted) {
  auto message = handover.receive();
  if (!message) throw std::runtime_error("the program's process ended before it was set up");
  if (std::ranges::find(wanted, message->news) == wanted.end())
    throw std::runtime_error(message->text);
  return *std::move(message);
}

void explain(const Plan& plan, OwnOutput& own, const Message& message) {
  if (!plan.verbose) return;
  if (message.news == News::listener) return own.line("engine: notify");
  own.line(message.value == 0
               ? "engine: ptrace"
               : fmt::format("engine: ptrace, since the kernel gives no listener: {}",
                             std::strerror(message.value)));
}

std::unique_ptr<tracer::Engine> make_engine(const Plan& plan, pid_t program, OwnOutput& own,
                                            const Channel& handover, Ward& ward) {
  Message message = hear_program(handover, {News::listener, News::trace_me});
  explain(plan, own, message);
  if (message.news == News::listener)
    return std::make_unique<tracer::Listener>(std::move(message.fd));
  auto engine = std::make_unique<tracer::Tracing>(
      program, [&ward](const siginfo_t& info) { ward.note(info); });
  handover.send(News::go);
  hear_program(handover, {News::traced});
  return engine;
}

void answer_until_the_end(const Plan& plan, tracer::Engine& engine, Ward& ward, OwnOutput& own) {
  // An engine that hears of all children tells the ward itself: two must not wait for the same.
  const bool collects = dynamic_cast<tracer::Tracing*>(&engine) == nullptr;
  const UniqueFd child_signals = collects ? open_signal(SIGCHLD) : UniqueFd();
  std::array<tracer::Watch, 2> watches;
  watches[0] = {child_signals.get(), [&] {
                  signalfd_siginfo ignored;
                  while (::read(child_signals.get(), &ignored, sizeof ignored) > 0) continue;
                  ward.collect();
                }};
  watches[1] = {ward.starter(), [&] {
                  if (collects) ward.collect();
                  watches[1].fd = -1;
                  if (ward.ended()) return;  // what is left now are daemons: they live on
                  kill_guests(own);
                }};
  const tracer::Hooks hooks{nullptr,
                            [&](std::string_view what) { own.line(fmt::format("bug: {}", what)); }};
  tracer::supervise(engine, plan.rules, plan.files, hooks, watches);
}

void supervise_program(const Plan& plan, const Signals& signals, OwnOutput& own, Channel& news,
                       Channel& leash, UniqueFd starter) {
  check_sys(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
  const Filters filters;
  auto [handover, hand] = make_channel();
  const pid_t pid = check_sys(::fork(), "fork");
  if (pid == 0) {
    handover.close();
    news.close();
    become_program(plan, filters, signals, hand, leash);
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
  own.let_go({news.fd(), handover.fd(), starter.get()}, program);

  news.raise();

  Ward ward(pid, news, std::move(starter));
  const auto engine = make_engine(plan, pid, own, handover, ward);
  ward.set_engine(*engine);
  handover.close();
  if (!news.send(News::started, pid)) return;
  answer_until_the_end(plan, *engine, ward, own);
  ward.collect_all();
}

}  // namespace

void live_as_supervisor(const Plan& plan, const Signals& signals, OwnOutput own, Channel news,
                        Channel leash, UniqueFd starter) {
  try {
    supervise_program(plan, signals, own, news, leash, std::move(starter));
    ::_exit(0);
  } catch (const std::exception& error) {
    news.send(News::failed, 0, error.what());
    kill_guests(own);
    ::_exit(kOwnFailure);
  }
}

}  // namespace vgpu::launcher
