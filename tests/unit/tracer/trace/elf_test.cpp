#include "tracer/trace/elf.h"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <gnu/libc-version.h>

#include <algorithm>
#include <string>

#include "tracer/sys/memfd.h"
#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {
namespace {

UniqueFd open_at(const char* path) { return UniqueFd(::open(path, O_RDONLY | O_CLOEXEC)); }

}  // namespace

TEST_CASE("elf: this program needs the C library, and versions of it") {
  const UniqueFd self = open_at("/proc/self/exe");
  const ElfFile file = read_elf(self.get());
  CHECK(file.machine == "x86_64");
  CHECK(std::ranges::find(file.needed, "libc.so.6") != file.needed.end());
  CHECK(libc_of(file.interpreter) == "glibc");
  const ElfVersions versions = read_elf_versions(self.get());
  REQUIRE(versions.wanted.contains("libc.so.6"));
  CHECK(versions.wanted.at("libc.so.6").contains("GLIBC_2.34"));
  CHECK(versions.had.empty());
}

TEST_CASE("elf: the C library has its versions") {
  Dl_info here{};
  REQUIRE(::dladdr(reinterpret_cast<const void*>(::gnu_get_libc_version), &here) != 0);
  const UniqueFd libc = open_at(here.dli_fname);
  CHECK(read_elf(libc.get()).soname == "libc.so.6");
  const ElfVersions versions = read_elf_versions(libc.get());
  CHECK(versions.had.contains("GLIBC_2.34"));
  CHECK(versions.had.contains("GLIBC_2.2.5"));
}

TEST_CASE("elf: of a machine with the other order of bytes the name is known, and nothing else") {
  const auto file_of = [](std::string machine) {
    std::string bytes("\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\3", 18);
    bytes += machine;
    bytes.resize(64);
    return read_elf(make_memfd("big", bytes, 0444).get());
  };
  CHECK(file_of(std::string("\0\26", 2)).machine == "s390x");
  CHECK(file_of(std::string("\0\25", 2)).machine == "ppc64");
  CHECK(file_of("\1\2").machine == "machine 258");
  CHECK(file_of(std::string("\0\26", 2)).needed.empty());
}

TEST_CASE("elf: what is no ELF file is nothing") {
  for (const char* path : {"/etc/passwd", "/dev/null", "/none/such", "/"}) {
    const UniqueFd file = open_at(path);
    CHECK(read_elf(file.get()).machine.empty());
    CHECK(read_elf_versions(file.get()).wanted.empty());
  }
  const UniqueFd cut = make_memfd("cut", "\177ELF\2\1", 0444);
  CHECK(read_elf(cut.get()).machine.empty());
}

}  // namespace vgpu::tracer
