// The ring through which a guest tells of its calls: whatever is in it, the reader gets on, reads
// no record twice and stays within it.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "launcher/rings/ring_events.h"
#include "launcher/rings/ring_reader.h"

using namespace vgpu;

namespace {

std::size_t read_all(launcher::RingReader& reader, bool last) {
  std::size_t bytes = 0;
  reader.drain(last, [&](const launcher::RingRecord& record) {
    bytes += record.fields.size() + sizeof(TraceRecord);
    if (const auto event = launcher::event_of(record))
      for (const auto& [key, value] : event->fields)
        if (const auto* text = std::get_if<std::string>(&value))
          if (text->size() > kMaxTraceRecord) std::abort();
  });
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto ring = std::make_unique<TraceRing>();
  static std::size_t dirty = sizeof(TraceRing);
  std::memset(static_cast<void*>(ring.get()), 0, offsetof(TraceRing, words));
  std::memset(static_cast<void*>(&ring->words), 0, std::min(dirty, sizeof ring->words));
  if (size < 8) return 0;
  std::uint64_t reserved = 0;
  std::memcpy(&reserved, data, 8);
  if (data[0] % 4 != 0) reserved = (size - 8) / 8 * 8;
  ring->reserved = reserved;
  std::memcpy(static_cast<void*>(&ring->words), data + 8, std::min(size - 8, sizeof ring->words));
  dirty = size;
  launcher::RingReader reader(*ring);
  std::size_t bytes = read_all(reader, false);
  bytes += read_all(reader, true);
  if (bytes > reserved || read_all(reader, true) != 0) std::abort();
  reader.take_lost();
  return 0;
}
