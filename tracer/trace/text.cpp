#include "tracer/trace/text.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "tracer/trace/names.h"

namespace vgpu::tracer {
namespace {

constexpr std::int64_t kSecond = 1000000000;
constexpr std::int64_t kMicrosecond = 1000;

constexpr std::string_view kFailed = "\033[31m";
constexpr std::string_view kVirtual = "\033[32m";
constexpr std::string_view kQuiet = "\033[2m";
constexpr std::string_view kPlain = "\033[0m";

std::string quote_list(const List& list) {
  std::string text = "[";
  for (const std::string& item : list) text += (text.size() > 1 ? ", " : "") + quote_text(item);
  return text + "]";
}

std::string print_value(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return quote_text(*text);
  return quote_list(std::get<List>(value));
}

class Line {
 public:
  Line(const Event& event, const Look& look) : event_(event), look_(look) {
    if (look.one_file) add(kQuiet, fmt::format("[pid {:5}] ", event.tid));
  }

  std::string print() {
    switch (event_.kind) {
      case EventKind::exec:
        exec();
        break;
      case EventKind::file:
        file();
        break;
      case EventKind::api:
        text_ += fmt::format("{}({})", event_.text(Key::call), event_.text(Key::args));
        answer();
        break;
      case EventKind::process:
        add(kQuiet, fmt::format("+++ began by {} of {} +++", event_.text(Key::how),
                                event_.number(Key::parent)));
        break;
      case EventKind::exit:
        exit();
        break;
      default:
        other();
    }
    return std::move(text_) + "\n";
  }

 private:
  void add(std::string_view colour, std::string_view text) {
    if (look_.colour) text_ += colour;
    text_ += text;
    if (look_.colour) text_ += kPlain;
  }

  void duration() {
    if (const auto* time = event_.find<std::int64_t>(Key::duration))
      add(kQuiet, fmt::format(" <{}>", print_seconds(*time)));
  }

  void result() {
    const auto* value = event_.find<std::int64_t>(Key::result);
    if (value == nullptr) {
      text_ += " = ?";
    } else if (event_.find<std::string>(Key::error) != nullptr) {
      text_ += " = ";
      add(kFailed, fmt::format("-1 {} ({})", event_.text(Key::error),
                               std::strerror(static_cast<int>(-*value))));
    } else {
      text_ += fmt::format(" = {}", *value);
    }
    if (event_.number(Key::real, 1) == 0)
      add(kVirtual, fmt::format(" [{}]", event_.text(Key::why)));
    duration();
  }

  void answer() {
    const std::string_view name = event_.text(Key::answer);
    text_ += " = ";
    if (name.ends_with("SUCCESS") || name.empty())
      text_ += name.empty() ? "?" : name;
    else
      add(kFailed, name);
    duration();
  }

  void path_arguments() {
    const auto* base = event_.find<std::string>(Key::base);
    text_ += fmt::format("{}(", event_.text(Key::call));
    if (base != nullptr) text_ += fmt::format("<{}>, ", *base);
    text_ += quote_text(event_.text(Key::path));
  }

  void file() {
    path_arguments();
    if (const auto* flags = event_.find<std::string>(Key::flags)) text_ += ", " + *flags;
    text_ += ")";
    result();
  }

  void exec() {
    path_arguments();
    if (const auto* list = event_.find<List>(Key::argv)) text_ += ", " + quote_list(*list);
    for (const auto& [key, sign] : {std::pair(Key::env_set, '+'), std::pair(Key::env_unset, '-')})
      if (const auto* list = event_.find<List>(key))
        for (const std::string& item : *list)
          text_ += fmt::format(", {}{}", sign, quote_text(item));
    text_ += ")";
    result();
  }

  void exit() {
    const auto* signal = event_.find<std::string>(Key::signal);
    std::string text = "+++ ";
    if (signal == nullptr)
      text += fmt::format("exited with {}", event_.number(Key::status));
    else
      text += "killed by " + *signal;
    if (event_.number(Key::sender) != 0) text += fmt::format(" of {}", event_.number(Key::sender));
    if (event_.number(Key::core) != 0) text += " (core dumped)";
    const bool failed = signal != nullptr || event_.number(Key::status) != 0;
    add(failed ? kFailed : kQuiet, text + " +++");
  }

  void other() {
    text_ += fmt::format("--- {}", name_of(event_.kind));
    for (const auto& [key, value] : event_.fields)
      text_ += fmt::format(" {}={}", name_of(key), print_value(value));
    text_ += " ---";
  }

  const Event& event_;
  const Look& look_;
  std::string text_;
};

class TextSink : public EventSink {
 public:
  TextSink(Output& output, const Look& look) : output_(output), look_(look) {}
  void take(const Event& event) override { output_.put(print_text(event, look_), event.pid); }

 private:
  Output& output_;
  Look look_;
};

bool is_utf8_tail(std::string_view bytes, std::size_t length) {
  if (bytes.size() < length) return false;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(bytes[i]) & 0xc0U) != 0x80) return false;
  return true;
}

/// Length of a printable character that is more than one byte; 0: there is none, or it may be a
/// control character.
std::size_t wide_character(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t length = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc3 || lead > 0xf4 || !is_utf8_tail(bytes, length)) return 0;
  return length;
}

}  // namespace

std::string quote_text(std::string_view bytes) {
  constexpr std::string_view kEscaped = "\"\\\n\t\r\v\f";
  constexpr std::string_view kLetters = "\"\\ntrvf";
  std::string text = "\"";
  while (!bytes.empty()) {
    std::size_t size = 1;
    const auto byte = static_cast<unsigned char>(bytes[0]);
    if (const auto index = kEscaped.find(bytes[0]); index != std::string_view::npos) {
      (text += '\\') += kLetters[index];
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += bytes[0];
    } else if (const std::size_t wide = byte < 0x80 ? 0 : wide_character(bytes); wide != 0) {
      size = wide;
      text += bytes.substr(0, wide);
    } else {
      // All digits if one follows, as strace does.
      const bool digit = bytes.size() > 1 && bytes[1] >= '0' && bytes[1] <= '7';
      text += digit ? fmt::format("\\{:03o}", byte) : fmt::format("\\{:o}", byte);
    }
    bytes.remove_prefix(size);
  }
  return text + "\"";
}

std::string print_seconds(std::int64_t duration) {
  return fmt::format("{}.{:06}", duration / kSecond, duration % kSecond / kMicrosecond);
}

std::string print_text(const Event& event, const Look& look) { return Line(event, look).print(); }

std::unique_ptr<EventSink> make_text_sink(Output& output, const Look& look) {
  return std::make_unique<TextSink>(output, look);
}

}  // namespace vgpu::tracer
