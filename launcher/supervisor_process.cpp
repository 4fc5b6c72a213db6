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
#include <string>
#include <system_error>
#include <vector>

#include "launcher/exit_status.h"
#include "launcher/process_tree.h"
#include "launcher/rings/rings.h"
#include "launcher/rings/watched_library.h"
#include "launcher/trace/session.h"
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
  explicit Filters(const TraceRequest& request)
      : notify(tracer::make_filter(tracer::Stop::notify, tracer::Watched::nothing, fstat_distance)),
        trace(tracer::make_filter(tracer::Stop::trace, watched(request), fstat_distance)) {}

  static tracer::Watched watched(const TraceRequest& request) {
    if (!request.needs_results()) return tracer::Watched::nothing;
    return request.recorded().files() ? tracer::Watched::files : tracer::Watched::processes;
  }

  std::optional<std::uint32_t> fstat_distance = tracer::find_fstat_distance();
  std::vector<sock_filter> notify;
  std::vector<sock_filter> trace;
};

/// Why there may be no listener although all is well: there is one above us, or the kernel is too
/// old.
bool is_without_listener(int error) noexcept {
  return error == EBUSY || error == EINVAL || error == ENOSYS;
}

void submit_by_listener(const Filters& filters, const Channel& handover) {
  const UniqueFd listener = tracer::install_filter(filters.notify);
  handover.send(News::listener, 0, "", listener.get());
}

/// The program lets itself be supervised, in whichever way it can be.
/// Errors: std::system_error.
void submit(const Plan& plan, const Filters& filters, const Channel& handover) {
  const EngineChoice choice = plan.engine;
  // What a trace wants to know only ptrace says.
  const bool wants_ptrace = choice == EngineChoice::automatic && plan.trace.needs_results();
  int error = 0;
  if (choice != EngineChoice::ptrace && !wants_ptrace) {
    try {
      return submit_by_listener(filters, handover);
    } catch (const std::system_error& failed) {
      error = failed.code().value();
      if (choice == EngineChoice::notify || !is_without_listener(error)) throw;
    }
  }
  handover.send(News::trace_me, error);
  const auto word = handover.receive();
  if (!word) ::_exit(kOwnFailure);  // it has said why
  if (word->news == News::listener) return submit_by_listener(filters, handover);
  tracer::install_traced_filter(filters.trace);
  handover.send(News::traced);
}

