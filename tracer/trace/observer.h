#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tracer/notify/reply.h"
#include "tracer/syscalls/call.h"
#include "tracer/syscalls/guest_memory.h"
#include "tracer/trace/environment.h"
#include "tracer/trace/libraries.h"
#include "tracer/trace/recorder.h"
#include "tracer/trace/wanted.h"
#include "tracer/vfs/guest_view.h"

namespace vgpu::tracer {

/// The path of a call, if it has been read already.
struct GivenPath {
  std::string_view text;
  bool straight = false;  ///< known to be there, in our own root, and no other spelling of it
};

/// Makes events of what an engine hears of its guests. With one that cannot say how the kernel
/// answers, the events are without a result.
class Observer {
 public:
  /// Borrows `recorder`.
  Observer(Recorder& recorder, Wanted wanted);

  /// The first process, which has `variables` as its environment, and will run a program.
  void start(pid_t program, List variables);

  /// The rule or row that will decide the call of `tid`, and where its path leads.
  void note_decision(pid_t tid, std::string_view resolved, std::string_view why);

  /// A guest has stopped in `call`, which is about to get `reply`. True if its result is wanted:
  /// call returned() then, or forget().
  bool begins(const Call& call, const Reply& reply, const GivenPath& path = {});
  /// `result`: -errno if it failed.
  void returned(pid_t tid, std::int64_t result);
  /// Nobody will know the result of the call.
  void forget(pid_t tid);
  bool is_waited_for(pid_t tid) const { return pending_.contains(tid); }

  /// The thread `by` has made another. `how`: fork, vfork or clone.
  void made(pid_t by, pid_t tid, std::string_view how);
  bool knows(pid_t tid) const { return threads_.contains(tid); }
  /// The process `pid` runs another program; the thread that asked for it was `former`.
  void executed(pid_t pid, pid_t former);
  /// From now on `told` hears of each process that has ended, before the trace does.
  void before_end(std::function<void(pid_t)> told) { before_end_ = std::move(told); }
  /// `status`: of waitpid(2).
  void ended(pid_t tid, int status);
  /// A signal is about to reach a thread.
  void signalled(pid_t tid, int signal, pid_t sender);

  /// Something that the trace cannot see, said once for each process.
  void blind(pid_t pid, std::string_view why);

 private:
  struct Process {
    Environment environment;
    Libraries libraries;
    std::set<std::string, std::less<>> blind;
    int signal = 0;  ///< the last that was sent to it
    pid_t sender = 0;
  };
  struct Pending {
    Event event{};
    std::int64_t began = 0;
    const SyscallDef* def = nullptr;
    std::string full{};  ///< absolute path
    Environment environment{};
    bool straight = false;  ///< what is opened has this path
    bool recorded = true;   ///< false: only wanted for what follows
    bool marked = false;    ///< of a mapping: what it needs matters too
    int fd = -1;
  };

  Process& process_of(pid_t tid);
  pid_t pid_of(pid_t tid);
  bool begins_file(const Call& call, const Reply& reply, const GivenPath& path);
  bool begins_exec(const Call& call, const Reply& reply, std::string_view path);
  bool begins_mapping(const Call& call);
  void begins_kill(const Call& call);
  bool take_path(const Call& call, std::string_view path, Event& event, std::string& full);
  GuestView view_of(pid_t tid) const;
  void add_decision(const Call& call, const Reply& reply, Event& event);
  bool hold(Pending&& pending);
  void finish(Pending& pending, std::int64_t result);
  void finish_mapping(Pending& pending);
  void add_program(Event& event, pid_t pid);

  Recorder& recorder_;
  Wanted wanted_;
  std::unordered_map<pid_t, pid_t> threads_;  // to its process
  std::unordered_map<pid_t, Process> processes_;
  std::unordered_map<pid_t, Pending> pending_;
  struct Decided {
    pid_t tid = 0;
    std::string resolved;
    std::string why;
  } decided_;
  std::function<void(pid_t)> before_end_;
  bool same_root_ = true;  // of all guests and us
  PathBuffer room_{};
};

}  // namespace vgpu::tracer
