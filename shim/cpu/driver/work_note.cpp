#include "shim/cpu/driver/work_note.h"

#include <string>
#include <utility>

#include "shim/api/error_text.h"
#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/copy.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/launch.h"
#include "shim/cpu/driver/stream.h"
#include "shim/trace/record.h"
#include "shim/trace/text.h"

namespace vgpu::cpu {
namespace {

thread_local constinit WorkPlace here;

std::string_view answer_of(CUresult result) noexcept {
  const ErrorText* const text = find_error_text(result);
  return text == nullptr ? std::string_view("CUDA_ERROR_UNKNOWN") : text->name;
}

trace::Text text_of(const jit::Dim3& shape) noexcept {
  trace::Text text;
  text.number(shape.x).add(',').number(shape.y).add(',').number(shape.z);
  return text;
}

bool is_on_device(const CopySide& side) {
  const auto known = address_map().find(side.at);
  return known != nullptr && !known->is_host();
}

void send(trace::Record& record, std::int64_t begin) noexcept {
  record.number(TraceField::stream, here.stream).number(TraceField::duration, trace::now() - begin);
  if (here.device >= 0) record.number(TraceField::device, here.device);
  record.send();
}

}  // namespace

WorkPlace place_of(const Stream& stream) noexcept {
  const auto id = static_cast<std::int64_t>(stream.id);
  return {stream.kind == Stream::Kind::legacy ? 0 : id,
          trace::machine_device(stream.context->device().ordinal)};
}

WorkingAt::WorkingAt(const WorkPlace& place) noexcept : before_(std::exchange(here, place)) {}
WorkingAt::~WorkingAt() { here = before_; }

void note_launch(std::int64_t begin, const LaunchRequest& request, CUresult result) noexcept {
  if (begin == 0) return;
  trace::Record record(TraceKind::launch, begin);
  record.text(TraceField::kernel, request.function->declaration().name)
      .text(TraceField::grid, text_of(request.grid).get())
      .text(TraceField::block, text_of(request.block).get())
      .number(TraceField::shared, request.dynamic_shared)
      .text(TraceField::answer, answer_of(result));
  send(record, begin);
}

void note_copy(std::int64_t begin, const Copy& copy) noexcept {
  if (begin == 0) return;
  constexpr std::string_view kKinds[] = {"HtoH", "HtoD", "DtoH", "DtoD"};
  const int kind = (is_on_device(copy.from) ? 2 : 0) + (is_on_device(copy.to) ? 1 : 0);
  trace::Record record(TraceKind::copy, begin);
  record.text(TraceField::kind, kKinds[kind])
      .number(TraceField::bytes, static_cast<std::int64_t>(copy.width * copy.height * copy.depth));
  send(record, begin);
}

void note_fill(std::int64_t begin, std::uint64_t bytes) noexcept {
  if (begin == 0) return;
  trace::Record record(TraceKind::copy, begin);
  record.text(TraceField::kind, "fill").number(TraceField::bytes, static_cast<std::int64_t>(bytes));
  send(record, begin);
}

}  // namespace vgpu::cpu
