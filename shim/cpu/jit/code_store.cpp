#include "shim/cpu/jit/code_store.h"

#include <atomic>
#include <memory>

#include "shim/cpu/jit/build_id.h"
#include "shim/cpu/jit/code_cache.h"
#include "shim/cpu/jit/statistics.h"

namespace vgpu::jit {

namespace {

/// Replaced at most when a device starts, never freed: kernels are compiled until the very end.
std::atomic<CodeCache*>& cache() noexcept {
  static constinit std::atomic<CodeCache*> kept{nullptr};
  return kept;
}

void add_program(Hasher& hasher, const Linkage& linkage, const std::string& kernel) {
  const auto own = build_id();
  hasher.add(std::string_view(reinterpret_cast<const char*>(own.data()), own.size()));
  const Digest& texts = linkage.digest();
  hasher.add(std::string_view(reinterpret_cast<const char*>(texts.data()), texts.size()));
  hasher.add(kernel);
}

}  // namespace

void keep_code_in(const std::string& folder, std::uint64_t limit) {
  // Without a name of our own we cannot tell our code from an older version's.
  const bool possible = !build_id().empty() && limit != 0;
  auto fresh = std::make_unique<CodeCache>(possible ? folder : std::string(), limit);
  cache().store(fresh.release());
}

Digest key_of_measures(const Linkage& linkage, const std::string& kernel) {
  Hasher hasher;
  hasher.add("measures");
  add_program(hasher, linkage, kernel);
  return hasher.finish();
}

Digest key_of_code(const Linkage& linkage, const std::string& kernel, const BlockClass& block,
                   const std::string& processor) {
  Hasher hasher;
  hasher.add("code");
  add_program(hasher, linkage, kernel);
  hasher.add(processor);
  hasher.add(block.width);
  for (const bool each : {block.full, block.x_is_multiple, block.one_row})
    hasher.add(std::uint64_t{each});
  return hasher.finish();
}

std::optional<CodeFile> find_code(const Digest& key) {
  const CodeCache* const from = cache().load();
  if (from == nullptr || !from->enabled()) return std::nullopt;
  const Stopwatch watch(counters().cache_ns);
  const auto bytes = from->read(key);
  if (!bytes) return std::nullopt;
  auto file = decode(key, *bytes);
  if (!file) from->remove(key);
  return file;
}

void keep_code(const Digest& key, const CodeFile& file) {
  CodeCache* const to = cache().load();
  if (to == nullptr || !to->enabled()) return;
  const Stopwatch watch(counters().cache_ns);
  ++(to->write(key, encode(key, file)) ? counters().stored : counters().not_stored);
}

void forget_code(const Digest& key) {
  if (const CodeCache* const from = cache().load()) from->remove(key);
}

}  // namespace vgpu::jit
