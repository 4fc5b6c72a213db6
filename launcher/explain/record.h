#pragma once

#include "launcher/explain/program.h"
#include "tracer/trace/event.h"

/// What an event of a program adds to what is known of it.
namespace vgpu::explain {

void record_file(Program& program, const tracer::Event& event, const Place& at);
void record_map(Program& program, const tracer::Event& event, const Place& at);
void record_symbol(Program& program, const tracer::Event& event, const Place& at);
void record_failed_exec(Program& program, const tracer::Event& event, const Place& at);

void record_call(Program& program, const tracer::Event& event, const Place& at);
void record_load(Program& program, const tracer::Event& event, const Place& at);
void record_compile(Program& program, const tracer::Event& event, const Place& at);
void record_launch(Program& program, const tracer::Event& event, const Place& at);
void record_copy(Program& program, const tracer::Event& event, const Place& at);
void record_memory(Program& program, const tracer::Event& event, const Place& at);
void record_unsupported(Program& program, const tracer::Event& event, const Place& at);

/// The same failure again counts as the last one.
void add_failure(Program& program, Failure failure);
/// What was looked for in several places and then found has not failed.
void forgive(Program& program, Failure::Kind kind, std::string_view what);

/// Strings of guests are as long as they like: the first bytes.
std::string clipped(std::string_view text, std::size_t most = 400);

}  // namespace vgpu::explain
