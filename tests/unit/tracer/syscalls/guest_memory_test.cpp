#include "tracer/syscalls/guest_memory.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace vgpu::tracer {
namespace {

constexpr std::size_t kPage = 4096;

GuestPtr address(const void* pointer) {
  return GuestPtr{reinterpret_cast<std::uintptr_t>(pointer)};
}

// Two pages of memory, and nothing behind them.
class Pages {
 public:
  Pages()
      : start_(static_cast<char*>(::mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    ::mprotect(start_ + 2 * kPage, kPage, PROT_NONE);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { ::munmap(start_, 3 * kPage); }

  char* end() const noexcept { return start_ + 2 * kPage; }
  char* start() const noexcept { return start_; }

 private:
  char* start_;
};

TEST_CASE("read_string: a string is read whole wherever it lies") {
  const Pages pages;
  PathBuffer buffer;
  for (const std::size_t size : {0U, 1U, 255U, 256U, 257U, 4000U, 4095U}) {
    CAPTURE(size);
    const std::string text(size, 'x');
    char* at = pages.end() - size - 1;  // its NUL is the last byte that there is
    std::memcpy(at, text.c_str(), size + 1);
    CHECK(read_string(::getpid(), address(at), buffer) == text);
    std::memcpy(pages.start(), text.c_str(), size + 1);
    CHECK(read_string(::getpid(), address(pages.start()), buffer) == text);
  }
}

TEST_CASE("read_string: no end, no memory, no process: no string") {
  const Pages pages;
  PathBuffer buffer;
  std::memset(pages.start(), 'x', 2 * kPage);
  CHECK(read_string(::getpid(), address(pages.start()), buffer).data() == nullptr);
  CHECK(read_string(::getpid(), address(pages.end() - 10), buffer).data() == nullptr);
  CHECK(read_string(::getpid(), GuestPtr{0}, buffer).data() == nullptr);
  CHECK(read_string(::getpid(), GuestPtr{~std::uint64_t{0}}, buffer).data() == nullptr);
  CHECK(read_string(-1, address(pages.start()), buffer).data() == nullptr);
}

TEST_CASE("write_memory: all or an answer of false") {
  const Pages pages;
  const std::byte data[16]{};
  CHECK(write_memory(::getpid(), address(pages.start()), data));
  CHECK_FALSE(write_memory(::getpid(), address(pages.end() - 8), data));
  CHECK_FALSE(write_memory(::getpid(), GuestPtr{0}, data));
}

}  // namespace
}  // namespace vgpu::tracer
