#include "tracer/supervisor.h"

#include <fcntl.h>
#include <poll.h>

#include <exception>
#include <vector>

#include "tracer/perform/perform.h"
#include "tracer/policy/interest.h"
#include "tracer/sys/errors.h"
#include "tracer/syscalls/guest_memory.h"
#include "tracer/trace/observer.h"
#include "tracer/vfs/link_probe.h"

namespace vgpu::tracer {
namespace {

// What a call is about, once that is known to be our business.
struct Subject {
  Place place;
  std::string_view why = "a virtual file";
};

// Where a relative path of `call` starts.
int base_of(const Call& call) noexcept {
  return call.has(Arg::dirfd) ? call.int_arg(Arg::dirfd) : AT_FDCWD;
}

// True if the call may follow a link at the end of its path; to be sure would mean to read what
// openat2 points to.
bool follows_last(const Call& call) noexcept {
  if (call.has(Arg::open_flags)) return (call.int_arg(Arg::open_flags) & O_NOFOLLOW) == 0;
  const int flags = call.def->implied_flags | call.int_arg(Arg::at_flags);
  return (flags & AT_SYMLINK_NOFOLLOW) == 0 && call.def->operation != Operation::read_link;
}

// Whether calls wait already when the supervisor comes back for the next one. Then it kept a
// processor busy while they were made, so they come from others, and should be woken there.
class Rush {
 public:
  // True if it is worth a system call to know.
  bool should_look() noexcept { return looks_left_ > 0 || ++calls_ % kSample == 0; }
  void looked(bool found) noexcept {
    if (found)
      looks_left_ = kLooks;
    else if (looks_left_ > 0)
      --looks_left_;
  }

 private:
  static constexpr unsigned kSample = 16;
  static constexpr int kLooks = 64;
  unsigned calls_ = 0;
  int looks_left_ = 0;
};

class Supervisor {
 public:
  Supervisor(Engine& engine, std::span<const Rule> rules, std::span<const VirtualFile> files,
             const Hooks& hooks)
      : engine_(engine),
        rules_(rules),
        hooks_(hooks),
        tree_(files),
        interest_(tree_, rules),
        links_(tree_) {}

  void handle(const Call& call);

 private:
  Reply decide(const Call& call);
  Reply decide_descriptor(const Call& call, int fd);
  Reply decide_place(const Call& call, std::string_view text);
  bool may_concern(const Call& call, std::string_view text);
  bool ends_elsewhere(const Call& call, std::string_view text) const;
  bool has_ruled_name(const Call& call, std::string_view text) const;
  const Rule* find_rule_for(const Call& call, const Place& place, bool writes) const;
  Reply follow_rule(const Rule& rule, const Request& request);

