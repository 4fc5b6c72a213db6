#include "tracer/trace/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "tracer/trace/names.h"

namespace vgpu::tracer {
namespace {

constexpr std::size_t kLongestTitle = 120;  // bytes

std::string_view last_component(std::string_view path) {
  const auto slash = path.find_last_of('/', path.find_last_not_of('/'));
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string join(const List& words) {
  std::string text;
  for (const std::string& word : words) {
    if (text.size() > kLongestTitle) break;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string exit_title(const Event& event) {
  const std::string_view signal = event.text(Key::signal);
  return signal.empty() ? fmt::format("exit {}", event.number(Key::status))
                        : fmt::format("killed by {}", signal);
}

std::string exec_title(const Event& event) {
  const auto* argv = event.find<List>(Key::argv);
  const std::string program =
      argv != nullptr && !argv->empty() ? join(*argv) : std::string(event.text(Key::path));
  return event.number(Key::result) < 0 ? "exec " + program : program;
}

std::string long_title(const Event& event) {
  switch (event.kind) {
    case EventKind::process:
    case EventKind::thread:
      return fmt::format("{} {}", event.text(Key::how),
                         event.kind == EventKind::thread ? event.tid : event.pid);
    case EventKind::exec:
      return exec_title(event);
    case EventKind::exit:
      return exit_title(event);
    case EventKind::file:
      return fmt::format("{} {}", event.text(Key::call), last_component(event.text(Key::path)));
    case EventKind::map:
      return fmt::format("map {}", last_component(event.text(Key::library)));
    case EventKind::symbol:
      return fmt::format("dlsym {}", event.text(Key::name));
    case EventKind::api:
      return std::string(event.text(Key::call));
    case EventKind::load:
      return fmt::format("load {}", event.text(Key::kind));
    case EventKind::compile:
      return fmt::format("compile {}", event.text(Key::name));
    case EventKind::launch:
      return std::string(event.text(Key::kernel));
    case EventKind::copy:
      return std::string(event.text(Key::kind));
    case EventKind::unsupported:
      return fmt::format("unsupported {}", event.text(Key::call));
    case EventKind::memory:
      return "most memory";
    case EventKind::blind:
    case EventKind::lost:
    case EventKind::trace:
    case EventKind::end:
      break;
  }
  return std::string(name_of(event.kind));
}

}  // namespace

Span span_of(const Event& event) noexcept {
  const auto* duration = event.find<std::int64_t>(Key::duration);
  if (duration == nullptr || *duration < 0 || event.kind == EventKind::end)
    return {event.time, event.time, false};
  const bool told_at_end = event.kind == EventKind::api || event.kind == EventKind::compile;
  if (told_at_end)
    return {std::max<std::int64_t>(saturated_sum(event.time, -*duration), 0), event.time, true};
  return {event.time, saturated_sum(event.time, *duration), true};
}

std::string title_of(const Event& event) {
  std::string title = long_title(event);
  if (title.size() <= kLongestTitle) return title;
  std::size_t end = kLongestTitle;  // not within a character
  while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xc0U) == 0x80) --end;
  title.resize(end);
  return title + "…";
}

}  // namespace vgpu::tracer
