#include "launcher/trace/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <cstdlib>
#include <ctime>

#include "launcher/size.h"
#include "tracer/sys/errors.h"

namespace vgpu::launcher {
namespace {

using tracer::Event;
using tracer::EventKind;
using tracer::Key;
using tracer::List;
using tracer::UniqueFd;

constexpr std::int64_t kSecond = 1000000000;
constexpr mode_t kMode = 0666;
constexpr int kFirstFree = 3;
/// How long the writer may stand still, once all programs have ended, before it is given up.
constexpr std::chrono::seconds kPatience{10};

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }
std::int64_t nanoseconds(const timeval& time) {
  return time.tv_sec * kSecond + std::int64_t{time.tv_usec} * 1000;
}

std::string working_directory() {
  char room[PATH_MAX];
  return ::getcwd(room, sizeof room) != nullptr ? room : "";
}

List own_environment() {
  List variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

/// Where only the diagnosis is wanted.
class NoView : public tracer::EventSink {
 public:
  void take(const Event&) override {}
};

std::string absolute(const std::string& path, const std::string& cwd) {
  return path.starts_with('/') ? path : cwd + "/" + path;
}

UniqueFd open_view(const TraceRequest& request) {
  if (!request.on || request.per_process) return {};
  if (request.file.empty())
    return UniqueFd(tracer::check_sys(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kFirstFree),
                                      "--trace: standard error"));
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY;
  return UniqueFd(
      tracer::check_sys(::open(request.file.c_str(), flags, kMode), "--trace: {}", request.file));
}

}  // namespace

bool may_colour(int fd) {
  const char* forbidden = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(fd) == 1 && !dumb && (forbidden == nullptr || *forbidden == '\0');
}

TraceOutputs open_trace(const TraceRequest& request) {
  return {open_view(request), open_explanation(request)};
}

TraceSession::TraceSession(const Plan& plan, TraceOutputs outputs, OwnOutput& own)
    : plan_(plan),
      own_(own),
      cwd_(working_directory()),
      observer_(
          [&]() -> tracer::Recorder& {
            const TraceRequest& request = plan.trace;
            if (request.explain)
              explanation_ = std::make_unique<Explanation>(request, std::move(outputs.explanation));
            if (!request.on) {
              selected_ = std::make_unique<NoView>();
              recorder_ =
                  std::make_unique<tracer::Recorder>(*selected_, nullptr, explanation_.get());
              return *recorder_;
            }
            tracer::Look look{may_colour(outputs.trace.get()), !request.per_process};
            if (request.explain) look.diagnosis = [this] { return explanation_->text(); };
            output_ = request.per_process
                          ? std::make_unique<tracer::Output>(absolute(request.file, cwd_))
                          : std::make_unique<tracer::Output>(std::move(outputs.trace),
                                                             !request.file.empty());
            view_ = request.summary ? std::make_unique<tracer::SummarySink>(*output_)
                                    : tracer::make_sink(request.format, *output_, look);
            selected_ = std::make_unique<tracer::SelectingSink>(*view_, request.selection);
            recorder_ =
                std::make_unique<tracer::Recorder>(*selected_, output_.get(), explanation_.get());
            return *recorder_;
          }(),
          plan.trace.recorded()) {}

void TraceSession::explain() const {
  if (explanation_ != nullptr) explanation_->print();
}

void TraceSession::begin(pid_t program, std::string_view engine, std::string_view blind) {
  List argv;
  for (const char* word : plan_.program)
    if (word != nullptr) argv.emplace_back(word);
  List gpus;
  for (const GpuProfile& gpu : plan_.config.gpus)
    gpus.push_back(fmt::format("{}, compute capability {}.{}, {}", gpu.name, gpu.attributes[75],
                               gpu.attributes[76], print_size(gpu.memory)));
  utsname machine{};
  ::uname(&machine);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  List environment = own_environment();
  List marked;
  for (const std::string& variable : environment)
    if (plan_.trace.selection.wanted.marks_variable(variable)) marked.push_back(variable);
  Event event = recorder_->make(EventKind::trace, program);
  event.add(Key::version, std::int64_t{tracer::kTraceVersion});
  event.add(Key::product, plan_.product);
  event.add(Key::argv, std::move(argv));
  event.add(Key::cwd, cwd_);
  event.add(Key::engine, std::string(engine));
  event.add(Key::filter, plan_.trace.filter);
  event.add(Key::gpus, std::move(gpus));
  event.add(Key::kernel, fmt::format("{} {}", machine.release, machine.machine));
  event.add(Key::began, nanoseconds(now) - event.time);
  event.add(Key::env_gpu, std::move(marked));
  recorder_->record(event);
  if (!blind.empty()) observer_.blind(program, blind);
  observer_.start(program, std::move(environment));
}

void TraceSession::end(std::uint64_t stops) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  Event event = recorder_->make(EventKind::end, 0);
  event.add(Key::events, static_cast<std::int64_t>(recorder_->events() + 1));
  event.add(Key::cpu, nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime));
  event.add(Key::stops, static_cast<std::int64_t>(stops));
  event.add(Key::duration, event.time);
  recorder_->record(event);
  selected_->finish();
  if (output_ == nullptr) return explain();
  const tracer::Output::Loss loss = output_->finish(kPatience);
  if (loss.records != 0)
    own_.line(fmt::format("trace: {} events are missing: {}", loss.records, loss.why));
  explain();
}

}  // namespace vgpu::launcher
