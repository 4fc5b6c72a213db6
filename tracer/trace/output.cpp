#include "tracer/trace/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace vgpu::tracer {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;
constexpr std::size_t kBatch = std::size_t{64} << 10;
constexpr std::chrono::milliseconds kDelay{20};
constexpr std::size_t kMostTargets = 64;  // files that are open at a time
constexpr mode_t kMode = 0666;

bool is_file(int fd) noexcept {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

/// The queue, and what its thread does.
class Output::Writer {
 public:
  Writer(std::string path, std::size_t limit) : path_(std::move(path)), limit_(limit) {}
  void add_target(UniqueFd fd, bool owned);
  void wait_for_room() noexcept { waits_ = true; }
  bool put(std::string_view record, pid_t pid);
  std::uint64_t take_dropped();
  /// True if all is written.
  bool finish(std::chrono::milliseconds patience, Loss& loss);
  void write_all();

 private:
  struct Chunk {
    pid_t pid;
    std::string bytes;
    std::vector<std::size_t> ends;  // of its records
  };
  struct Target {
    UniqueFd fd;
    std::size_t step = 0;  // most bytes of one write
    off_t whole = -1;      // where the last whole record ended; -1: cannot be taken back
  };

  bool write_chunk(const Chunk& chunk);
  Target* open_target(pid_t pid);

  const std::string path_;
  const std::size_t limit_;
  bool waits_ = false;
  std::map<pid_t, Target> targets_;  // the thread's

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> queue_;
  std::size_t queued_ = 0;     // bytes, with those that are being written
  std::uint64_t moved_ = 0;    // grows with each write that did something
  std::uint64_t unheard_ = 0;  // dropped, and nobody has asked
  Loss loss_;
  bool writing_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

Output::Output(UniqueFd fd, bool owned, std::size_t limit)
    : writer_(std::make_shared<Writer>("", limit)) {
  writer_->add_target(std::move(fd), owned);
  thread_ = std::thread([writer = writer_] { writer->write_all(); });
}

Output::Output(std::string path, std::size_t limit)
    : writer_(std::make_shared<Writer>(std::move(path), limit)),
      thread_([writer = writer_] { writer->write_all(); }) {}

Output::~Output() {
  Loss loss;
  if (writer_->finish(std::chrono::milliseconds(0), loss))
    thread_.join();
  else
    thread_.detach();
}

void Output::wait_for_room() noexcept { writer_->wait_for_room(); }
bool Output::put(std::string_view record, pid_t pid) { return writer_->put(record, pid); }
std::uint64_t Output::take_dropped() { return writer_->take_dropped(); }

Output::Loss Output::finish(std::chrono::milliseconds patience) {
  Loss loss;
  writer_->finish(patience, loss);
  return loss;
}

void Output::Writer::add_target(UniqueFd fd, bool owned) {
  // A write to a pipe is over only when all of it is taken: short ones show that the reader reads.
  const bool file = is_file(fd.get());
  const off_t end = owned && file ? ::lseek(fd.get(), 0, SEEK_END) : -1;
  targets_.emplace(0, Target{std::move(fd), file ? kChunk : std::size_t{PIPE_BUF}, end});
}

bool Output::Writer::put(std::string_view record, pid_t pid) {
  if (path_.empty()) pid = 0;
  std::unique_lock lock(mutex_);
  if (waits_)
    changed_.wait(lock,
                  [&] { return failed_ || queued_ == 0 || queued_ + record.size() <= limit_; });
  if (closed_ || failed_ || queued_ + record.size() > limit_) {
    ++loss_.records;
    if (!failed_ && !closed_) {
      ++unheard_;
      if (loss_.why.empty()) loss_.why = "the reader was too slow";
    }
    return false;
  }
  if (queue_.empty() || queue_.back().pid != pid || queue_.back().bytes.size() > kChunk)
    queue_.push_back({pid, {}, {}});
  Chunk& chunk = queue_.back();
  const std::size_t before = queued_;
  chunk.bytes += record;
  chunk.ends.push_back(chunk.bytes.size());
  queued_ += record.size();
  const bool is_enough = before < kBatch && queued_ >= kBatch;
  if (before == 0 || is_enough) changed_.notify_all();
  return true;
}

std::uint64_t Output::Writer::take_dropped() {
  const std::scoped_lock lock(mutex_);
  if (unheard_ == 0 || queued_ > limit_ / 2) return 0;
  return std::exchange(unheard_, 0);
}

bool Output::Writer::finish(std::chrono::milliseconds patience, Loss& loss) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  const auto is_done = [this] { return queue_.empty() && !writing_; };
  for (std::uint64_t before = moved_; !is_done(); before = moved_)
    if (!changed_.wait_for(lock, patience, [&] { return is_done() || moved_ != before; })) break;
  loss = loss_;
  for (const Chunk& chunk : queue_) loss.records += chunk.ends.size();
  if (!is_done() && loss.why.empty()) loss.why = "the reader did not take it";
  return is_done();
}

void Output::Writer::write_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
    if (queue_.empty()) return;
    // To be woken for every record would take a processor from those who are traced.
    changed_.wait_for(lock, kDelay, [this] { return queued_ >= kBatch || closed_; });
    const Chunk chunk = std::move(queue_.front());
    queue_.pop_front();
    writing_ = true;
    const bool failed = failed_;
    lock.unlock();
    const bool written = !failed && write_chunk(chunk);
    lock.lock();
    if (failed) loss_.records += chunk.ends.size();
    failed_ = failed_ || !written;
    writing_ = false;
    queued_ -= chunk.bytes.size();
    ++moved_;
    changed_.notify_all();
  }
}

Output::Writer::Target* Output::Writer::open_target(pid_t pid) {
  if (const auto found = targets_.find(pid); found != targets_.end()) return &found->second;
  if (targets_.size() >= kMostTargets) targets_.erase(targets_.begin());
  const std::string path = pid == 0 ? path_ : fmt::format("{}.{}", path_, pid);
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, kMode));
  if (!fd) return nullptr;
  const off_t end = is_file(fd.get()) ? ::lseek(fd.get(), 0, SEEK_END) : -1;
  return &targets_.emplace(pid, Target{std::move(fd), kChunk, end}).first->second;
}

// All of the chunk, or as many whole records as the disk has room for.
bool Output::Writer::write_chunk(const Chunk& chunk) {
  Target* target = open_target(chunk.pid);
  std::size_t written = 0;
  int error = target == nullptr ? errno : 0;
  while (error == 0 && written < chunk.bytes.size()) {
    const std::size_t size = std::min(target->step, chunk.bytes.size() - written);
    const ssize_t count = ::write(target->fd.get(), chunk.bytes.data() + written, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error = errno;
      break;
    }
    written += static_cast<std::size_t>(count);
    const std::scoped_lock lock(mutex_);
    ++moved_;
    changed_.notify_all();
  }
  const auto whole = std::upper_bound(chunk.ends.begin(), chunk.ends.end(), written);
  if (target != nullptr && target->whole >= 0) {
    if (whole != chunk.ends.begin()) target->whole += static_cast<off_t>(*(whole - 1));
    if (error != 0) [[maybe_unused]]
      const int ignored = ::ftruncate(target->fd.get(), target->whole);
  }
  if (error == 0) return true;
  const std::scoped_lock lock(mutex_);
  loss_.records += static_cast<std::uint64_t>(chunk.ends.end() - whole);
  loss_.why = error == EPIPE ? "the reader is gone" : std::strerror(error);
  return false;
}

}  // namespace vgpu::tracer
