#include <doctest/doctest.h>

#include "shim/cpu/image/fatbin.h"

namespace vgpu::image {
namespace {

struct Have {
  std::uint32_t arch;
  char suffix = 0;
  Entry::Kind kind = Entry::Kind::ptx;
};

/// "90a" of the entry taken, or "none".
std::string chosen(int compute_capability, const std::vector<Have>& have) {
  std::vector<Entry> entries;
  for (const Have& h : have) {
    Entry entry;
    entry.kind = h.kind;
    entry.arch = h.arch;
    entry.suffix = h.suffix;
    entries.push_back(entry);
  }
  const Entry* entry = find_ptx(entries, compute_capability);
  if (entry == nullptr) return "none";
  std::string text = std::to_string(entry->arch);
  if (entry->suffix != 0) text += entry->suffix;
  return text;
}

TEST_CASE("choice: the highest PTX that is not above the device") {
  CHECK(chosen(75, {{61}, {75}, {80}}) == "75");
  CHECK(chosen(79, {{61}, {75}, {80}}) == "75");
  CHECK(chosen(120, {{61}, {75}, {80}}) == "80");
}

TEST_CASE("choice: none that is above it") {
  CHECK(chosen(75, {{120}, {90}, {76}}) == "none");
  CHECK(chosen(61, {{75}}) == "none");
}

TEST_CASE("choice: never SASS or LTO-IR") {
  CHECK(chosen(75, {{75, 0, Entry::Kind::elf}, {75, 0, Entry::Kind::lto}}) == "none");
  CHECK(chosen(75, {{75, 0, Entry::Kind::elf}, {61}}) == "61");
  CHECK(chosen(75, {}) == "none");
}

TEST_CASE("choice: code for one architecture only on that one") {
  CHECK(chosen(90, {{80}, {90, 'a'}}) == "90a");
  CHECK(chosen(100, {{80}, {90, 'a'}}) == "80");
  CHECK(chosen(75, {{90, 'a'}}) == "none");
  CHECK(chosen(100, {{90, 'a'}}) == "none");
}

TEST_CASE("choice: code for a family on its members from that one on") {
  CHECK(chosen(103, {{80}, {100, 'f'}}) == "100f");
  CHECK(chosen(120, {{80}, {100, 'f'}}) == "80");
  CHECK(chosen(120, {{100, 'f'}}) == "none");
  CHECK(chosen(100, {{80}, {103, 'f'}}) == "80");
}

TEST_CASE("choice: of the same architecture, plain code first") {
  CHECK(chosen(90, {{90, 'a'}, {90}}) == "90");
}

}  // namespace
}  // namespace vgpu::image
