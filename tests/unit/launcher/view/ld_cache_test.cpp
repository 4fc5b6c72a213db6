#include "launcher/view/ld_cache.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <random>

namespace vgpu::launcher {
namespace {

struct Library {
  std::string name;
  std::string path;
  std::int32_t flags = 0x0303;
};

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::uint32_t word_at(const std::string& bytes, std::size_t offset) {
  std::uint32_t word = 0;
  REQUIRE(offset + sizeof word <= bytes.size());
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

/// A cache as ldconfig writes it, with one name in its list of hardware capabilities.
/// Source: glibc, dl-cache.h.
std::string make_cache(const std::vector<Library>& libraries) {
  constexpr std::uint32_t kHeader = 48;
  constexpr std::uint32_t kEntry = 24;
  const auto count = static_cast<std::uint32_t>(libraries.size());
  const std::uint32_t base = kHeader + kEntry * count;
  std::string strings("x86-64-v3", 10);
  std::string entries;
  for (const Library& library : libraries) {
    put(entries, library.flags);
    put(entries, static_cast<std::uint32_t>(base + strings.size()));
    strings += library.name + '\0';
    put(entries, static_cast<std::uint32_t>(base + strings.size()));
    strings += library.path + '\0';
    put(entries, std::uint32_t{0});
    put(entries, std::uint64_t{0});
  }
  const std::size_t extension = (base + strings.size() + 3) / 4 * 4;
  std::string cache = "glibc-ld.so.cache1.1";
  put(cache, count);
  put(cache, static_cast<std::uint32_t>(strings.size()));
  put(cache, std::uint32_t{2});
  put(cache, static_cast<std::uint32_t>(extension));
  cache.append(12, '\0');
  cache += entries + strings;
  cache.resize(extension);
  for (const std::uint32_t word : {0xeaa42174U, 2U}) put(cache, word);
  const auto after = static_cast<std::uint32_t>(extension + 8 + 2 * 16);
  for (const std::uint32_t word : {0U, 0U, after, 4U, 1U, 0U, after + 4U, 4U}) put(cache, word);
  cache += "test";
  put(cache, base);
  return cache;
}

const std::vector<CachedLibrary> kAdded = {{"libcuda.so.1", "/lib/libcuda.so.1"},
                                           {"libcuda.so", "/lib/libcuda.so"}};

std::string small_cache() {
  return make_cache({{"libz.so.1", "/lib/libz.so.1"},
                     {"libcuda.so.1", "/old/libcuda.so.1"},
                     {"libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6"},
                     {"libc.so.6", "/lib32/libc.so.6", 3}});
}

/// Names in the order of the cache, or what is wrong with it.
std::vector<std::string> names_in(const std::string& cache) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < word_at(cache, 20); ++i)
    names.emplace_back(cache.c_str() + word_at(cache, 48 + 24 * i + 4));
  return names;
}

}  // namespace

TEST_CASE("ld.so.cache: the libraries are found where they were added, the others as before") {
  const auto cache = add_to_ld_cache(small_cache(), kAdded);
  REQUIRE(cache);
  CHECK(directory_in_ld_cache(*cache, "libcuda.so.1") == "/lib");
  CHECK(directory_in_ld_cache(*cache, "libcuda.so") == "/lib");
  CHECK(directory_in_ld_cache(*cache, "libz.so.1") == "/lib");
  CHECK(directory_in_ld_cache(*cache, "libc.so.6") == "/lib/x86_64-linux-gnu");
  CHECK_FALSE(directory_in_ld_cache(*cache, "libm.so.6"));
}

TEST_CASE("ld.so.cache: names stand in the order of the loader's binary search") {
  const auto cache = add_to_ld_cache(small_cache(), kAdded);
  REQUIRE(cache);
  CHECK(names_in(*cache) == std::vector<std::string>{"libz.so.1", "libcuda.so.1", "libcuda.so",
                                                     "libc.so.6", "libc.so.6"});
}

TEST_CASE("ld.so.cache: the list of hardware capabilities still names the same") {
  const auto cache = add_to_ld_cache(small_cache(), kAdded);
  REQUIRE(cache);
  const std::uint32_t extension = word_at(*cache, 32);
  CHECK(word_at(*cache, extension) == 0xeaa42174U);
  CHECK(cache->substr(word_at(*cache, extension + 8 + 8), 4) == "test");
  const std::uint32_t list = word_at(*cache, extension + 8 + 16 + 8);
  CHECK(std::string(cache->c_str() + word_at(*cache, list)) == "x86-64-v3");
}

TEST_CASE("ld.so.cache: adding twice is adding once") {
  const auto once = add_to_ld_cache(small_cache(), kAdded);
  REQUIRE(once);
  const auto twice = add_to_ld_cache(*once, kAdded);
  REQUIRE(twice);
  CHECK(names_in(*twice) == names_in(*once));
}

TEST_CASE("ld.so.cache: what is not understood is left alone") {
  CHECK_FALSE(add_to_ld_cache("", kAdded));
  CHECK_FALSE(add_to_ld_cache("ld.so-1.7.0", kAdded));
  CHECK_FALSE(add_to_ld_cache("glibc-ld.so.cache1.1", kAdded));
  std::string newer = small_cache();
  newer[19] = '2';
  CHECK_FALSE(add_to_ld_cache(newer, kAdded));
  std::string big_endian = small_cache();
  big_endian[28] = 3;
  CHECK_FALSE(add_to_ld_cache(big_endian, kAdded));
}

TEST_CASE("ld.so.cache: hostile bytes are refused or rewritten, and never read outside") {
  const std::string good = small_cache();
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes each time
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    for (int change = 0; change < 3; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 2 == 0) bytes.resize(random() % bytes.size());
    if (const auto cache = add_to_ld_cache(bytes, kAdded))
      CHECK(directory_in_ld_cache(*cache, "libcuda.so.1") == "/lib");
  }
}

TEST_CASE("library names: digits count as numbers and stand before letters") {
  CHECK(compare_library_names("liba.so.2", "liba.so.10") < 0);
  CHECK(compare_library_names("liba.so.10", "liba.so.2") > 0);
  CHECK(compare_library_names("liba.so.1", "liba.so.1") == 0);
  CHECK(compare_library_names("liba.so.1", "liba.so") > 0);
  CHECK(compare_library_names("liba.so", "libb.so") < 0);
  CHECK(compare_library_names("lib1", "liba") > 0);
  CHECK(compare_library_names("lib00000000000000000000002", "lib10") < 0);
}

}  // namespace vgpu::launcher
