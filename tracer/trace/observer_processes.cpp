// What becomes of processes, and of the files that they run.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tracer/sys/unique_fd.h"
#include "tracer/syscalls/guest_status.h"
#include "tracer/trace/elf.h"
#include "tracer/trace/flag_text.h"
#include "tracer/trace/observer.h"
#include "tracer/vfs/descriptor.h"
#include "tracer/vfs/guest_view.h"

namespace vgpu::tracer {
namespace {

UniqueFd open_of_guest(pid_t tid, const std::string& what) {
  // A descriptor may be of anything: a pipe without a writer, too.
  return UniqueFd(::open(fmt::format("/proc/{}/{}", tid, what).c_str(),
                         O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

}  // namespace

void Observer::made(pid_t by, pid_t tid, std::string_view how) {
  const auto status = read_guest_status(tid);
  const pid_t parent = pid_of(by);
  const pid_t pid = status ? status->tgid : tid;
  threads_[tid] = pid;
  if (pid != tid) {
    if (!wanted_.threads) return;
    Event event = recorder_.make(EventKind::thread, pid, tid);
    event.add(Key::how, "thread");
    return recorder_.record(event);
  }
  const Process& before = processes_[parent];
  Environment environment = before.environment;
  Libraries libraries = before.libraries;
  Process& process = processes_[pid];
  process.environment = std::move(environment);
  process.libraries = std::move(libraries);
  if (!wanted_.processes) return;
  Event event = recorder_.make(EventKind::process, pid);
  event.add(Key::parent, std::int64_t{parent});
  if (!how.empty()) event.add(Key::how, std::string(how));
  recorder_.record(event);
}

void Observer::executed(pid_t pid, pid_t former) {
  const auto found = pending_.find(former);
  Pending pending;
  const bool known = found != pending_.end();
  if (known) {
    pending = std::move(found->second);
    pending_.erase(found);
  } else {
    pending.event = recorder_.make(EventKind::exec, pid);
  }
  // The other threads are gone.
  std::erase_if(threads_, [pid](const auto& thread) { return thread.second == pid; });
  threads_[pid] = pid;
  if (pending.environment) processes_[pid].environment = std::move(pending.environment);
  if (!wanted_.processes) return;
  pending.event.add(Key::result, std::int64_t{0});
  if (known) pending.event.add(Key::duration, monotonic_now() - pending.began);
  add_program(pending.event, pid);
  recorder_.record(pending.event);
}

void Observer::add_program(Event& event, pid_t pid) {
  const UniqueFd program = open_of_guest(pid, "exe");
  if (!program) {
    blind(pid, fmt::format("its program cannot be read ({}): setuid, or not readable",
                           error_name(errno)));
    return;
  }
  const ElfFile file = read_elf(program.get());
  PathBuffer room;
  const ssize_t size =
      ::readlink(fmt::format("/proc/{}/exe", pid).c_str(), room.data(), room.size());
  std::string path(room.data(), static_cast<std::size_t>(size > 0 ? size : 0));
  path = view_of(pid).meaning_of(std::move(path));
  processes_[pid].libraries.add_program(file, path);
  if (!path.empty() && event.find<std::string>(Key::resolved) == nullptr)
    event.add(Key::resolved, std::move(path));
  if (!file.interpreter.empty()) event.add(Key::interpreter, file.interpreter);
  if (!file.machine.empty()) event.add(Key::machine, file.machine);
  if (const auto libc = libc_of(file.interpreter); !libc.empty())
    event.add(Key::libc, std::string(libc));
}

bool Observer::begins_mapping(const Call& call) {
  const int fd = call.int_arg(Arg::fd);
  const bool runs = (call.arg(Arg::mask) & PROT_EXEC) != 0;
  const bool of_file = (call.arg(Arg::at_flags) & MAP_ANONYMOUS) == 0;
  if (!wanted_.files() || fd < 0 || !runs || !of_file) return false;
  Pending pending{recorder_.make(EventKind::map, pid_of(call.tid), call.tid)};
  pending.def = call.def;
  PathBuffer room;
  const std::string link(GuestView(call.tid).name_of(fd, room));
  const bool is_virtual = virtual_path_of_link(link).has_value();
  std::string resolved = view_of(call.tid).meaning_of(std::string(link));
  Libraries& libraries = process_of(call.tid).libraries;
  pending.full = libraries.opened(fd, link);
  if (pending.full.empty()) pending.full = resolved;
  pending.marked = is_virtual || wanted_.marks_path(resolved) || wanted_.marks_path(pending.full);
  pending.recorded = wanted_.all_files || pending.marked || libraries.matters(pending.full);
  pending.event.add(Key::library, std::string(last_name(pending.full)));
  pending.event.add(Key::resolved, std::move(resolved));
  pending.event.add(Key::real, std::int64_t{is_virtual ? 0 : 1});
  pending.fd = fd;
  return hold(std::move(pending));
}

void Observer::finish_mapping(Pending& pending) {
  const pid_t tid = pending.event.tid;
  const UniqueFd library = open_of_guest(tid, fmt::format("fd/{}", pending.fd));
  const ElfFile file = library ? read_elf(library.get()) : ElfFile();
  if (!file.machine.empty()) pending.event.add(Key::machine, file.machine);
  Libraries& libraries = process_of(tid).libraries;
  const std::string resolved(pending.event.text(Key::resolved));
  std::vector<std::string_view> names = {last_name(pending.full)};
  for (const std::string_view name : {std::string_view(file.soname), last_name(resolved)})
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  libraries.add_mapping(pending.event, file, names);
  if (pending.marked) libraries.let_matter(file);
}

void Observer::signalled(pid_t tid, int signal, pid_t sender) {
  Process& process = process_of(tid);
  process.signal = signal;
  process.sender = sender;
}

void Observer::ended(pid_t tid, int status) {
  forget(tid);
  const auto thread = threads_.find(tid);
  const bool is_process =
      thread == threads_.end() ? processes_.contains(tid) : thread->second == tid;
  if (thread != threads_.end()) threads_.erase(thread);
  if (!is_process) return;
  if (before_end_) before_end_(tid);
  const auto found = processes_.find(tid);
  if (wanted_.processes) {
    Event event = recorder_.make(EventKind::exit, tid);
    if (WIFEXITED(status)) {
      event.add(Key::status, std::int64_t{WEXITSTATUS(status)});
    } else {
      event.add(Key::signal, signal_name(WTERMSIG(status)));
      if (found != processes_.end() && found->second.signal == WTERMSIG(status) &&
          found->second.sender != 0)
        event.add(Key::sender, std::int64_t{found->second.sender});
      if (WCOREDUMP(status)) event.add(Key::core, std::int64_t{1});
    }
    recorder_.record(event);
  }
  if (found != processes_.end()) processes_.erase(found);
}

}  // namespace vgpu::tracer
