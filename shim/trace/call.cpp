#include "shim/trace/call.h"

#include "shim/abi/profile.h"

namespace vgpu::trace {

std::string_view name_of_attribute(int attribute) noexcept { return attribute_name(attribute); }

Call::Call(const char* api, const char* name) noexcept : api_(api), name_(name), begin_(now()) {
  if (RingWriter* const writer = ring()) going_on_ = writer->begin(thread_id(), begin_, api, name);
}

void Call::send(std::span<const Shown> arguments, Outcome outcome, std::string_view answer,
                Where where) noexcept {
  Text text;
  for (const Shown& argument : arguments) {
    if (!text.get().empty()) text.add(", ");
    text.add(argument.name).add('=');
    argument.print(text, argument.value, outcome);
  }
  Record record(TraceKind::api, end_);
  record.text(TraceField::api, api_)
      .text(TraceField::call, name_)
      .text(TraceField::args, text.get())
      .text(TraceField::answer, answer)
      .number(TraceField::duration, end_ - begin_);
  if (where.stream >= 0) record.number(TraceField::stream, where.stream);
  if (where.device >= 0) record.number(TraceField::device, where.device);
  record.send();
  RingWriter::end(going_on_);
}

void send_unsupported(const char* api, std::string_view call, std::uint64_t count) noexcept {
  if (!on()) return;
  Record(TraceKind::unsupported)
      .text(TraceField::api, api)
      .text(TraceField::call, call)
      .number(TraceField::count, static_cast<std::int64_t>(count))
      .send();
}

}  // namespace vgpu::trace
