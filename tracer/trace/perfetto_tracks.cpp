#include "tracer/trace/perfetto_tracks.h"

#include <fmt/format.h>

#include <utility>

#include "tracer/trace/perfetto_fields.h"
#include "tracer/trace/utf8.h"

namespace vgpu::tracer {
namespace {

using namespace perfetto;

constexpr std::size_t kMostDescribed = 1 << 16;
constexpr std::uint64_t kTraceTrack = 1;

enum class Scope : std::uint64_t { process, thread, stream };

/// Different numbers stay different, with a probability that does for a trace.
/// Source: the finaliser of splitmix64, prng.di.unimi.it/splitmix64.c
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15U + b + 1;
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
  return x ^ x >> 31U;
}

std::uint64_t track_number(Scope scope, std::uint64_t owner, std::uint64_t member) {
  return mix(mix(static_cast<std::uint64_t>(scope), owner), member) | 2U;  // neither 0 nor 1
}

std::string_view program_name(const Event& exec) {
  const std::string_view path =
      exec.text(Key::resolved).empty() ? exec.text(Key::path) : exec.text(Key::resolved);
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

bool Tracks::is_new(std::uint64_t track) {
  if (described_.size() >= kMostDescribed) described_.clear();
  return described_.insert(track).second;
}

void Tracks::describe_process(pid_t pid, const Process& process, const List* argv,
                              std::int64_t time) {
  Protobuf body;
  body.signed_number(process_descriptor::pid, pid);
  if (argv != nullptr)
    for (const std::string& argument : *argv)
      body.bytes(process_descriptor::cmdline, valid_utf8(argument));
  if (!process.name.empty()) body.bytes(process_descriptor::process_name, valid_utf8(process.name));
  writer_.add_descriptor(time, Protobuf()
                                   .number(track_descriptor::uuid, process.track)
                                   .message(track_descriptor::process, body));
}

void Tracks::describe_thread(pid_t pid, pid_t tid, std::string_view name, std::uint64_t track,
                             std::int64_t time) {
  Protobuf body;
  body.signed_number(thread_descriptor::pid, pid).signed_number(thread_descriptor::tid, tid);
  if (!name.empty()) body.bytes(thread_descriptor::thread_name, valid_utf8(name));
  writer_.add_descriptor(
      time,
      Protobuf().number(track_descriptor::uuid, track).message(track_descriptor::thread, body));
}

Tracks::Process& Tracks::process_of(pid_t pid, std::int64_t time) {
  Process& process = processes_[pid];
  if (process.track == 0) process.track = track_number(Scope::process, ++last_, 0);
  if (is_new(process.track)) describe_process(pid, process, nullptr, time);
  return process;
}

std::uint64_t Tracks::begin_process(const Event& event, pid_t parent) {
  std::string name;
  if (const auto found = processes_.find(parent); found != processes_.end())
    name = found->second.name;
  processes_[event.pid] = {0, std::move(name), false, true};  // a pid that came again, too
  return process_of(event.pid, event.time).track;
}

std::uint64_t Tracks::begin_program(const Event& exec) {
  Process& process = processes_[exec.pid];
  if (process.track == 0) process.track = track_number(Scope::process, ++last_, 0);
  process.name = program_name(exec);
  is_new(process.track);
  describe_process(exec.pid, process, exec.find<List>(Key::argv), exec.time);
  const std::uint64_t main =
      track_number(Scope::thread, process.track, static_cast<std::uint64_t>(exec.pid));
  is_new(main);
  describe_thread(exec.pid, exec.pid, process.name, main, exec.time);
  return std::exchange(process.expected, false) ? process.track : 0;
}

std::uint64_t Tracks::of_thread(pid_t pid, pid_t tid, std::int64_t time) {
  const Process& process = process_of(pid, time);
  const std::uint64_t track =
      track_number(Scope::thread, process.track, static_cast<std::uint64_t>(tid));
  if (is_new(track)) describe_thread(pid, tid, tid == pid ? process.name : "", track, time);
  return track;
}

std::uint64_t Tracks::of(const Event& event) {
  if (event.pid == 0 || event.kind == EventKind::trace || event.kind == EventKind::end) {
    if (is_new(kTraceTrack))
      writer_.add_descriptor(event.time, Protobuf()
                                             .number(track_descriptor::uuid, kTraceTrack)
                                             .bytes(track_descriptor::name, "trace"));
    return kTraceTrack;
  }
  if (event.kind != EventKind::launch && event.kind != EventKind::copy)
    return of_thread(event.pid, event.tid == 0 ? event.pid : event.tid, event.time);

  const std::int64_t device = event.number(Key::device);
  const std::int64_t stream = event.number(Key::stream);
  const std::uint64_t process = process_of(event.pid, event.time).track;
  const std::uint64_t track =
      track_number(Scope::stream, mix(process, static_cast<std::uint64_t>(device)),
                   static_cast<std::uint64_t>(stream));
  if (is_new(track))
    writer_.add_descriptor(
        event.time,
        Protobuf()
            .number(track_descriptor::uuid, track)
            .number(track_descriptor::parent_uuid, process)
            .bytes(track_descriptor::name, fmt::format("GPU {} stream {:#x}", device, stream)));
  return track;
}

}  // namespace vgpu::tracer
