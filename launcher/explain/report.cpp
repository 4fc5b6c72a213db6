#include "launcher/explain/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "launcher/explain/situations.h"

namespace vgpu::explain {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kLabel = 10;
constexpr std::size_t kMostEvidence = 8;
constexpr std::size_t kMostAlso = 4;
constexpr std::size_t kMostPrograms = 6;

/// Guests choose their names: nothing of them moves a cursor.
std::string printable(std::string_view text) {
  std::string shown;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += letter;
  }
  return shown;
}

/// Appends `words` behind `label`, in lines of at most kWidth columns.
void put(std::string& text, std::string_view label, std::string_view raw) {
  const std::string words = printable(raw);
  std::string line = fmt::format("  {:<{}}", label, kLabel);
  const std::size_t indent = line.size();
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (line.size() > indent && line.size() + (end - at) > kWidth) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
      line = std::string(indent, ' ');
    }
    line += words.substr(at, end - at) + ' ';
    at = end + 1;
  }
  text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
}

std::string place_text(const Place& at) {
  if (at.order == 0) return "";
  const std::string time = fmt::format("{:.3f} s", static_cast<double>(at.time) * 1e-9);
  return at.line != 0 ? fmt::format("line {} ({}): ", at.line, time) : time + ": ";
}

std::string process_text(const Verdict& verdict, bool with_path) {
  const Program& program = *verdict.program;
  std::string text = name_of(program);
  if (with_path && program.path.starts_with('/')) {
    text.pop_back();
    text += fmt::format(", {})", program.path);
  }
  if (!program.ancestors.empty() && program.ancestors.front().pid != program.pid)
    text += fmt::format(", started by {} (pid {})", program.ancestors.front().command,
                        program.ancestors.front().pid);
  if (verdict.times > 1) text += fmt::format(", and {} more like it", verdict.times - 1);
  return text;
}

std::string step_text(const Verdict& verdict) {
  const Progress progress = progress_of(*verdict.program);
  const Step done = last_done(progress);
  const Step failed = verdict.finding.step;
  std::string text;
  if (failed != Step::none)
    text = fmt::format("did not: {} ({})", row_of(failed).name, row_of(failed).how);
  if (done != Step::none)
    text += fmt::format("{}last done: {}", text.empty() ? "" : "; ", row_of(done).name);
  else
    text += text.empty() ? "none was done" : "; none was done before";
  if (progress[static_cast<std::size_t>(Step::symbols)].state == State::unknown)
    text += "; whether it resolved symbols cannot be seen";
  return text;
}

std::string_view headline(Kind kind) noexcept {
  switch (kind) {
    case Kind::failure:
    case Kind::hint:
      return "NOT USED";
    case Kind::used:
      return "OK";
    case Kind::unknown:
      return "UNKNOWN";
  }
  return "";
}

void put_verdict(std::string& text, const Verdict& verdict) {
  text +=
      fmt::format("vgpu-run --explain: {} [{}]\n", headline(verdict.row->kind), verdict.row->id);
  put(text, "verdict", verdict.row->means);
  put(text, "process", process_text(verdict, true));
  if (!verdict.finding.file.empty()) put(text, "file", verdict.finding.file);
  put(text, "step", step_text(verdict));
  put(text, "what", verdict.finding.what);
  put(text, "remedy", verdict.row->remedy);
  std::size_t shown = 0;
  for (const Evidence& evidence : verdict.finding.evidence) {
    if (shown == kMostEvidence) {
      put(text, "", fmt::format("... and {} more", verdict.finding.evidence.size() - shown));
      break;
    }
    put(text, shown++ == 0 ? "evidence" : "", place_text(evidence.at) + evidence.text);
  }
}

void put_others(std::string& text, const std::vector<Verdict>& verdicts) {
  for (std::size_t at = 1; at < verdicts.size(); ++at) {
    if (at > kMostAlso) {
      put(text, "", fmt::format("... and {} more", verdicts.size() - at));
      return;
    }
    const Verdict& verdict = verdicts[at];
    put(text, at == 1 ? "also" : "",
        fmt::format("[{}] {}: {}", verdict.row->id, process_text(verdict, false),
                    verdict.finding.what));
  }
}

std::string_view mark(State state) noexcept {
  switch (state) {
    case State::never:
      return "-";
    case State::done:
      return "ok";
    case State::failed:
      return "FAILED";
    case State::unknown:
      return "?";
  }
  return "";
}

std::string steps_text(const Program& program) {
  const Progress progress = progress_of(program);
  std::string text;
  for (std::size_t step = 1; step < kSteps; ++step) {
    // What came after the last known step needs no list.
    text += fmt::format("{}{} {}", step == 1 ? "" : ", ", row_of(static_cast<Step>(step)).word,
                        mark(progress[step].state));
    const bool later =
        std::any_of(progress.begin() + static_cast<std::ptrdiff_t>(step) + 1, progress.end(),
                    [](const StepState& each) { return each.state != State::never; });
    if (!later && progress[step].state == State::never) break;
  }
  return text;
}

void put_steps(std::string& text, const Facts& facts) {
  std::vector<const Program*> programs;
  for (const Program* program : facts.programs())
    if (furthest(*program) != Step::none) programs.push_back(program);
  std::ranges::stable_sort(programs, std::greater<>(),
                           [](const Program* program) { return furthest(*program); });
  for (std::size_t at = 0; at < std::min(programs.size(), kMostPrograms); ++at)
    put(text, at == 0 ? "steps" : "",
        fmt::format("{}: {}", name_of(*programs[at]), steps_text(*programs[at])));
  if (programs.size() > kMostPrograms)
    put(text, "", fmt::format("... and {} more processes", programs.size() - kMostPrograms));
}

void put_seen(std::string& text, const Facts& facts) {
  const Run& run = facts.run();
  put(text, "seen",
      fmt::format("{} processes, {} events in {:.3f} s; {}", facts.processes(), facts.events(),
                  static_cast<double>(facts.last_time()) * 1e-9,
                  !run.known         ? "the trace has no beginning"
                  : run.gpus.empty() ? "no virtual GPU: the machine as it is"
                                     : fmt::format("GPU: {}", fmt::join(run.gpus, "; "))));
  std::vector<std::string> unseen = facts.blind();
  for (const Program* program : facts.programs())
    for (const std::string& why : program->blind)
      unseen.push_back(fmt::format("{}: {}", name_of(*program), why));
  if (facts.lost() > 0) unseen.push_back(fmt::format("{} events were lost", facts.lost()));
  if (facts.programs_left_out() > 0)
    unseen.push_back(
        fmt::format("{} programs that came less far were left out", facts.programs_left_out()));
  for (std::size_t at = 0; at < std::min<std::size_t>(unseen.size(), 4); ++at)
    put(text, at == 0 ? "not seen" : "", unseen[at]);
}

}  // namespace

std::string print_report(const Facts& facts) {
  const std::vector<Verdict> verdicts = diagnose(facts);
  if (verdicts.empty()) return "vgpu-run --explain: UNKNOWN: no process was seen\n";
  std::string text;
  put_verdict(text, verdicts.front());
  put_others(text, verdicts);
  put_steps(text, facts);
  put_seen(text, facts);
  return text;
}

std::string print_checks() {
  std::string text;
  for (const CheckRow& row : check_rows())
    text += fmt::format("| `{}` | {} | {} | {} |\n", row.id, row.looks_at, row.means, row.remedy);
  return text;
}

}  // namespace vgpu::explain
