#include "tracer/trace/jsonl.h"

#include <fmt/format.h>

#include <iterator>
#include <stdexcept>

#include "tracer/trace/json_text.h"
#include "tracer/trace/names.h"

namespace vgpu::tracer {
namespace {

constexpr std::size_t kLongestLine = std::size_t{64} << 20;

void append_value(std::string& line, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(line), "{}", *number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    append_json_string(line, *text);
  } else {
    char before = '[';
    const auto& list = std::get<List>(value);
    if (list.empty()) line += before;
    for (const std::string& item : list) {
      line += std::exchange(before, ',');
      append_json_string(line, item);
    }
    line += ']';
  }
}

class JsonlSink : public EventSink {
 public:
  explicit JsonlSink(Output& output) : output_(output) {}
  void take(const Event& event) override { output_.put(print_json(event), event.pid); }

 private:
  Output& output_;
};

[[noreturn]] void fail(std::size_t column, std::string_view what) {
  throw std::runtime_error(fmt::format("column {}: {}", column + 1, what));
}

/// The value of a key that is known must be of its type; of the others, anything flat is skipped.
Value parse_value(JsonText& text, ValueType type) {
  const std::size_t at = text.column();
  switch (type) {
    case ValueType::number:
      return text.number();
    case ValueType::text:
      return text.string();
    case ValueType::list:
      break;
  }
  List list;
  if (!text.take('[')) fail(at, "a list was expected");
  while (!text.take(']')) {
    if (!list.empty() && !text.take(',')) fail(text.column(), "',' or ']' was expected");
    list.push_back(text.string());
  }
  return list;
}

void skip_value(JsonText& text) {
  if (text.next() == '"')
    text.string();
  else if (text.next() == '[')
    parse_value(text, ValueType::list);
  else if (!text.take("true") && !text.take("false") && !text.take("null"))
    text.number();
}

pid_t pid_in(JsonText& text) {
  const std::size_t at = text.column();
  const std::int64_t number = text.number();
  if (number < 0 || number > INT32_MAX) fail(at, "no process has this number");
  return static_cast<pid_t>(number);
}

struct Reading {
  Event event;
  bool has_kind = false;
  bool known = true;
};

void parse_field(JsonText& text, const std::string& name, Reading& reading) {
  const std::size_t at = text.column();
  if (name == "t") {
    reading.event.time = text.number();
  } else if (name == "pid") {
    reading.event.pid = pid_in(text);
  } else if (name == "tid") {
    reading.event.tid = pid_in(text);
  } else if (name == "event") {
    const auto kind = find_kind(text.string());
    if (reading.has_kind) fail(at, "a second event");
    reading.has_kind = true;
    reading.known = kind.has_value();
    if (kind) reading.event.kind = *kind;
  } else if (const auto key = find_key(name)) {
    for (const auto& [other, value] : reading.event.fields)
      if (other == *key) fail(at, "a field that is there already");
    reading.event.add(*key, parse_value(text, key_rows()[static_cast<std::size_t>(*key)].type));
  } else {
    skip_value(text);
  }
}

}  // namespace

std::unique_ptr<EventSink> make_jsonl_sink(Output& output, const Look&) {
  return std::make_unique<JsonlSink>(output);
}

std::string print_json(const Event& event) {
  std::string line = fmt::format(R"({{"t":{},"pid":{},"tid":{},"event":"{}")", event.time,
                                 event.pid, event.tid, name_of(event.kind));
  for (const auto& [key, value] : event.fields) {
    fmt::format_to(std::back_inserter(line), ",\"{}\":", name_of(key));
    append_value(line, value);
  }
  line += "}\n";
  return line;
}

std::optional<Event> parse_json(std::string_view line) {
  JsonText text(line);
  Reading reading;
  if (!text.take('{')) fail(text.column(), "'{' was expected");
  for (bool first = true; !text.take('}'); first = false) {
    if (!first && !text.take(',')) fail(text.column(), "',' or '}' was expected");
    const std::string name = text.string();
    if (!text.take(':')) fail(text.column(), "':' was expected");
    parse_field(text, name, reading);
  }
  if (!text.at_end()) fail(text.column(), "something follows the object");
  if (!reading.has_kind) fail(0, "no event");
  if (!reading.known) return std::nullopt;
  return std::move(reading.event);
}

std::uint64_t read_jsonl(std::istream& file,
                         const std::function<void(Event&&, std::uint64_t)>& take) {
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    if (file.eof()) return number;  // no newline: cut off
    if (line.size() > kLongestLine)
      throw std::runtime_error(fmt::format("line {}: too long", number));
    try {
      if (auto event = parse_json(line)) take(*std::move(event), number);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("line {}: {}", number, error.what()));
    }
  }
  return 0;
}

}  // namespace vgpu::tracer
