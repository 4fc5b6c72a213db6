#include "tracer/trace/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tracer/trace/names.h"
#include "tracer/trace/text.h"

namespace vgpu::tracer {
namespace {

/// What kind of thing an event tells of.
enum class Topic : std::uint8_t { trace, process, thread, file, call };

struct TopicRow {
  EventKind kind;
  Topic topic;
};

constexpr TopicRow kTopics[] = {
    {EventKind::trace, Topic::trace},      {EventKind::process, Topic::process},
    {EventKind::thread, Topic::thread},    {EventKind::exec, Topic::process},
    {EventKind::exit, Topic::process},     {EventKind::file, Topic::file},
    {EventKind::map, Topic::file},         {EventKind::symbol, Topic::file},
    {EventKind::api, Topic::call},         {EventKind::load, Topic::call},
    {EventKind::compile, Topic::call},     {EventKind::launch, Topic::call},
    {EventKind::copy, Topic::call},        {EventKind::memory, Topic::call},
    {EventKind::unsupported, Topic::call}, {EventKind::blind, Topic::trace},
    {EventKind::lost, Topic::trace},       {EventKind::end, Topic::trace},
};

Topic topic_of(EventKind kind) {
  const auto row = std::ranges::find(kTopics, kind, &TopicRow::kind);
  return row == std::end(kTopics) ? Topic::call : row->topic;
}

bool matters(const Event& event, const Wanted& wanted) {
  if (event.number(Key::real, 1) == 0) return true;
  for (const Key key : {Key::path, Key::resolved, Key::library})
    if (wanted.marks_path(event.text(key))) return true;
  return wanted.marks_path(fmt::format("{}/{}", event.text(Key::base), event.text(Key::path)));
}

// Values that say nothing of whose machine it is.
constexpr Key kPaths[] = {Key::path,    Key::base,        Key::resolved, Key::cwd,
                          Key::library, Key::interpreter, Key::tried,    Key::needed_by};
constexpr Key kSecret[] = {Key::argv, Key::args, Key::message};
constexpr Key kVariables[] = {Key::env_set, Key::env_unset, Key::env_gpu};
constexpr Key kNames[] = {Key::name, Key::kernel, Key::gpus};

template <typename Keys>
bool has(const Keys& keys, Key key) {
  return std::ranges::find(keys, key) != std::end(keys);
}

template <typename Change>
void change_texts(Value& value, const Change& change) {
  if (auto* text = std::get_if<std::string>(&value)) *text = change(*text);
  if (auto* list = std::get_if<List>(&value))
    for (std::string& item : *list) item = change(item);
}

}  // namespace

bool has_failed(const Event& event) {
  if (event.find<std::string>(Key::error) != nullptr) return true;
  if (const std::string_view answer = event.text(Key::answer); !answer.empty())
    return !answer.ends_with("SUCCESS");
  if (event.kind == EventKind::exit)
    return event.number(Key::status) != 0 || event.find<std::string>(Key::signal) != nullptr;
  const bool works = event.kind == EventKind::compile || event.kind == EventKind::load;
  return event.kind == EventKind::unsupported || (works && !event.text(Key::message).empty());
}

bool is_selected(const Event& event, const Selection& selection) {
  const Wanted& wanted = selection.wanted;
  const Topic topic = topic_of(event.kind);
  if (topic == Topic::trace) return true;
  if (selection.failed && !has_failed(event)) return false;
  switch (topic) {
    case Topic::process:
      return wanted.processes;
    case Topic::thread:
      return wanted.threads;
    case Topic::call:
      return selection.calls;
    case Topic::file:
    case Topic::trace:
      break;
  }
  return wanted.all_files || (wanted.matching_files && matters(event, wanted));
}

std::string RedactingSink::redact_word(std::string_view word) {
  if (word.empty()) return {};
  const auto number = words_.emplace(word, words_.size() + 1).first->second;
  return fmt::format("name{}", number);
}

// Names of the system's own directories and of what matters stay: without them a trace says
// nothing.
std::string RedactingSink::redact_path(std::string_view path) {
  constexpr std::string_view kPublic[] = {"/dev/", "/proc/", "/sys/",
                                          "/usr/", "/lib",   "/etc/ld.so"};
  const bool is_public = std::ranges::any_of(
      kPublic, [&](std::string_view prefix) { return path.starts_with(prefix); });
  if (is_public) return std::string(path);
  std::string result;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view word = path.substr(0, end);
    const bool stays = word == "." || word == ".." || word.find(".so") != std::string_view::npos ||
                       wanted_.marks_path(word);
    result += stays ? std::string(word) : redact_word(word);
    if (end < path.size()) result += '/';
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return result;
}

void RedactingSink::redact(Key key, Value& value) {
  if (has(kPaths, key))
    change_texts(value, [this](const std::string& text) { return redact_path(text); });
  if (has(kNames, key))
    change_texts(value, [this](const std::string& text) { return redact_word(text); });
  if (has(kSecret, key)) change_texts(value, [](const std::string&) { return std::string("..."); });
  if (has(kVariables, key))
    change_texts(value, [this](const std::string& text) {
      const std::size_t equals = text.find('=');
      const std::string name = text.substr(0, equals);
      const std::string shown = wanted_.marks_variable(text) ? name : redact_word(name);
      return shown + (equals == std::string::npos ? "" : equals + 1 == text.size() ? "=" : "=...");
    });
}

void RedactingSink::take(const Event& event) {
  Event redacted = event;
  for (auto& [key, value] : redacted.fields) redact(key, value);
  next_.take(redacted);
}

void SummarySink::take(const Event& event) {
  if (topic_of(event.kind) == Topic::trace) return;
  const std::string_view call = event.text(Key::call);
  Row& row = rows_[std::string(call.empty() ? name_of(event.kind) : call)];
  ++row.calls;
  if (has_failed(event)) ++row.errors;
  row.time = saturated_sum(row.time, event.number(Key::duration));
}

void SummarySink::finish() {
  std::vector<std::pair<std::string, Row>> rows(rows_.begin(), rows_.end());
  std::ranges::stable_sort(rows, [](const auto& a, const auto& b) {
    return std::pair(a.second.time, a.second.calls) > std::pair(b.second.time, b.second.calls);
  });
  Row total;
  for (const auto& [name, row] : rows) {
    total.calls += row.calls;
    total.errors += row.errors;
    total.time += row.time;
  }
  const auto line = [&](const std::string& name, const Row& row) {
    const double share =
        total.time == 0 ? 0
                        : 100.0 * static_cast<double>(row.time) / static_cast<double>(total.time);
    const auto each = row.calls == 0 ? 0 : row.time / static_cast<std::int64_t>(row.calls) / 1000;
    const std::string errors = row.errors == 0 ? "" : std::to_string(row.errors);
    output_.put(fmt::format("{:6.2f} {:>11} {:>11} {:>9} {:>9} {}\n", share,
                            print_seconds(row.time), each, row.calls, errors, name));
  };
  const std::string rule = "------ ----------- ----------- --------- --------- ----------------\n";
  output_.put("% time     seconds  usecs/call     calls    errors call\n" + rule);
  for (const auto& [name, row] : rows) line(name, row);
  output_.put(rule);
  line("total", total);
}

}  // namespace vgpu::tracer