/// The program between fork and exec. Nothing throws out of here: the frames below are not ours.
[[noreturn]] void become_program(const Plan& plan, const Filters& filters, const Signals& signals,
                                 const Channel& handover, const Channel& leash) noexcept {
  try {
    submit(plan, filters, handover);
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

/// Why the program's process said nothing more.
std::string why_silent(pid_t program) {
  siginfo_t end{};
  const bool known = ::waitid(P_PID, static_cast<id_t>(program), &end, WEXITED | WNOWAIT) == 0;
  const bool forbidden = known && end.si_code != CLD_EXITED && end.si_status == SIGSYS;
  return forbidden ? tracer::kForbiddenByFilter
                   : "the program's process ended before it was set up";
}

Message hear_program(const Channel& handover, pid_t program, std::initializer_list<News> wanted) {
  auto message = handover.receive();
  if (!message) throw std::runtime_error(why_silent(program));
  if (std::ranges::find(wanted, message->news) == wanted.end())
    throw std::runtime_error(message->text);
  return *std::move(message);
}

void explain(const Plan& plan, OwnOutput& own, const Message& message) {
  if (!plan.verbose) return;
  if (message.news == News::listener) return own.line("engine: notify");
  if (message.value != 0)
    return own.line(fmt::format("engine: ptrace, since the kernel gives no listener: {}",
                                std::strerror(message.value)));
  own.line(plan.trace.needs_results() ? "engine: ptrace, for the trace" : "engine: ptrace");
}

/// nullptr if it may not be traced, and the program may do without: it waits for another word.
std::unique_ptr<tracer::Tracing> make_tracing(const Plan& plan, pid_t program, Ward& ward) {
  try {
    return std::make_unique<tracer::Tracing>(program,
                                             [&ward](const siginfo_t& info) { ward.note(info); });
  } catch (const std::system_error&) {
    if (plan.engine != EngineChoice::automatic || !plan.trace.needs_results()) throw;
    return nullptr;
  }
}

constexpr std::string_view kNotifyIsBlind =
    "with the engine notify, how processes begin and end and what the kernel answers is not known";

/// Tells the trace of its beginning before the program can do anything.
std::unique_ptr<tracer::Engine> make_engine(const Plan& plan, pid_t program, OwnOutput& own,
                                            const Channel& handover, Ward& ward,
                                            TraceSession* trace) {
  Message message = hear_program(handover, program, {News::listener, News::trace_me});
  if (message.news == News::trace_me) {
    if (auto engine = make_tracing(plan, program, ward)) {
      explain(plan, own, message);
      if (trace != nullptr) {
        trace->begin(program, "ptrace", "");
        if (plan.trace.needs_results()) engine->let_observe(trace->observer());
      }
      handover.send(News::go);
      hear_program(handover, program, {News::traced});
      return engine;
    }
    handover.send(News::listener);
    message = hear_program(handover, program, {News::listener});
  }
  explain(plan, own, message);
  if (trace != nullptr)
    trace->begin(program, "notify", plan.trace.needs_results() ? kNotifyIsBlind : "");
  return std::make_unique<tracer::Listener>(std::move(message.fd));
}

/// Who looks up which of our functions. A trace that cannot tell is still a trace.
void watch_symbols(const Plan& plan, TraceSession& trace, std::vector<tracer::VirtualFile>& files) {
  if (!plan.trace.selection.wanted.files()) return;
  watch_libraries(files, [&trace](std::string_view why) {
    trace.observer().blind(0, fmt::format("which functions are looked up: {}", why));
  });
}

void answer_until_the_end(const Plan& plan, tracer::Engine& engine, Ward& ward, OwnOutput& own,
                          TraceSession* trace, const Channel& news) {
  // An engine that hears of all children tells the ward itself: two must not wait for the same.
  const bool collects = dynamic_cast<tracer::Tracing*>(&engine) == nullptr;
  const UniqueFd child_signals = collects ? open_signal(SIGCHLD) : UniqueFd();
  std::array<tracer::Watch, 4> watches;
  watches[2] = {-1, nullptr};
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
  // The one who started us asks for the diagnosis, or is gone.
  watches[3] = {trace != nullptr && plan.trace.explain ? news.fd() : -1, [&] {
                  if (const auto message = news.receive(); !message)
                    watches[3].fd = -1;
                  else if (message->news == News::explain)
                    trace->explain();
                }};
  const tracer::Hooks hooks{
      [&](std::string_view what) { own.line(fmt::format("bug: {}", what)); },
      trace != nullptr && plan.trace.needs_results() ? &trace->observer() : nullptr};
  std::vector<tracer::VirtualFile> files = plan.files;
  std::optional<Rings> rings;
  if (trace != nullptr && plan.trace.hears_calls()) {
    watch_symbols(plan, *trace, files);
    rings.emplace(trace->recorder(), plan.config);
    files.push_back(rings->file());
    watches[2] = rings->watch();
    trace->observer().before_end([&rings](pid_t pid) { rings->end_process(pid); });
  }
  tracer::supervise(engine, plan.rules, files, hooks, watches);
  if (!rings) return;
  trace->observer().before_end(nullptr);
  rings->finish();
}

void supervise_program(const Plan& plan, const Signals& signals, OwnOutput& own, Channel& news,
                       Channel& leash, UniqueFd starter, TraceOutputs outputs) {
  check_sys(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
  const Filters filters(plan.trace);
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
  const UniqueFd program = tracer::open_pidfd(pid);
  own.let_go(
      {news.fd(), handover.fd(), starter.get(), outputs.trace.get(), outputs.explanation.get()},
      program);

  news.raise();
  std::optional<TraceSession> trace;
  if (plan.trace.any()) trace.emplace(plan, std::move(outputs), own);
  TraceSession* const tracing = trace ? &*trace : nullptr;
  [[maybe_unused]] const int ignored = ::chdir("/");  // a daemon's supervisor keeps no mount busy

  Ward ward(pid, news, std::move(starter));
  const auto engine = make_engine(plan, pid, own, handover, ward, tracing);
  ward.set_engine(*engine);
  handover.close();
  if (!news.send(News::started, pid)) return;
  answer_until_the_end(plan, *engine, ward, own, tracing, news);
  ward.collect_all();
  if (trace) {
    const auto* by_ptrace = dynamic_cast<const tracer::Tracing*>(engine.get());
    trace->end(by_ptrace == nullptr ? 0 : by_ptrace->stops());
  }
}

}  // namespace

void live_as_supervisor(const Plan& plan, const Signals& signals, OwnOutput own, Channel news,
                        Channel leash, UniqueFd starter, TraceOutputs outputs) {
  try {
    supervise_program(plan, signals, own, news, leash, std::move(starter), std::move(outputs));
    ::_exit(0);
  } catch (const std::exception& error) {
    news.send(News::failed, 0, error.what());
    kill_guests(own);
    ::_exit(kOwnFailure);
  }
}

}  // namespace vgpu::launcher
