#include "launcher/explain/facts.h"

#include <algorithm>

#include "launcher/explain/record.h"
#include "launcher/explain/steps.h"

namespace vgpu::explain {
namespace {

using tracer::Event;
using tracer::EventKind;
using tracer::Key;
using tracer::List;

constexpr std::size_t kMostAncestors = 6;
constexpr std::size_t kMostVariables = 64;
constexpr std::size_t kMostBlind = 8;
constexpr std::size_t kCommand = 96;

using Record = void (*)(Program&, const Event&, const Place&);

struct RecordRow {
  EventKind kind;
  Record record;
};

constexpr RecordRow kRecords[] = {
    {EventKind::file, record_file},     {EventKind::map, record_map},
    {EventKind::symbol, record_symbol}, {EventKind::api, record_call},
    {EventKind::load, record_load},     {EventKind::compile, record_compile},
    {EventKind::launch, record_launch}, {EventKind::copy, record_copy},
    {EventKind::memory, record_memory}, {EventKind::unsupported, record_unsupported},
};

/// The program without its folder, and its arguments.
std::string command_line(const List* words) {
  std::string line;
  if (words == nullptr || words->empty()) return line;
  for (const std::string& word : *words) {
    if (line.size() > kCommand) break;
    line += &word == &words->front() ? std::string(file_name(word)) : " " + word;
  }
  return clipped(line, kCommand);
}

/// Splits NAME=value and hands it to `take` if it matters.
template <class Take>
void each_variable(const List* entries, const Take& take) {
  if (entries == nullptr) return;
  for (const std::string& entry : *entries) {
    const auto equals = entry.find('=');
    const std::string name = clipped(entry.substr(0, equals), 80);
    if (matters_to_gpu(name))
      take(name, equals == entry.npos ? std::string() : clipped(entry.substr(equals + 1)));
  }
}

void set_variable(Variables& to, const std::string& name, Variable variable) {
  if (to.size() < kMostVariables || to.contains(name)) to[name] = std::move(variable);
}

/// What an exec changes. `setter`: who has prepared it.
class Change {
 public:
  Change(Variables& to, Ancestor setter, Place at) : to_(to), setter_(std::move(setter)), at_(at) {}

  void set(const std::string& name, std::string value, bool is_set = true) {
    const auto known = to_.find(name);
    const std::string before = known != to_.end() && known->second.set ? known->second.value : "";
    set_variable(to_, name, {std::move(value), is_set, setter_.pid, setter_.command, at_, before});
  }

  void follow(const Event& event) {
    each_variable(event.find<List>(Key::env_set),
                  [&](const std::string& name, std::string value) { set(name, std::move(value)); });
    each_variable(event.find<List>(Key::env_unset),
                  [&](const std::string& name, const std::string&) { set(name, {}, false); });
    // What is said of everything corrects what was concluded from changes.
    each_variable(event.find<List>(Key::env_gpu), [&](const std::string& name, std::string value) {
      const auto known = to_.find(name);
      if (known == to_.end() || !known->second.set || known->second.value != value)
        set(name, std::move(value));
    });
  }

