#include "tracer/supervisor.h"

#include <fcntl.h>
#include <poll.h>

#include <exception>
#include <vector>

#include "tracer/perform/perform.h"
#include "tracer/policy/interest.h"
#include "tracer/ptrace/redirect.h"
#include "tracer/sys/errors.h"
#include "tracer/syscalls/guest_memory.h"

namespace vgpu::tracer {
namespace {

// What a call is about, once that is known to be our business.
struct Subject {
  Place place;
  std::string_view given;
  std::string_view why = "a virtual file";
};

// Where a relative path of `call` starts.
int base_of(const Call& call) noexcept {
  return call.has(Arg::dirfd) ? call.int_arg(Arg::dirfd) : AT_FDCWD;
}

class Supervisor {
 public:
  Supervisor(Listener& listener, std::span<const Rule> rules, std::span<const VirtualFile> files,
             const Hooks& hooks)
      : listener_(listener), rules_(rules), hooks_(hooks), tree_(files), interest_(tree_, rules) {}

  void handle(const Call& call);

 private:
  Reply decide(const Call& call);
  Reply decide_place(const Call& call, std::string_view text);
  void learn_link(const Call& call);
  bool may_concern(const Call& call, std::string_view text) const;
  bool has_ruled_name(const Call& call, std::string_view text) const;
  const Rule* find_rule_for(const Call& call, const Place& place, bool writes) const;
  Reply follow_rule(const Rule& rule, const Request& request);
  void trace(const Call& call, const Subject& subject, const Reply& reply) const;

  Listener& listener_;
  std::span<const Rule> rules_;
  const Hooks& hooks_;
  Tree tree_;
  Interest interest_;
  Descriptors descriptors_;
  PathBuffer path_{};
};

// The one place where a bug or a failed system call of ours turns into what the guest can see.
void Supervisor::handle(const Call& call) {
  Reply reply = Fail{EIO};
  try {
    reply = decide(call);
  } catch (const std::exception& error) {
    if (hooks_.bug) hooks_.bug(error.what());
  }
  if (const auto* enter = std::get_if<EnterDirectory>(&reply))
    enter_directory(listener_, call, *enter);
  else if (const auto* run = std::get_if<Execute>(&reply))
    execute(listener_, call, *run);
  else
    listener_.answer(call, reply);
}

Reply Supervisor::decide(const Call& call) {
  switch (call.def->operation) {
    case Operation::get_directory: {
      if (!descriptors_.gave_directory()) return Pass{};
      GuestView guest(call.tid);
      return perform_get_directory(listener_, call, guest);
    }
    case Operation::list:
    case Operation::list_old: {
      GuestView guest(call.tid);
      return perform_list(listener_, call, guest, tree_);
    }
    case Operation::make_link:
      learn_link(call);
      return Pass{};
    default: {
      const std::string_view text = read_string(call.tid, call.pointer(Arg::path), path_);
      if (text.empty() || !may_concern(call, text)) return Pass{};
      return decide_place(call, text);
    }
  }
}

void Supervisor::learn_link(const Call& call) {
  const std::string_view target = read_string(call.tid, call.pointer(Arg::path), path_);
  if (!interest_.may_concern(target)) return;
  const std::string_view path = read_string(call.tid, call.pointer(Arg::new_path), path_);
  if (listener_.still_waiting(call)) interest_.learn_link(path);
}

bool Supervisor::may_concern(const Call& call, std::string_view text) const {
  if (interest_.may_concern(text)) return true;
  if (text.starts_with('/') || !descriptors_.gave_directory()) return false;
  return GuestView(call.tid).virtual_directory(base_of(call)).has_value();
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
  GuestView guest(call.tid);
  Spelling spelling{text, base_of(call), intent->follow_last, intent->scope};
  Subject subject{resolve(tree_, guest, spelling), text};
  if (subject.place.node == nullptr && spelling.follow_last && has_ruled_name(call, text)) {
    spelling.follow_last = false;  // a real link of that name may lead to another library
    Place unfollowed = resolve(tree_, guest, spelling);
    if (unfollowed.node == nullptr) subject.place = std::move(unfollowed);
  }
  const Place& place = subject.place;
  // All that was read so far may have been another thread's, if the caller has died.
  if (!listener_.still_waiting(call)) return Pass{};
  const Request request{call, *intent, text, place, guest, tree_, descriptors_};
  const Rule* rule = find_rule_for(call, place, intent->writes(call));
  const bool ours = place.crossed || place.node != nullptr || !place.magic_target.empty();
  if (rule == nullptr && !ours) return Pass{};
  if (rule != nullptr)
    subject.why = rule->why;
  else if (place.node != nullptr && place.node->row != nullptr && !place.node->row->why.empty())
    subject.why = place.node->row->why;
  Reply reply = rule != nullptr ? follow_rule(*rule, request) : perform(request);
  trace(call, subject, reply);
  return reply;
}

void Supervisor::trace(const Call& call, const Subject& subject, const Reply& reply) const {
  if (hooks_.decided) hooks_.decided({call, subject.given, subject.place.path, subject.why, reply});
}

}  // namespace

void supervise(Listener& listener, std::span<const Rule> rules, std::span<const VirtualFile> files,
               const Hooks& hooks, std::span<Watch> watches) {
  Supervisor supervisor(listener, rules, files, hooks);
  std::vector<pollfd> waits(1 + watches.size());
  for (;;) {
    waits[0] = {listener.fd(), POLLIN, 0};
    for (std::size_t i = 0; i < watches.size(); ++i) waits[i + 1] = {watches[i].fd, POLLIN, 0};
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw fmt::system_error(errno, "wait for the guests");
    }
    for (std::size_t i = 0; i < watches.size(); ++i)
      if (waits[i + 1].revents != 0) watches[i].ready();
    if ((waits[0].revents & POLLIN) != 0) {
      if (const auto call = listener.next()) supervisor.handle(*call);
    } else if (waits[0].revents != 0) {
      return;  // POLLHUP: no guest is left
    }
  }
}

}  // namespace vgpu::tracer
