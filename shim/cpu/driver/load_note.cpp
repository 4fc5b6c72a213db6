#include "shim/cpu/driver/load_note.h"

#include "shim/api/error_text.h"
#include "shim/cpu/driver/device.h"
#include "shim/trace/text.h"

namespace vgpu::cpu {

LoadNote::LoadNote(const Device& device) noexcept
    : device_(wanted_ ? trace::machine_device(device.ordinal) : -1) {}

void LoadNote::found(const image::Image& image) noexcept {
  if (!wanted_) return;
  for (const std::string& name : image.held) record_.text(TraceField::images, name);
  record_.text(TraceField::kind, "ptx");
  if (image.chosen.empty()) return;
  trace::Text text;
  text.add("took");
  for (const std::string& name : image.chosen) text.add(' ').add(name);
  record_.text(TraceField::message, text.get());
  chosen_ = true;
}

void LoadNote::found(const image::Error& error) noexcept {
  if (!wanted_) return;
  for (const std::string& name : error.held) record_.text(TraceField::images, name);
}

void LoadNote::found(const image::Target& target) noexcept {
  if (!wanted_) return;
  trace::Text text;
  text.add("compute_").number(target.arch);
  if (target.suffix != 0) text.add(target.suffix);
  record_.text(TraceField::images, text.add(" (ptx)").get());
}

void LoadNote::send(CUresult result, std::string_view message) noexcept {
  if (!wanted_) return;
  const ErrorText* const text = find_error_text(result);
  record_.text(TraceField::answer, text == nullptr ? "CUDA_ERROR_UNKNOWN" : text->name);
  if (!chosen_ && !message.empty()) record_.text(TraceField::message, message);
  if (device_ >= 0) record_.number(TraceField::device, device_);
  record_.send();
}

}  // namespace vgpu::cpu
