#include "shim/cpu/jit/code_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "shim/cpu/jit/code_file.h"

namespace vgpu::jit {

namespace {

constexpr mode_t kOthersMayWrite = S_IWGRP | S_IWOTH;
constexpr std::string_view kTemporary = ".new-";
constexpr std::time_t kAbandoned = 3600;  // Units: seconds; then a temporary file's writer is dead
constexpr std::uint64_t kAddUpEvery = std::uint64_t{16} << 20;  // Units: bytes

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(-1); }
  void reset(int fd) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Ours alone: made by this user, and nobody else may change it.
bool is_own(int fd, mode_t kind, struct stat& status) {
  return ::fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind &&
         status.st_uid == ::geteuid() && (status.st_mode & kOthersMayWrite) == 0;
}

/// A descriptor of the folder, or -1 where there is none or it is not ours alone.
int open_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  return folder && is_own(folder.get(), S_IFDIR, status) ? folder.release() : -1;
}

/// What there is of `path`, from its beginning; `missing` gets the names of the rest, the last
/// first.
int open_existing(std::string path, std::vector<std::string>& missing) {
  for (;;) {
    const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const std::size_t slash = path.rfind('/');
    if (fd >= 0 || errno != ENOENT || slash == std::string::npos || path == "/") return fd;
    if (slash + 1 != path.size()) missing.push_back(path.substr(slash + 1));
    path.resize(std::max<std::size_t>(slash, 1));
  }
}

/// The folder and those above it, as far as they are missing; only below what is this user's own or
/// the system's, so that a link of somebody else's leads us nowhere. Source of the mode: the XDG
/// base directory specification.
void make_folder(const std::string& path) {
  std::vector<std::string> missing;
  Descriptor here(open_existing(path, missing));
  struct stat status {};
  if (!here || ::fstat(here.get(), &status) != 0) return;
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return;
  for (; !missing.empty(); missing.pop_back()) {
    const char* const name = missing.back().c_str();
    if (::mkdirat(here.get(), name, S_IRWXU) != 0 && errno != EEXIST) return;
    here.reset(::openat(here.get(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!here || !is_own(here.get(), S_IFDIR, status)) return;
  }
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t done = ::write(fd, content.data(), content.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

/// A file that grows past the program's own limit would end the program.
bool may_be_written(std::size_t size) {
  struct rlimit most {};
  return ::getrlimit(RLIMIT_FSIZE, &most) == 0 && size <= most.rlim_cur;
}

bool is_name_of_code(std::string_view name) {
  return name.size() == 2 * Digest().size() &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

struct Found {
  timespec used{};
  std::uint64_t size = 0;
  std::string name;
};

bool earlier(const Found& a, const Found& b) {
  return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
}

/// The cache's files. What is left of writers that died goes at once.
std::vector<Found> files_in(int folder) {
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  std::vector<Found> found;
  Descriptor own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return found;
  const std::unique_ptr<DIR, Close> stream(::fdopendir(own.get()));
  if (stream == nullptr) return found;
  own.release();
  const std::time_t now = std::time(nullptr);
  while (const dirent* const entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    const bool temporary = name.compare(0, kTemporary.size(), kTemporary) == 0;
    struct stat status {};
    if (!temporary && !is_name_of_code(name)) continue;
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!temporary)
      found.push_back({status.st_mtim, static_cast<std::uint64_t>(status.st_size), name});
    else if (status.st_mtime < now - kAbandoned)
      ::unlinkat(folder, name.c_str(), 0);
  }
  return found;
}

std::string temporary_name() {
  static std::atomic<unsigned> count{0};
  return std::string(kTemporary) + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

}  // namespace

std::optional<std::string> CodeCache::read(const Digest& key) const {
  if (!enabled()) return std::nullopt;
  const Descriptor folder(open_folder(folder_));
  if (!folder) return std::nullopt;
  // Not to wait for a FIFO that somebody put there.
  const Descriptor file(
      ::openat(folder.get(), text_of(key).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || !is_own(file.get(), S_IFREG, status)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > kMaxCodeFile) return std::nullopt;
  std::string content(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::read(file.get(), content.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  // When it was last used; on a read-only file system nothing is evicted either.
  static_cast<void>(::futimens(file.get(), nullptr));
  return content;
}

void CodeCache::remove(const Digest& key) const {
  if (!enabled()) return;
  const Descriptor folder(open_folder(folder_));
  if (folder) ::unlinkat(folder.get(), text_of(key).c_str(), 0);
}

bool CodeCache::write(const Digest& key, std::string_view content) {
  if (!enabled() || content.size() > limit_ || !may_be_written(content.size())) return false;
  int opened = open_folder(folder_);
  if (opened < 0) {
    make_folder(folder_);
    opened = open_folder(folder_);
  }
  const Descriptor folder(opened);
  if (!folder) return false;
  const std::string name = temporary_name();
  const Descriptor file(::openat(folder.get(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                 S_IRUSR | S_IWUSR));
  if (!file) return false;
  // Not synchronised with the disk: what a crash leaves of it has the wrong digest.
  if (!write_all(file.get(), content) ||
      ::renameat(folder.get(), name.c_str(), folder.get(), text_of(key).c_str()) != 0) {
    ::unlinkat(folder.get(), name.c_str(), 0);
    return false;
  }
  const std::uint64_t before = written_.load();
  if (before >= std::min(kAddUpEvery, limit_ / 8)) {
    written_ = 0;
    evict(folder.get());
  } else {
    written_ = before + content.size();
  }
  return true;
}

void CodeCache::evict(int folder) const {
  std::vector<Found> files = files_in(folder);
  std::uint64_t total = 0;
  for (const Found& each : files) total += each.size;
  if (total <= limit_) return;
  std::sort(files.begin(), files.end(), earlier);
  // Some room, so that not every new kernel costs a look at all files.
  const std::uint64_t wanted = limit_ / 4 * 3;
  for (const Found& each : files) {
    if (total <= wanted) return;
    ::unlinkat(folder, each.name.c_str(), 0);
    total -= each.size;
  }
}

}  // namespace vgpu::jit
