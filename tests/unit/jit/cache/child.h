#pragma once

#include <functional>
#include <string>

namespace vgpu::jit::test {

/// A folder of one test; it goes with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What `body` returns, run in a process of its own; "died" if it did not get to an end.
std::string in_child(const std::function<std::string()>& body);

}  // namespace vgpu::jit::test
