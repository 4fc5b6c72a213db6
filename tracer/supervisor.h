#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tracer/engine.h"
#include "tracer/policy/rule.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::tracer {

class Observer;

/// What the supervisor tells its owner. An empty function costs nothing.
struct Hooks {
  std::function<void(std::string_view)> bug;  ///< a fault of ours; the guest got EIO
  Observer* observer = nullptr;               ///< of a trace; nullptr: there is none
};

/// Another descriptor to wait for in the same loop, say a signalfd or a pidfd.
struct Watch {
  int fd;
  std::function<void()> ready;  ///< called while fd is readable: it must read or close it
};

/// Answers every stopped call until the last guest has ended.
/// Errors: std::system_error for what ends supervision altogether; std::invalid_argument for rows
/// that contradict each other.
void supervise(Engine& engine, std::span<const Rule> rules, std::span<const VirtualFile> files,
               const Hooks& hooks, std::span<Watch> watches);

}  // namespace vgpu::tracer
