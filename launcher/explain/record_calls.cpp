#include "launcher/explain/call_groups.h"
#include "launcher/explain/record.h"

namespace vgpu::explain {
namespace {

using tracer::Event;
using tracer::Key;
using tracer::List;

constexpr std::size_t kMostUnsupported = 16;
constexpr std::size_t kMostImages = 24;

Call call_of(const Event& event, const Place& at) {
  return {clipped(event.text(Key::call), 80), clipped(event.text(Key::args), 200),
          clipped(event.text(Key::answer), 80), at};
}

bool tells_memory(std::string_view call) noexcept {
  return call.starts_with("cuMemGetInfo") || call.starts_with("cuDeviceTotalMem") ||
         call.starts_with("nvmlDeviceGetMemoryInfo");
}

Images images_of(const Event& event, const Place& at) {
  Images found{{}, clipped(event.text(Key::answer), 80), clipped(event.text(Key::message)), at};
  if (const List* images = event.find<List>(Key::images); images != nullptr)
    for (const std::string& image : *images)
      if (found.images.size() < kMostImages) found.images.push_back(clipped(image, 40));
  return found;
}

}  // namespace

void record_call(Program& program, const Event& event, const Place& at) {
  Call call = call_of(event, at);
  if (call.answer == "unfinished") {
    program.unfinished = std::move(call);
    return;
  }
  Calls& calls = program.of(group_of(call.name));
  switch (outcome_of(call.name, call.answer)) {
    case Outcome::good:
      ++calls.good;
      if (tells_memory(call.name)) program.told_memory = call;
      if (!calls.first_good) calls.first_good = call;
      calls.last_good = std::move(call);
      return;
    case Outcome::bad:
      ++calls.bad;
      add_failure(program, {Failure::Kind::call, call.name, call.answer, at});
      if (!calls.first_bad) calls.first_bad = call;
      calls.last_bad = std::move(call);
      return;
    case Outcome::neither:
      // It was called, and the driver has answered.
      ++calls.good;
      return;
  }
}

void record_load(Program& program, const Event& event, const Place& at) {
  Images images = images_of(event, at);
  if (outcome_of("", images.answer) == Outcome::good)
    program.good_load = std::move(images);
  else
    program.bad_load = std::move(images);
}

void record_compile(Program& program, const Event& event, const Place& at) {
  const std::string_view message = event.text(Key::message);
  if (message.empty()) {
    ++(event.number(Key::cached) == 0 ? program.compiled : program.from_cache);
    return;
  }
  ++program.bad_compiles;
  if (!program.bad_compile)
    program.bad_compile = Compile{clipped(event.text(Key::name), 160), clipped(message), at};
}

void record_launch(Program& program, const Event& event, const Place& at) {
  if (outcome_of("", event.text(Key::answer)) == Outcome::bad) {
    program.bad_launch =
        Call{clipped(event.text(Key::kernel), 160), {}, clipped(event.text(Key::answer), 80), at};
    return;
  }
  ++program.launches;
  program.launch_time = tracer::saturated_sum(program.launch_time, event.number(Key::duration));
  program.last_launch = at;
}

void record_copy(Program& program, const Event& event, const Place&) {
  ++program.copies;
  program.copied = tracer::saturated_sum(program.copied, event.number(Key::bytes));
}

void record_memory(Program& program, const Event& event, const Place&) {
  program.peak = tracer::saturated_sum(program.peak, event.number(Key::bytes));
}

void record_unsupported(Program& program, const Event& event, const Place& at) {
  if (program.unsupported.size() < kMostUnsupported)
    program.unsupported.push_back({clipped(event.text(Key::call), 80),
                                   event.text(Key::api) == "nvml", event.number(Key::count, 1),
                                   at});
}

}  // namespace vgpu::explain
