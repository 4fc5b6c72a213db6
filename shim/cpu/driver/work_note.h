#pragma once

#include <cstdint>
#include <string_view>

#include "shim/abi/cuda_types.h"
#include "shim/trace/channel.h"

/// What the trace hears of work as it is done, wherever that is: on a stream's thread or in a call.
namespace vgpu::cpu {

struct Copy;
struct LaunchRequest;
struct Stream;

/// Where work belongs, as the trace names it.
struct WorkPlace {
  std::int64_t stream = 0;
  int device = -1;
};
WorkPlace place_of(const Stream& stream) noexcept;

/// While it lives, the calling thread works there.
class WorkingAt {
 public:
  explicit WorkingAt(const WorkPlace& place) noexcept;
  WorkingAt(const WorkingAt&) = delete;
  WorkingAt& operator=(const WorkingAt&) = delete;
  ~WorkingAt();

 private:
  WorkPlace before_;
};

/// When work begins, for those below; 0 if nobody wants to know.
inline std::int64_t begin_note() noexcept { return trace::on() ? trace::now() : 0; }

/// What happened between `begin` and now. Nothing if begin is 0.
void note_launch(std::int64_t begin, const LaunchRequest& request, CUresult result) noexcept;
void note_copy(std::int64_t begin, const Copy& copy) noexcept;
void note_fill(std::int64_t begin, std::uint64_t bytes) noexcept;

}  // namespace vgpu::cpu
