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
  /// `path` was opened as `fd`, which the kernel says is `link`.
  void note_open(std::string_view path, int fd, std::string_view link);
  void note_failure(std::string_view path);

  /// The path that `fd`, which now is `link`, was opened by; empty if that is not known.
  std::string_view opened(int fd, std::string_view link) const;

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
  struct Opened {
    std::string path;
    std::string link;
  };
  struct Object {
    std::string name;
    List needed;
  };
  std::string_view who_needs(std::string_view name) const;

  std::map<std::string, List, std::less<>> tried_;  // by the last name of the path
  std::map<int, Opened> opened_;  // closed ones too: their numbers may be another file's by now
  std::vector<Object> objects_;
  std::set<std::string, std::less<>> mattering_;
};

/// The part of a path after its last slash.
std::string_view last_name(std::string_view path) noexcept;

}  // namespace vgpu::tracer
