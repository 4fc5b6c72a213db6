#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/trace/elf.h"
#include "tracer/trace/event.h"

namespace vgpu::tracer {

/// What one process did to get its libraries: the paths that it tried, and who needs which.
class Libraries {
 public:
  /// A probe of `path` that opened it as `fd`, or failed (fd -1).
  void note_probe(std::string_view path, int fd);

  /// The path that `fd` was opened by, if that is known.
  std::string_view opened(int fd) const;

  /// `file` was mapped to be run; fills in what led to it. `names`: what it may have been asked
  /// for as.
  void add_mapping(Event& event, const ElfFile& file, std::span<const std::string_view> names);

  /// The program itself: nothing that was there before counts.
  void add_program(const ElfFile& file, std::string_view name);

  /// True if a library whose files matter needs a library of this name.
  bool matters(std::string_view path) const;
  /// From now on what `file` needs matters too.
  void let_matter(const ElfFile& file);

 private:
  struct Object {
    std::string name;
    List needed;
  };
  std::string_view who_needs(std::string_view name) const;

  std::map<std::string, List, std::less<>> tried_;  // by the last name of the path
  std::map<int, std::string> opened_;
  std::vector<Object> objects_;
  std::set<std::string, std::less<>> mattering_;
};

/// The part of a path after its last slash.
std::string_view last_name(std::string_view path) noexcept;

}  // namespace vgpu::tracer
