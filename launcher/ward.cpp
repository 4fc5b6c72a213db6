#include "launcher/ward.h"

#include "launcher/forwarding.h"

namespace vgpu::launcher {
namespace {

bool has_ended(const siginfo_t& info) noexcept {
  return info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
}

}  // namespace

void Ward::collect() { collect(WEXITED | WSTOPPED | WCONTINUED | WNOHANG); }

void Ward::collect_all() { collect(WEXITED); }

void Ward::collect(int wait_flags) {
  std::optional<siginfo_t> end;
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, wait_flags) == 0 && info.si_pid != 0) {
    if (info.si_pid == pid_ && has_ended(info))
      end = info;
    else if (info.si_pid == pid_)
      report_change(info);
    info = {};
  }
  // Last, since orphans that ended with the program count no more as guests.
  if (end) report_end(*end);
}

void Ward::note(const siginfo_t& info) {
  if (has_ended(info))
    report_end(info);
  else
    report_change(info);
}

void Ward::report_change(const siginfo_t& info) {
  if (info.si_code == CLD_STOPPED) {
    starter_may_be_stopped_ = true;
    news_.send(News::stopped, info.si_status);
  } else if (info.si_code == CLD_CONTINUED) {
    news_.send(News::continued);
    wake_starter();
  }
}

void Ward::report_end(const siginfo_t& info) {
  ended_ = true;
  if (engine_ != nullptr && engine_->is_alone()) news_.send(News::alone);
  news_.send(info.si_code == CLD_EXITED ? News::exited : News::killed, info.si_status);
  wake_starter();
}

/// The starter stops when the program does, and then it cannot hear us.
void Ward::wake_starter() {
  if (starter_may_be_stopped_) send_signal(starter_.get(), SIGCONT);
  starter_may_be_stopped_ = false;
}

}  // namespace vgpu::launcher