  Engine& engine_;
  std::span<const Rule> rules_;
  const Hooks& hooks_;
  Tree tree_;
  Interest interest_;
  LinkProbe links_;
  bool same_root_ = true;  // of all guests and us
  Descriptors descriptors_;
  PathBuffer path_{};
  GivenPath given_;  // in it, of the call that is being decided
};

// The one place where a bug or a failed system call of ours turns into what the guest can see.
void Supervisor::handle(const Call& call) {
  Reply reply = Fail{EIO};
  given_ = {};
  try {
    reply = decide(call);
  } catch (const std::exception& error) {
    if (hooks_.bug) hooks_.bug(error.what());
  }
  Observer* const observer = hooks_.observer;
  const bool wanted = observer != nullptr && observer->begins(call, reply, given_);
  const auto result = engine_.answer(call, reply);
  if (!wanted) return;
  if (result)
    observer->returned(call.tid, *result);
  else if (!engine_.tells_results())
    observer->forget(call.tid);
}

Reply Supervisor::decide(const Call& call) {
  switch (call.def->operation) {
    case Operation::get_directory: {
      if (!descriptors_.gave_directory()) return Pass{};
      GuestView guest(call.tid);
      return perform_get_directory(engine_, call, guest);
    }
    case Operation::list:
    case Operation::list_old: {
      GuestView guest(call.tid);
      return perform_list(engine_, call, guest, tree_, !same_root_);
    }
    case Operation::change_root:
      same_root_ = false;
      links_.look_through_guests();
      return Pass{};
    case Operation::install_filter:
      return engine_.hides_calls_from_tracers() ? perform_install_filter(call) : Reply(Pass{});
    case Operation::stat_descriptor:
      return decide_descriptor(call, call.int_arg(Arg::fd));
    default: {
      const std::string_view text = read_string(call.tid, call.pointer(Arg::path), path_);
      if (text.data() == nullptr) return Pass{};
      given_.text = text;
      if (text.empty()) return decide_descriptor(call, base_of(call));
      return may_concern(call, text) ? decide_place(call, text) : Pass{};
    }
  }
}

// What the kernel would say about a descriptor of ours is not what the guest was told when it
// opened it.
Reply Supervisor::decide_descriptor(const Call& call, int fd) {
  const Operation wanted = call.def->operation;
  const bool reads_link = wanted == Operation::read_link;
  const bool asks = wanted == Operation::stat || wanted == Operation::stat64 ||
                    wanted == Operation::statx || wanted == Operation::stat_descriptor ||
                    wanted == Operation::execute || reads_link;
  const bool has_path = call.has(Arg::path);
  const bool may_be_empty = reads_link || (call.int_arg(Arg::at_flags) & AT_EMPTY_PATH) != 0;
  if (!asks || fd < 0 || (has_path && !may_be_empty)) return Pass{};
  GuestView guest(call.tid);
  const auto path = guest.virtual_directory(fd);
  Place place;
  place.node = path ? tree_.find(*path) : nullptr;
  if (place.node == nullptr || (reads_link && !place.node->is_symlink())) return Pass{};
  if (!engine_.still_waiting(call)) return Pass{};
  if (wanted == Operation::execute)
    return place.node->is_symlink() ? Reply(Fail{ELOOP}) : Reply(Pass{});
  place.path = *path;
  const Intent intent;
  return perform({call, intent, "", place, guest, tree_, descriptors_});
}

// True for a call that changes nothing and ends at a name which nothing of ours has, so that no
// link on the way makes a difference: where it leads into a virtual directory the answer is ENOENT
// from us and from the kernel, below a virtual file ENOENT where we would say ENOTDIR.
bool Supervisor::ends_elsewhere(const Call& call, std::string_view text) const {
  if (follows_last(call)) return false;
  const Operation wanted = call.def->operation;
  const bool asks = wanted == Operation::read_link || wanted == Operation::stat ||
                    wanted == Operation::stat64 || wanted == Operation::statx;
  return asks && !links_.may_be_ours(text.substr(text.rfind('/') + 1));
}

bool Supervisor::may_concern(const Call& call, std::string_view text) {
  if (interest_.may_concern(text)) return true;
  const bool relative = !text.starts_with('/') || call.has(Arg::open_how);  // RESOLVE_IN_ROOT
  if (relative && descriptors_.gave_directory() &&
      GuestView(call.tid).virtual_directory(base_of(call)))
    return true;
  if (ends_elsewhere(call, text)) return false;
  const Way way = links_.look_along(call.tid, base_of(call), text, follows_last(call));
  given_.straight = way == Way::straight && !relative;
  return way == Way::to_ours;
}

// True if a rule is for the last name of `text` in any directory.
bool Supervisor::has_ruled_name(const Call& call, std::string_view text) const {
  const std::string name = '/' + std::string(text.substr(text.rfind('/') + 1));
  const Rule* rule = find_rule(rules_, call.def->name, name);
  return rule != nullptr && rule->pattern.starts_with("*/");
}

// An own row of the place goes before a rule for its name in any directory.
const Rule* Supervisor::find_rule_for(const Call& call, const Place& place, bool writes) const {
  const Rule* rule = find_rule(rules_, call.def->name, place.path);
  if (rule == nullptr || !rule->pattern.starts_with("*/")) return rule;
  const bool beside_nothing = place.error != 0 && !(place.error == ENOENT && place.is_last);
  const Node* parent = tree_.find(std::string_view(place.path).substr(0, place.path.rfind('/')));
  const bool in_virtual = parent != nullptr && parent->is_virtual();
  return place.node != nullptr || beside_nothing || in_virtual || writes ? nullptr : rule;
}

Reply Supervisor::follow_rule(const Rule& rule, const Request& request) {
  if (rule.action == Action::fail) return Fail{rule.error};
  if (rule.action == Action::pass) return Pass{};
  if (rule.serve_as.empty()) return perform(request);
  const Spelling spelling{rule.serve_as, AT_FDCWD, request.intent.follow_last, 0};
  const Place served = resolve(tree_, request.guest, spelling);
  ensure(served.node != nullptr, "a rule serves a path that has no row");
  return perform(
      {request.call, request.intent, request.text, served, request.guest, tree_, descriptors_});
}

Reply Supervisor::decide_place(const Call& call, std::string_view text) {
  const auto intent = read_intent(call);
  if (!intent) return Pass{};
  GuestView guest(call.tid, links_.trusts_cache_only());
  Spelling spelling{text, base_of(call), intent->follow_last, intent->scope};
  Subject subject{resolve(tree_, guest, spelling)};
  if (subject.place.node == nullptr && spelling.follow_last && has_ruled_name(call, text)) {
    spelling.follow_last = false;  // a real link of that name may lead to another library
    Place unfollowed = resolve(tree_, guest, spelling);
    if (unfollowed.node == nullptr) subject.place = std::move(unfollowed);
  }
  const Place& place = subject.place;
  // All that was read so far may have been another thread's, if the caller has died.
  if (!engine_.still_waiting(call)) return Pass{};
  if (place.path == "/dev/fuse" && call.def->operation == Operation::open)
    links_.trust_cache_only();
  const Request request{call, *intent, text, place, guest, tree_, descriptors_};
  const Rule* rule = find_rule_for(call, place, intent->writes(call));
  const bool ours = place.crossed || place.node != nullptr || !place.magic_target.empty();
  if (rule == nullptr && !ours) return Pass{};
  if (rule != nullptr)
    subject.why = rule->why;
  else if (place.node != nullptr && place.node->row != nullptr && !place.node->row->why.empty())
    subject.why = place.node->row->why;
  Reply reply = rule != nullptr ? follow_rule(*rule, request) : perform(request);
  if (hooks_.observer != nullptr)
    hooks_.observer->note_decision(call.tid, subject.place.path, subject.why);
  return reply;
}

}  // namespace

void supervise(Engine& engine, std::span<const Rule> rules, std::span<const VirtualFile> files,
               const Hooks& hooks, std::span<Watch> watches) {
  Supervisor supervisor(engine, rules, files, hooks);
  const std::function<void(const Call&)> handle = [&](const Call& call) {
    supervisor.handle(call);
  };
  Rush rush;
  std::vector<pollfd> waits(1 + watches.size());
  for (;;) {
    waits[0] = {engine.fd(), POLLIN, 0};
    for (std::size_t i = 0; i < watches.size(); ++i) waits[i + 1] = {watches[i].fd, POLLIN, 0};
    int ready = 0;
    if (rush.should_look()) {
      ready = ::poll(waits.data(), waits.size(), 0);
      rush.looked(ready > 0);
    }
    engine.note_waiting(ready > 0);
    if (ready == 0) ready = ::poll(waits.data(), waits.size(), -1);
    if (ready < 0) {
      if (errno == EINTR) continue;
      throw fmt::system_error(errno, "wait for the guests");
    }
    for (std::size_t i = 0; i < watches.size(); ++i)
      if (waits[i + 1].revents != 0) watches[i].ready();
    if (waits[0].revents != 0 && !engine.serve(waits[0].revents, handle)) return;
  }
}

}  // namespace vgpu::tracer
