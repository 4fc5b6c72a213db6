#include "worker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace ggml {

Worker::Worker(const std::vector<std::string>& arguments) {
  int to[2];
  int from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], kAnswers);
    dup2(STDERR_FILENO, STDOUT_FILENO);   // whatever is printed by others is no answer
    setenv("GGML_NO_BACKTRACE", "1", 1);  // else ggml starts a debugger when it ends the process
    execv("/proc/self/exe", words.data());
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  to_ = to[1];
  from_ = from[0];
}

Worker::~Worker() {
  kill();
  static_cast<void>(wait());
}

void Worker::send(std::size_t number) {
  const std::string line = std::to_string(number) + "\n";
  // A worker that has ended is found by receive.
  static_cast<void>(!write(to_, line.data(), line.size()));
}

bool Worker::receive(std::string& line) {
  line.clear();
  for (char c = 0; read(from_, &c, 1) == 1;) {
    if (c == '\n') return true;
    line += c;
  }
  return false;
}

void Worker::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::string Worker::wait() {
  if (pid_ <= 0) return {};
  close(to_);
  close(from_);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) return std::string("ended by signal ") + strsignal(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace ggml
