#include "shim/cpu/jit/code_cache.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/unit/jit/cache/child.h"

namespace vgpu::jit::test {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kPlenty = 1u << 30;

Digest key_of(unsigned number) {
  Digest key{};
  key[0] = static_cast<std::uint8_t>(number);
  return key;
}

std::string file_of(const std::string& folder, unsigned number) {
  return folder + "/" + text_of(key_of(number));
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// Makes the file's last use `seconds` after 1970.
void used_at(const std::string& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("cache: what was written is read, by this cache and by another of the same folder") {
  const Folder folder;
  CodeCache cache(folder.path() + "/a/b", kPlenty);
  CHECK_FALSE(cache.read(key_of(1)));
  REQUIRE(cache.write(key_of(1), "one"));
  CHECK(cache.read(key_of(1)) == "one");
  CHECK_FALSE(cache.read(key_of(2)));
  REQUIRE(CodeCache(folder.path() + "/a/b", kPlenty).write(key_of(1), "another"));
  CHECK(cache.read(key_of(1)) == "another");
  cache.remove(key_of(1));
  CHECK_FALSE(cache.read(key_of(1)));
}

TEST_CASE("cache: folder and files are for their owner only, whatever the umask") {
  const Folder folder;
  const mode_t before = ::umask(0);
  CodeCache cache(folder.path() + "/made", kPlenty);
  const bool written = cache.write(key_of(1), "one");
  ::umask(before);
  REQUIRE(written);
  CHECK(mode_of(folder.path() + "/made") == 0700);
  CHECK(mode_of(file_of(folder.path() + "/made", 1)) == 0600);
}

TEST_CASE("cache: files and folders that others may write are neither read nor written") {
  const Folder folder;
  CodeCache cache(folder.path(), kPlenty);
  REQUIRE(cache.write(key_of(1), "one"));
  for (const mode_t mode : {0620u, 0602u}) {
    REQUIRE(::chmod(file_of(folder.path(), 1).c_str(), mode) == 0);
    CHECK_FALSE(cache.read(key_of(1)));
  }
  REQUIRE(::chmod(file_of(folder.path(), 1).c_str(), 0644) == 0);
  CHECK(cache.read(key_of(1)));
  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  CHECK_FALSE(cache.read(key_of(1)));
  CHECK_FALSE(cache.write(key_of(2), "two"));
}

TEST_CASE("cache: what belongs to another user is not read") {
  const Folder folder;
  CodeCache cache(folder.path(), kPlenty);
  REQUIRE(cache.write(key_of(1), "one"));
  if (::geteuid() != 0) {
    MESSAGE("SKIP: files of another user: only root can make some");
    return;
  }
  REQUIRE(::chown(file_of(folder.path(), 1).c_str(), 12345, 12345) == 0);
  CHECK_FALSE(cache.read(key_of(1)));
}

TEST_CASE("cache: folders are not made below another user's, also where a link of his leads") {
  if (::geteuid() != 0) {
    MESSAGE("SKIP: cache: making another user's folder takes root");
    return;
  }
  const Folder folder;
  const std::string theirs = folder.path() + "/theirs";
  const std::string ours = folder.path() + "/ours";
  fs::create_directory(theirs);
  fs::create_directory(ours);
  fs::create_directory_symlink(theirs, folder.path() + "/link");
  REQUIRE(::chown(theirs.c_str(), 65534, 65534) == 0);
  for (const std::string& place : {theirs, folder.path() + "/link"}) {
    CAPTURE(place);
    CHECK_FALSE(CodeCache(place + "/.cache/vgpu-run", kPlenty).write(key_of(1), "one"));
  }
  CHECK(files_in(theirs) == 0);
  fs::create_directory_symlink(ours, folder.path() + "/own_link");
  CHECK(CodeCache(folder.path() + "/own_link//a/b/", kPlenty).write(key_of(1), "one"));
}

TEST_CASE("cache: links, FIFOs and folders in place of a file are not read, and do not block") {
  const Folder folder;
  CodeCache cache(folder.path(), kPlenty);
  REQUIRE(cache.write(key_of(1), "one"));
  REQUIRE(::symlink(file_of(folder.path(), 1).c_str(), file_of(folder.path(), 2).c_str()) == 0);
  REQUIRE(::mkfifo(file_of(folder.path(), 3).c_str(), 0600) == 0);
  REQUIRE(::mkdir(file_of(folder.path(), 4).c_str(), 0700) == 0);
  for (const unsigned number : {2u, 3u, 4u}) CHECK_FALSE(cache.read(key_of(number)));
}

TEST_CASE("cache: where nothing can be written nothing is, and nothing is left") {
  const Folder folder;
  std::ofstream(folder.path() + "/file") << "not a folder";
  CodeCache nowhere(folder.path() + "/file/below", kPlenty);
  CHECK_FALSE(nowhere.write(key_of(1), "one"));
  CHECK_FALSE(nowhere.read(key_of(1)));
  CHECK_FALSE(CodeCache("", kPlenty).write(key_of(1), "one"));
  CHECK(in_child([&] {
          const rlimit small{10, 10};
          ::setrlimit(RLIMIT_FSIZE, &small);
          CodeCache cache(folder.path() + "/limited", kPlenty);
          return std::string(cache.write(key_of(1), "more than ten bytes") ? "written" : "not") +
                 (cache.write(key_of(1), "few") ? " written" : " not");
        }) == "not written");
  CHECK(files_in(folder.path() + "/limited") == 1);
}

TEST_CASE("cache: a file larger than the whole cache is not kept") {
  const Folder folder;
  CodeCache cache(folder.path(), 8);
  CHECK_FALSE(cache.write(key_of(1), "longer than that"));
  CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("cache: over its limit those used least lately go, and reading is use") {
  const Folder folder;
  const std::string piece(1000, 'x');
  CodeCache(folder.path(), kPlenty).write(key_of(0), piece);
  for (unsigned n = 1; n < 8; ++n) {
    REQUIRE(CodeCache(folder.path(), kPlenty).write(key_of(n), piece));
    used_at(file_of(folder.path(), n), 1000 + n);
  }
  used_at(file_of(folder.path(), 0), 1);
  CodeCache cache(folder.path(), 8000);
  REQUIRE(cache.read(key_of(0)));          // now the latest
  REQUIRE(cache.write(key_of(8), piece));  // 9000 bytes: down to 6000
  for (const unsigned gone : {1u, 2u, 3u}) CHECK_FALSE(cache.read(key_of(gone)));
  for (const unsigned left : {0u, 4u, 5u, 6u, 7u, 8u}) CHECK(cache.read(key_of(left)));
}

TEST_CASE("cache: what dead writers left goes in time; other files are never touched") {
  const Folder folder;
  for (const char* name : {".new-1-1", ".new-1-2", "notes"})
    std::ofstream(folder.path() + "/" + name) << "x";
  used_at(folder.path() + "/.new-1-1", 1000);
  used_at(folder.path() + "/notes", 1000);
  CodeCache cache(folder.path(), 8);
  REQUIRE(cache.write(key_of(1), "one"));
  CHECK_FALSE(fs::exists(folder.path() + "/.new-1-1"));
  CHECK(fs::exists(folder.path() + "/.new-1-2"));
  CHECK(fs::exists(folder.path() + "/notes"));
}

TEST_CASE("cache: processes that write and read the same files at once see whole files only") {
  const Folder folder;
  const auto work = [&](unsigned own) {
    CodeCache cache(folder.path(), 64 << 10);  // small: eviction takes part
    const std::string content(10000 + own, static_cast<char>('a' + own));
    for (unsigned n = 0; n < 200; ++n) {
      cache.write(key_of(n % 8), content);
      const auto read = cache.read(key_of((n + own) % 8));
      if (!read) continue;
      const auto writer = static_cast<unsigned>(read->front() - 'a');
      if (writer > 7 || read->size() != 10000 + writer ||
          read->find_first_not_of(read->front()) != std::string::npos)
        return 1;
    }
    return 0;
  };
  std::vector<pid_t> children;
  for (unsigned n = 0; n < 4; ++n) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work(n));
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  for (const auto& entry : fs::directory_iterator(folder.path()))
    CHECK(entry.path().filename().string().size() == 64);
}

}  // namespace
}  // namespace vgpu::jit::test
