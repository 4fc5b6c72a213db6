#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tracer/trace/event.h"
#include "tracer/trace/output.h"
#include "tracer/trace/wanted.h"

namespace vgpu::tracer {

/// Which events of a trace are shown.
struct Selection {
  Wanted wanted;
  bool calls = true;    ///< of GPU APIs, and what came of them
  bool failed = false;  ///< of those, only what failed
};

bool is_selected(const Event& event, const Selection& selection);

/// True if the event tells of something that went wrong.
bool has_failed(const Event& event);

/// Passes on what is selected. Borrows `next`.
class SelectingSink : public EventSink {
 public:
  SelectingSink(EventSink& next, Selection selection)
      : next_(next), selection_(std::move(selection)) {}
  void take(const Event& event) override {
    if (is_selected(event, selection_)) next_.take(event);
  }
  void finish() override { next_.finish(); }

 private:
  EventSink& next_;
  Selection selection_;
};

/// Passes on events without names, arguments and values of the environment: what is left tells
/// which steps were made, in which order, and how they ended. Borrows `next`.
class RedactingSink : public EventSink {
 public:
  explicit RedactingSink(EventSink& next, Wanted wanted)
      : next_(next), wanted_(std::move(wanted)) {}
  void take(const Event& event) override;
  void finish() override { next_.finish(); }

 private:
  std::string redact_path(std::string_view path);
  std::string redact_word(std::string_view word);
  void redact(Key key, Value& value);

  EventSink& next_;
  Wanted wanted_;
  std::map<std::string, std::size_t, std::less<>> words_;  // the same name stays the same
};

/// Counts instead of showing: a table at the end, as strace -c has it. Borrows `output`.
class SummarySink : public EventSink {
 public:
  explicit SummarySink(Output& output) : output_(output) {}
  void take(const Event& event) override;
  void finish() override;

 private:
  struct Row {
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    std::int64_t time = 0;
  };
  Output& output_;
  std::map<std::string, Row> rows_;
};

}  // namespace vgpu::tracer
