#include "tracer/trace/environment.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "tracer/syscalls/guest_memory.h"

namespace vgpu::tracer {
namespace {

constexpr std::size_t kMostStrings = 8192;
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

template <typename Word>
std::vector<std::uint64_t> read_pointers(pid_t tid, std::uint64_t at) {
  std::vector<std::uint64_t> pointers;
  constexpr std::size_t kPage = 4096;
  while (pointers.size() < kMostStrings) {
    Word words[kPage / sizeof(Word)];
    const std::size_t count = std::max<std::size_t>((kPage - at % kPage) / sizeof(Word), 1);
    const std::span<Word> part(words, count);
    if (!read_memory(tid, GuestPtr{at}, std::as_writable_bytes(part))) return pointers;
    for (const Word word : part) {
      if (word == 0) return pointers;
      pointers.push_back(word);
    }
    at += count * sizeof(Word);
  }
  return pointers;
}

std::string_view name_in(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

}  // namespace

List read_string_array(pid_t tid, GuestPtr at, Abi abi) {
  List list;
  if (at == GuestPtr{0}) return list;
  const auto address = static_cast<std::uint64_t>(at);
  const auto pointers = abi == Abi::i386 ? read_pointers<std::uint32_t>(tid, address)
                                         : read_pointers<std::uint64_t>(tid, address);
  std::size_t bytes = 0;
  PathBuffer room;
  for (const std::uint64_t pointer : pointers) {
    const std::string_view text = read_string(tid, GuestPtr{pointer}, room);
    // A longer string than a path may be: its beginning says enough.
    list.emplace_back(text.data() == nullptr
                          ? std::string_view(room.data(), ::strnlen(room.data(), room.size()))
                          : text);
    bytes += list.back().size();
    if (bytes > kMostBytes) break;
    room[0] = '\0';
  }
  return list;
}

Environment make_environment(List variables) {
  std::ranges::sort(variables);
  return std::make_shared<const List>(std::move(variables));
}

void add_environment(Event& event, const Environment& before, const Environment& after,
                     const Wanted& wanted) {
  if (before != nullptr) {
    List set;
    std::ranges::set_difference(*after, *before, std::back_inserter(set));
    List unset;
    for (const std::string& variable : *before) {
      const std::string name = std::string(name_in(variable)) + '=';
      const auto found = std::ranges::lower_bound(*after, name);
      if (found == after->end() || !found->starts_with(name)) unset.emplace_back(name_in(variable));
    }
    if (!set.empty()) event.add(Key::env_set, std::move(set));
    if (!unset.empty()) event.add(Key::env_unset, std::move(unset));
  }
  List marked;
  for (const std::string& variable : *after)
    if (wanted.marks_variable(variable)) marked.push_back(variable);
  if (!marked.empty()) event.add(Key::env_gpu, std::move(marked));
}

}  // namespace vgpu::tracer
