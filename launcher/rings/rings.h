#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "shim/abi/profile.h"
#include "tracer/supervisor.h"
#include "tracer/sys/unique_fd.h"
#include "tracer/trace/recorder.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::launcher {

/// The rings of all guests, and what they say, as events. For one thread.
class Rings {
 public:
  /// Borrows both. Errors: std::system_error.
  Rings(tracer::Recorder& recorder, const DeviceConfig& config);
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;
  ~Rings();

  /// The virtual file through which a guest gets its ring. It borrows us.
  tracer::VirtualFile file();
  /// Looks at the rings every few milliseconds, while there are any. It borrows us.
  tracer::Watch watch();

  /// Records all that is there now.
  void drain();
  /// Records the last of a process that is about to be reported as ended.
  void end_process(pid_t pid);
  /// The same for all.
  void finish();

  std::size_t count() const noexcept { return rings_.size(); }

 private:
  struct Ring;
  tracer::UniqueFd open(pid_t tid);
  void make_room(pid_t pid);
  bool drain(Ring& ring, bool last);
  void end(Ring& ring);
  void tell_unfinished(Ring& ring);
  void tell_memory(const Ring& ring);
  void record(Ring& ring, tracer::Event event, std::int64_t time, std::uint32_t seen_tid);
  void forget_ended();
  void arm(bool busy);

  tracer::Recorder& recorder_;
  const DeviceConfig& config_;
  tracer::UniqueFd timer_;
  std::int64_t period_ = 0;  // Units: nanoseconds; 0: the timer stands still
  std::vector<std::unique_ptr<Ring>> rings_;
};

}  // namespace vgpu::launcher
