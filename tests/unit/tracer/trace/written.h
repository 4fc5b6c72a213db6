#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <span>
#include <string>

#include "tracer/trace/sink.h"

namespace vgpu::tracer {

/// What the writer of this format makes of these events.
inline std::string written(Format format, std::span<const Event> events) {
  UniqueFd file(::memfd_create("written", MFD_CLOEXEC));
  Output output(UniqueFd(::dup(file.get())), true);
  const auto sink = make_sink(format, output);
  for (const Event& event : events) sink->take(event);
  sink->finish();
  output.finish(std::chrono::minutes(1));
  std::string bytes;
  std::array<char, 65536> part{};
  for (ssize_t got = 0;
       (got = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(bytes.size()))) > 0;)
    bytes.append(part.data(), static_cast<std::size_t>(got));
  return bytes;
}

}  // namespace vgpu::tracer
