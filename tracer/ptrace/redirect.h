#pragma once

#include <optional>

#include "tracer/notify/listener.h"
#include "tracer/notify/reply.h"

namespace vgpu::tracer {

/// Answers `call` with what no notification can say: the thread is stopped with ptrace and made to
/// do it itself. Where that cannot be (another tracer has it), the answer is EACCES.
void enter_directory(Listener& listener, const Call& call, const EnterDirectory& reply);
void execute(Listener& listener, const Call& call, const Execute& reply);
std::int64_t seek(Listener& listener, const Call& call, const ReturnAndSeek& reply);

/// The same, and the gift of a descriptor, for a thread that our ptrace has stopped at `call`
/// already. The gift's number is returned, or -errno; nothing if the thread has ended.
std::optional<int> give_descriptor(const Call& call, const GiveFd& reply);
void enter_directory(const Call& call, const EnterDirectory& reply);
void execute(const Call& call, const Execute& reply);
std::int64_t seek(const Call& call, const ReturnAndSeek& reply);

}  // namespace vgpu::tracer
