#include "tracer/sys/memfd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/sys/errors.h"

namespace vgpu::tracer {

namespace {

void finish(const UniqueFd& fd, const std::string& name, mode_t mode, int seals) {
  check_sys(::fchmod(fd.get(), mode), "set the mode of {}", name);
  check_sys(::fcntl(fd.get(), F_ADD_SEALS, seals | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
            "seal {}", name);
}

}  // namespace

UniqueFd make_memfd(const std::string& name, std::string_view content, mode_t mode) {
  UniqueFd fd(check_sys(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING),
                        "make a memory file for {}", name));
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t written = check_sys(
        ::pwrite(fd.get(), content.data() + at, content.size() - at, static_cast<off_t>(at)),
        "fill the memory file for {}", name);
    at += static_cast<std::size_t>(written);
  }
  finish(fd, name, mode, F_SEAL_WRITE);
  return fd;
}

UniqueFd make_shared_memfd(const std::string& name, std::size_t size, mode_t mode) {
  UniqueFd fd(check_sys(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING),
                        "make a memory file for {}", name));
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
