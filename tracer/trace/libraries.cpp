#include "tracer/trace/libraries.h"

#include <algorithm>

namespace vgpu::tracer {
namespace {

// What a hostile or a very long-lived process may cost us.
constexpr std::size_t kMostNames = 1024;
constexpr std::size_t kMostTries = 256;
constexpr std::size_t kMostObjects = 4096;

}  // namespace

std::string_view last_name(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

void Libraries::note_open(std::string_view path, int fd, std::string_view link) {
  if (opened_.size() < kMostNames || opened_.contains(fd))
    opened_[fd] = {std::string(path), std::string(link)};
}

void Libraries::note_failure(std::string_view path) {
  const std::string_view name = last_name(path);
  auto found = tried_.find(name);
  if (found == tried_.end()) {
    if (tried_.size() >= kMostNames) return;
    found = tried_.emplace(name, List()).first;
  }
  if (found->second.size() < kMostTries) found->second.emplace_back(path);
}

std::string_view Libraries::opened(int fd, std::string_view link) const {
  const auto found = opened_.find(fd);
  return found == opened_.end() || found->second.link != link
             ? std::string_view()
             : std::string_view(found->second.path);
}

std::string_view Libraries::who_needs(std::string_view name) const {
  for (const Object& object : objects_)
    if (std::ranges::find(object.needed, name) != object.needed.end()) return object.name;
  return {};
}

void Libraries::add_mapping(Event& event, const ElfFile& file,
                            std::span<const std::string_view> names) {
  List tried;
  std::string_view needed_by;
  for (const std::string_view name : names) {
    if (needed_by.empty()) needed_by = who_needs(name);
    const auto found = tried_.find(name);
    if (found == tried_.end()) continue;
    tried.insert(tried.end(), found->second.begin(), found->second.end());
    tried_.erase(found);
  }
  if (!tried.empty()) event.add(Key::tried, std::move(tried));
  if (!needed_by.empty()) event.add(Key::needed_by, std::string(needed_by));
  if (objects_.size() < kMostObjects && !names.empty())
    objects_.push_back({std::string(names.front()), file.needed});
}

void Libraries::add_program(const ElfFile& file, std::string_view name) {
  *this = Libraries();
  objects_.push_back({std::string(name), file.needed});
}

bool Libraries::matters(std::string_view path) const {
  return !mattering_.empty() && mattering_.contains(last_name(path));
}

void Libraries::let_matter(const ElfFile& file) {
  if (mattering_.size() < kMostNames) mattering_.insert(file.needed.begin(), file.needed.end());
}

}  // namespace vgpu::tracer
