#pragma once

#include <string_view>

#include "shim/cpu/driver/error.h"
#include "shim/cpu/image/image.h"
#include "shim/cpu/image/target.h"
#include "shim/trace/record.h"

namespace vgpu::cpu {

struct Device;

/// What the trace hears of one image that a program loads.
class LoadNote {
 public:
  explicit LoadNote(const Device& device) noexcept;

  /// What the image holds, and what was chosen of it.
  void found(const image::Image& image) noexcept;
  /// What it holds, none of which fits.
  void found(const image::Error& error) noexcept;

  /// The program gave PTX itself, for `target`.
  void found(const image::Target& target) noexcept;

  void send(CUresult result, std::string_view message) noexcept;

 private:
  const bool wanted_ = trace::on();
  const int device_;
  trace::Record record_{TraceKind::load};
  bool chosen_ = false;
};

/// Does `load(note)` and tells of it, however it ends.
template <class Load>
auto noted_load(const Device& device, const Load& load) {
  LoadNote note(device);
  try {
    auto loaded = load(note);
    note.send(CUDA_SUCCESS, "");
    return loaded;
  } catch (const ApiError& error) {
    note.send(error.code, error.what());
    throw;
  }
}

}  // namespace vgpu::cpu
