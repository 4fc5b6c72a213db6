#include "tracer/trace/observer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>

#include "tracer/syscalls/guest_status.h"
#include "tracer/trace/flag_text.h"
#include "tracer/vfs/guest_view.h"

namespace vgpu::tracer {

Observer::Observer(Recorder& recorder, Wanted wanted)
    : recorder_(recorder), wanted_(std::move(wanted)) {}

void Observer::start(pid_t program, List variables) {
  threads_[program] = program;
  processes_[program].environment = make_environment(std::move(variables));
  if (!wanted_.processes) return;
  Event event = recorder_.make(EventKind::process, program);
  event.add(Key::how, "program");
  recorder_.record(event);
}

pid_t Observer::pid_of(pid_t tid) {
  const auto found = threads_.find(tid);
  if (found != threads_.end()) return found->second;
  // Where nobody tells us of ends.
  constexpr std::size_t kMostThreads = 65536;
  if (threads_.size() > kMostThreads) {
    threads_.clear();
    processes_.clear();
  }
  const auto status = read_guest_status(tid);
  const pid_t pid = status ? status->tgid : tid;
  threads_[tid] = pid;
  return pid;
}

Observer::Process& Observer::process_of(pid_t tid) { return processes_[pid_of(tid)]; }

void Observer::note_decision(pid_t tid, std::string_view resolved, std::string_view why) {
  decided_.tid = tid;
  decided_.resolved = resolved;
  decided_.why = why;
}

bool Observer::begins(const Call& call, const Reply& reply, const GivenPath& path) {
  forget(call.tid);
  if (call.def->operation == Operation::change_root) same_root_ = false;
  bool held = false;
  switch (call.def->operation) {
    case Operation::watch_kill:
      begins_kill(call);
      break;
    case Operation::watch_map:
      held = begins_mapping(call);
      break;
    case Operation::execute:
      held = wanted_.processes && begins_exec(call, reply, path.text);
      break;
    case Operation::install_filter:
      blind(pid_of(call.tid), "it has a seccomp filter of its own, whose answers are not seen");
      break;
    default:
      held = wanted_.files() && call.has(Arg::path) && begins_file(call, reply, path);
  }
  decided_.tid = 0;
  return held;
}

GuestView Observer::view_of(pid_t tid) const {
  GuestView view(tid);
  if (same_root_) view.assume_our_root();
  return view;
}

bool Observer::take_path(const Call& call, std::string_view path, Event& event, std::string& full) {
  if (path.data() == nullptr) path = read_string(call.tid, call.pointer(Arg::path), room_);
  if (path.data() == nullptr) {
    // A bad address is the guest's own affair; that nothing can be read is ours.
    char byte = 0;
    if (call.arg(Arg::path) != 0 &&
        !read_memory(call.tid, GuestPtr{call.arg(Arg::path)},
                     std::as_writable_bytes(std::span(&byte, 1))) &&
        errno == EPERM)
      blind(event.pid, "its memory cannot be read");
    return false;
  }
  event.add(Key::call, std::string(call.def->name));
  event.add(Key::path, std::string(path));
  full = path;
  if (path.starts_with('/')) return true;
  std::string base =
      view_of(call.tid).path_of(call.has(Arg::dirfd) ? call.int_arg(Arg::dirfd) : AT_FDCWD);
  full = path.empty() ? base : fmt::format("{}/{}", base == "/" ? "" : base, path);
  if (!base.empty()) event.add(Key::base, std::move(base));
  return true;
}

void Observer::add_decision(const Call& call, const Reply& reply, Event& event) {
  const bool passed = std::holds_alternative<Pass>(reply);
  const bool decided = decided_.tid == call.tid;
  if (decided) event.add(Key::resolved, std::move(decided_.resolved));
  event.add(Key::real, std::int64_t{passed ? 1 : 0});
  if (decided && !passed) event.add(Key::why, std::move(decided_.why));
}

bool Observer::hold(Pending&& pending) {
  pending.began = monotonic_now();
  pending_.insert_or_assign(pending.event.tid, std::move(pending));
  return true;
}

bool Observer::begins_file(const Call& call, const Reply& reply, const GivenPath& path) {
  Pending pending{recorder_.make(EventKind::file, pid_of(call.tid), call.tid)};
  if (!take_path(call, path.text, pending.event, pending.full)) return false;
  const bool answered = !std::holds_alternative<Pass>(reply);
  // fstat(fd) of some C libraries is spelled with an empty path: no file is asked for.
  const bool nameless = pending.event.text(Key::path).empty() && call.has(Arg::at_flags) &&
                        (call.int_arg(Arg::at_flags) & AT_EMPTY_PATH) != 0;
  if (nameless && !answered) return false;
  const Libraries& libraries = process_of(call.tid).libraries;
  if (!wanted_.all_files && !answered && !wanted_.marks_path(pending.full) &&
      !libraries.matters(pending.full))
    return false;
  pending.def = call.def;
  pending.straight = path.straight;
  add_decision(call, reply, pending.event);
  if (std::string flags = print_flags(call); !flags.empty())
    pending.event.add(Key::flags, std::move(flags));
  return hold(std::move(pending));
}

bool Observer::begins_exec(const Call& call, const Reply& reply, std::string_view path) {
  const pid_t pid = pid_of(call.tid);
  Pending pending{recorder_.make(EventKind::exec, pid, call.tid)};
  if (!take_path(call, path, pending.event, pending.full)) return false;
  pending.def = call.def;
  add_decision(call, reply, pending.event);
  const int first = call.def->index_of(Arg::arguments);
  const auto argument = [&](int index) {
    return read_string_array(call.tid, GuestPtr{call.args[static_cast<std::size_t>(index)]},
                             call.abi);
  };
  pending.event.add(Key::argv, argument(first));
  pending.environment = make_environment(argument(first + 1));
  add_environment(pending.event, process_of(call.tid).environment, pending.environment, wanted_);
  return hold(std::move(pending));
}

void Observer::begins_kill(const Call& call) {
  const auto target = processes_.find(call.int_arg(Arg::option));
  if (target == processes_.end()) return;
  target->second.signal = call.int_arg(Arg::mask);
  target->second.sender = pid_of(call.tid);
}

void Observer::returned(pid_t tid, std::int64_t result) {
  const auto found = pending_.find(tid);
  if (found == pending_.end()) return;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  finish(pending, result);
}

void Observer::forget(pid_t tid) {
  const auto found = pending_.find(tid);
  if (found == pending_.end()) return;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  if (pending.recorded) recorder_.record(pending.event);
}

void Observer::finish(Pending& pending, std::int64_t result) {
  Event& event = pending.event;
  const pid_t tid = event.tid;
  const bool failed = result < 0;
  const std::int64_t duration = monotonic_now() - pending.began;
  if (pending.def->operation == Operation::watch_map && !failed) {
    finish_mapping(pending);
  } else {
    event.add(Key::result, result);
    if (failed) event.add(Key::error, error_name(static_cast<int>(-result)));
  }
  event.add(Key::duration, duration);
  const bool opens = pending.def->operation == Operation::open;
  if (failed && pending.def->operation != Operation::watch_map)
    process_of(tid).libraries.note_failure(pending.full);
  if (opens && !failed) {
    PathBuffer room;
    GuestView view = view_of(tid);
    const int fd = static_cast<int>(result);
    const std::string_view link = pending.straight ? pending.full : view.name_of(fd, room);
    process_of(tid).libraries.note_open(pending.full, fd, link);
    if (!link.empty() && event.find<std::string>(Key::resolved) == nullptr)
      event.add(Key::resolved,
                pending.straight ? pending.full : view.meaning_of(std::string(link)));
  }
  if (pending.recorded) recorder_.record(event);
}

void Observer::blind(pid_t pid, std::string_view why) {
  auto& said = processes_[pid].blind;
  if (said.contains(why)) return;
  said.emplace(why);
  Event event = recorder_.make(EventKind::blind, pid);
  event.add(Key::why, std::string(why));
  recorder_.record(event);
}

}  // namespace vgpu::tracer
