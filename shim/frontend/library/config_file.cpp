#include "shim/frontend/library/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace vgpu {
namespace {

constexpr std::size_t kLongest = std::size_t{1} << 20;  // some 200 GPUs

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const char* path) {
  throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

DeviceConfig read_config_file(const char* path) {
  const OpenFile file(::open(path, O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    fail(path);
  }
  std::string text;
  char part[4096];
  while (true) {
    const ssize_t got = ::read(file.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path);
    if (got == 0) break;
    text.append(part, static_cast<std::size_t>(got));
    if (text.size() > kLongest) throw std::runtime_error(std::string(path) + ": too long");
  }
  return parse_config(text);
}

}  // namespace vgpu
