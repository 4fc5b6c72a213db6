#include "launcher/explain/elf_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace vgpu::explain {

TEST_CASE("elf: this program needs the C library, and versions of it") {
  const auto file = read_elf("/proc/self/exe");
  REQUIRE(file.has_value());
  CHECK(file->machine == "x86_64");
  CHECK(std::ranges::find(file->needed, "libc.so.6") != file->needed.end());
  REQUIRE(file->wanted.contains("libc.so.6"));
  CHECK(file->wanted.at("libc.so.6").contains("GLIBC_2.34"));
}

TEST_CASE("elf: what is no ELF file, or not there, is nothing") {
  CHECK_FALSE(read_elf("/etc/passwd").has_value());
  CHECK_FALSE(read_elf("/none/such").has_value());
  CHECK_FALSE(read_elf("/dev/null").has_value());
}

TEST_CASE("elf: a file that is cut or damaged anywhere is no harm") {
  std::ifstream self("/proc/self/exe", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(self), {}};
  char name[] = "/tmp/elf.XXXXXX";
  const int fd = ::mkstemp(name);
  REQUIRE(fd >= 0);
  ::close(fd);
  bytes.resize(std::min<std::size_t>(bytes.size(), 1 << 16));
  unsigned state = 1;
  const auto next = [&](std::size_t below) {
    state = state * 1103515245 + 12345;
    return state % below;
  };
  for (int round = 0; round < 200; ++round) {
    std::string damaged = bytes.substr(0, next(bytes.size()));
    for (int i = 0; i < 40 && !damaged.empty(); ++i)
      damaged[next(std::min<std::size_t>(damaged.size(), 4096))] = static_cast<char>(next(256));
    if (damaged.size() > 4)
      damaged.replace(0, 4,
                      "\x7f"
                      "ELF");
    std::ofstream(name, std::ios::binary) << damaged;
    CHECK_NOTHROW(static_cast<void>(read_elf(name)));
  }
  ::unlink(name);
}

}  // namespace vgpu::explain