 private:
  Variables& to_;
  Ancestor setter_;
  Place at_;
};

/// A copy of its parent: what it has done is not the child's doing.
std::unique_ptr<Program> copy_of(const Program& parent) {
  auto child = std::make_unique<Program>();
  child->path = parent.path;
  child->command = parent.command;
  child->interpreter = parent.interpreter;
  child->is_static = parent.is_static;
  child->machine = parent.machine;
  child->libc = parent.libc;
  child->environment = parent.environment;
  child->ancestors.push_back({parent.pid, parent.command});
  for (const Ancestor& ancestor : parent.ancestors)
    if (child->ancestors.size() < kMostAncestors) child->ancestors.push_back(ancestor);
  for (const auto& [name, library] : parent.libraries) {
    if (!library.mapped || library.role == Role::library) continue;
    Library& copy = child->libraries[name];
    copy.name = name;
    copy.role = library.role;
    copy.mapped = library.mapped;
    copy.inherited = true;
  }
  return child;
}

}  // namespace

void Facts::take(const Event& event, std::int64_t line) {
  ++order_;
  line_ = line;
  last_time_ = std::max(last_time_, event.time);
  const Place at = place_of(event);
  for (const RecordRow& row : kRecords)
    if (row.kind == event.kind) return row.record(program_of(event.pid, at), event, at);
  switch (event.kind) {
    case EventKind::trace:
      return begin_trace(event);
    case EventKind::process:
      return begin_process(event);
    case EventKind::exec:
      return begin_program(event);
    case EventKind::exit:
      return end_process(event);
    case EventKind::blind:
    case EventKind::lost:
      return lose(event);
    default:
      return;  // threads, and the trace's own end
  }
}

void Facts::begin_trace(const Event& event) {
  run_.known = true;
  if (const List* argv = event.find<List>(Key::argv)) run_.argv = *argv;
  if (const List* gpus = event.find<List>(Key::gpus)) run_.gpus = *gpus;
  run_.engine = event.text(Key::engine);
  run_.filter = event.text(Key::filter);
  each_variable(event.find<List>(Key::env_gpu), [&](const std::string& name, std::string value) {
    set_variable(run_.environment, name, {std::move(value), true, 0, {}, place_of(event), {}});
  });
}

void Facts::begin_process(const Event& event) {
  ++processes_;
  const Place at = place_of(event);
  const auto parent = alive_.find(static_cast<pid_t>(event.number(Key::parent)));
  auto child = parent == alive_.end() ? std::make_unique<Program>() : copy_of(*parent->second);
  child->pid = event.pid;
  child->began = at;
  child->how = event.text(Key::how);
  if (child->environment == nullptr)
    child->environment = std::make_shared<Variables>(run_.environment);
  auto& place = alive_[event.pid];
  if (place != nullptr) keep(std::move(place));  // its end was not seen
  place = std::move(child);
}

void Facts::begin_program(const Event& event) {
  const Place at = place_of(event);
  Program& before = program_of(event.pid, at);
  if (!event.text(Key::error).empty() || event.number(Key::result) < 0)
    return record_failed_exec(before, event, at);
  auto program = std::make_unique<Program>();
  program->pid = event.pid;
  program->began = at;
  program->how = before.knows_exec ? "exec" : before.how;
  program->knows_exec = true;
  const std::string_view resolved = event.text(Key::resolved);
  program->path = clipped(resolved.empty() ? event.text(Key::path) : resolved);
  program->command = command_line(event.find<List>(Key::argv));
  if (program->command.empty()) program->command = program->path;
  program->interpreter = event.text(Key::interpreter);
  program->machine = event.text(Key::machine);
  program->libc = event.text(Key::libc);
  // What cannot be read has no architecture either: then it is not known.
  program->is_static = program->interpreter.empty() && !program->machine.empty();
  program->ancestors = before.ancestors;
  if (before.knows_exec)
    program->ancestors.insert(program->ancestors.begin(), {before.pid, before.command});
  if (program->ancestors.size() > kMostAncestors) program->ancestors.resize(kMostAncestors);
  auto environment = std::make_shared<Variables>(*before.environment);
  // Who forks and then execs has prepared the environment before.
  const bool forked = !before.knows_exec && !program->ancestors.empty();
  Change(*environment, forked ? program->ancestors.front() : Ancestor{before.pid, before.command},
         at)
      .follow(event);
  program->environment = std::move(environment);
  auto& place = alive_[event.pid];
  if (before.knows_exec || furthest(before) != Step::none) keep(std::move(place));
  place = std::move(program);
}

void Facts::end_process(const Event& event) {
  const Place at = place_of(event);
  Program& program = program_of(event.pid, at);
  End end;
  if (const auto* status = event.find<std::int64_t>(Key::status))
    end.status = static_cast<int>(*status);
  end.signal = event.text(Key::signal);
  end.sender = static_cast<pid_t>(event.number(Key::sender));
  if (end.sender != 0) end.sender_command = command_of(end.sender);
  // It may have ended before its victim.
  for (const Ancestor& ancestor : program.ancestors)
    if (end.sender_command.empty() && ancestor.pid == end.sender)
      end.sender_command = ancestor.command;
  end.at = at;
  program.end = std::move(end);
  // A child that could not become another program has failed on its parent's behalf.
  if (!program.knows_exec && !program.ancestors.empty()) {
    const auto parent = alive_.find(program.ancestors.front().pid);
    if (parent != alive_.end())
      for (const Failure& failure : program.failures)
        if (failure.kind == Failure::Kind::exec) add_failure(*parent->second, failure);
  }
  const auto place = alive_.find(event.pid);
  keep(std::move(place->second));
  alive_.erase(place);
}

void Facts::lose(const Event& event) {
  const std::string why = clipped(event.text(Key::why), 160);
  if (event.kind == EventKind::lost)
    lost_ = tracer::saturated_sum(lost_, event.number(Key::count, 1));
  const auto program = alive_.find(event.pid);
  auto& list =
      event.kind == EventKind::blind && program != alive_.end() ? program->second->blind : blind_;
  if (list.size() < kMostBlind && std::ranges::find(list, why) == list.end()) list.push_back(why);
}

Program& Facts::program_of(pid_t pid, const Place& at) {
  auto& place = alive_[pid];
  if (place == nullptr) {
    place = std::make_unique<Program>();
    place->pid = pid;
    place->began = at;
    place->environment = std::make_shared<Variables>(run_.environment);
    ++processes_;
  }
  return *place;
}

std::string Facts::command_of(pid_t pid) const {
  const auto found = alive_.find(pid);
  return found == alive_.end() ? std::string() : found->second->command;
}

void Facts::keep(std::unique_ptr<Program> program) {
  // A copy of its parent that has done nothing of its own has nothing to tell.
  if (!program->knows_exec && furthest(*program) == Step::none && program->failures.empty() &&
      program->blind.empty())
    return;
  kept_.push_back(std::move(program));
  if (kept_.size() <= most_programs_) return;
  ++programs_left_out_;
  // The first program is the one that the user has asked about.
  kept_.erase(std::min_element(kept_.begin() + 1, kept_.end(), [](const auto& a, const auto& b) {
    return furthest(*a) < furthest(*b);
  }));
}

std::vector<const Program*> Facts::programs() const {
  std::vector<const Program*> all;
  for (const auto& program : kept_) all.push_back(program.get());
  for (const auto& [pid, program] : alive_) all.push_back(program.get());
  std::ranges::stable_sort(all, {}, [](const Program* each) { return each->began.order; });
  return all;
}

bool Facts::is_alive(const Program& program) const noexcept {
  const auto found = alive_.find(program.pid);
  return found != alive_.end() && found->second.get() == &program;
}

}  // namespace vgpu::explain
