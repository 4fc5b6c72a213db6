#include "tracer/sys/memfd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "tracer/sys/errors.h"

namespace vgpu::tracer {

namespace {

UniqueFd make_empty(const std::string& name) {
  const std::string marked = own_mark() + name;
  return UniqueFd(check_sys(::memfd_create(marked.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING),
                            "make a memory file for {}", name));
}

void finish(const UniqueFd& fd, const std::string& name, mode_t mode, int seals) {
  check_sys(::fchmod(fd.get(), mode), "set the mode of {}", name);
  check_sys(::fcntl(fd.get(), F_ADD_SEALS, seals | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
            "seal {}", name);
}

}  // namespace

const std::string& own_mark() {
  static const std::string mark = [] {
    std::uint32_t number = 0;
    check_sys(::getrandom(&number, sizeof number, 0), "getrandom");
    return fmt::format("{:08x}:", number);
  }();
  return mark;
}

UniqueFd make_memfd(const std::string& name, std::string_view content, mode_t mode) {
  const auto fill = [&](int fd) {
    for (std::size_t at = 0; at < content.size();) {
      const ssize_t written =
          check_sys(::pwrite(fd, content.data() + at, content.size() - at, static_cast<off_t>(at)),
                    "fill the memory file for {}", name);
      at += static_cast<std::size_t>(written);
    }
  };
  return make_memfd(name, fill, mode);
}

UniqueFd make_memfd(const std::string& name, const std::function<void(int)>& fill, mode_t mode) {
  UniqueFd fd = make_empty(name);
  fill(fd.get());
  finish(fd, name, mode, F_SEAL_WRITE);
  return fd;
}

UniqueFd make_shared_memfd(const std::string& name, std::size_t size, mode_t mode) {
  UniqueFd fd = make_empty(name);
  check_sys(::ftruncate(fd.get(), static_cast<off_t>(size)), "set the size of {}", name);
  finish(fd, name, mode, 0);
  return fd;
}

UniqueFd reopen(int fd, int flags) {
  char link[32];
  *fmt::format_to_n(link, sizeof link - 1, "/proc/self/fd/{}", fd).out = '\0';
  return UniqueFd(check_sys(::open(link, flags | O_CLOEXEC), "reopen {}", link));
}

}  // namespace vgpu::tracer
