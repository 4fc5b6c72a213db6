#include "shim/cpu/jit/code_file.h"

#include <algorithm>
#include <cstring>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

namespace {

constexpr std::uint64_t kMagic = 0x3145'444f'4355'5047;  // "GPUCODE1"
constexpr std::uint32_t kMaxShared = 1u << 20;
constexpr std::uint32_t kMaxLocal = 1u << 20;
constexpr std::uint64_t kMaxFrame = std::uint64_t{64} << 20;

/// In front of the object. Its layout is part of the magic number.
struct Head {
  std::uint64_t magic = kMagic;
  Digest key{};
  Digest digest{};  ///< of the head, with zeros here, and the object
  Measures measures;
  std::uint32_t form = 0;
  std::uint64_t frame_bytes = 0;
  std::uint64_t object_bytes = 0;
};
static_assert(sizeof(Head) == 8 + 32 + 32 + sizeof(Measures) + 4 + 8 + 8, "without holes");

Digest digest_of(Head head, std::string_view object) {
  head.digest = {};
  Hasher hasher;
  hasher.add(std::string_view(reinterpret_cast<const char*>(&head), sizeof head));
  hasher.add(object);
  return hasher.finish();
}

bool plausible(const Head& head) {
  const Measures& measures = head.measures;
  return head.form <= static_cast<std::uint32_t>(Form::stacked) && measures.flushes <= 1 &&
         measures.static_shared <= kMaxShared && measures.dynamic_shared <= kMaxShared &&
         measures.local_bytes <= kMaxLocal && head.frame_bytes <= kMaxFrame;
}

}  // namespace

std::string encode(const Digest& key, const CodeFile& file) {
  Head head;
  head.key = key;
  head.measures = file.measures;
  head.form = file.form;
  head.frame_bytes = file.frame_bytes;
  head.object_bytes = file.object.size();
  head.digest = digest_of(head, file.object);
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + file.object;
}

std::optional<CodeFile> decode(const Digest& key, std::string_view bytes) {
  Head head;
  if (bytes.size() < sizeof head || bytes.size() > kMaxCodeFile) return std::nullopt;
  std::memcpy(&head, bytes.data(), sizeof head);
  const std::string_view object = bytes.substr(sizeof head);
  if (head.magic != kMagic || head.key != key || head.object_bytes != object.size())
    return std::nullopt;
  if (head.digest != digest_of(head, object) || !plausible(head)) return std::nullopt;
  return CodeFile{head.measures, head.form, head.frame_bytes, std::string(object)};
}

}  // namespace vgpu::jit
