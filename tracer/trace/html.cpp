#include "tracer/trace/html.h"

#include <algorithm>
#include <string>

#include "tracer/trace/json_text.h"
#include "tracer/trace/jsonl.h"

namespace vgpu::tracer {
namespace {

// The largest whole number up to which a script's numbers are exact.
constexpr std::int64_t kExact = (std::int64_t{1} << 53U) - 1;

bool is_exact(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr || (*number >= -kExact && *number <= kExact);
}

/// The event with numbers that a script cannot have as text.
Event for_script(const Event& event) {
  Event copy = event;
  for (auto& [key, value] : copy.fields)
    if (!is_exact(value)) value = std::to_string(std::get<std::int64_t>(value));
  return copy;
}

/// JSON that cannot end the element that it stands in, nor begin a comment.
/// Source: html.spec.whatwg.org, "Restrictions for contents of script elements"
std::string inside_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char character : json)
    if (character == '<')
      text += "\\u003c";
    else
      text += character;
  return text;
}

class HtmlSink : public EventSink {
 public:
  HtmlSink(Output& output, Look look) : output_(output), look_(std::move(look)) {}

  void take(const Event& event) override {
    begin();
    const bool exact = std::ranges::all_of(event.fields, is_exact, &std::pair<Key, Value>::second);
    output_.put(inside_script(print_json(exact ? event : for_script(event))));
  }

  void finish() override {
    begin();
    std::string tail = "</script>\n";
    if (const std::string diagnosis = look_.diagnosis ? look_.diagnosis() : "";
        !diagnosis.empty()) {
      std::string json;
      append_json_string(json, diagnosis);
      tail += R"(<script type="application/json" id="diagnosis-json">)" + inside_script(json) +
              "</script>\n";
    }
    output_.put(tail + "</body>\n</html>\n");
  }

 private:
  void begin() {
    if (!std::exchange(begun_, true)) output_.put(page_before_events());
  }

  Output& output_;
  Look look_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<EventSink> make_html_sink(Output& output, const Look& look) {
  return std::make_unique<HtmlSink>(output, look);
}

}  // namespace vgpu::tracer
