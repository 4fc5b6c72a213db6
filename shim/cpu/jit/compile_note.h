#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "shim/trace/record.h"

namespace vgpu::jit {

/// What the trace hears of making one kernel's code: sent when it ends.
class CompileNote {
 public:
  explicit CompileNote(const std::string& kernel) noexcept
      : kernel_(kernel), begin_(trace::on() ? trace::now() : 0) {}
  CompileNote(const CompileNote&) = delete;
  CompileNote& operator=(const CompileNote&) = delete;
  ~CompileNote() { send(""); }

  /// It was there already.
  void from_cache() noexcept { cached_ = true; }
  /// Instead of code there is this problem.
  void failed(std::string_view why) noexcept { send(why); }

 private:
  void send(std::string_view message) noexcept {
    if (begin_ == 0) return;
    const std::int64_t end = trace::now();
    trace::Record record(TraceKind::compile, end);
    record.text(TraceField::name, kernel_)
        .number(TraceField::duration, end - begin_)
        .number(TraceField::cached, cached_ ? 1 : 0);
    if (!message.empty()) record.text(TraceField::message, message);
    record.send();
    begin_ = 0;
  }

  const std::string& kernel_;
  std::int64_t begin_;
  bool cached_ = false;
};

}  // namespace vgpu::jit
