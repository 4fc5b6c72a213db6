#include "launcher/explain/diagnosis.h"

#include <algorithm>
#include <tuple>

#include "launcher/explain/situations.h"

namespace vgpu::explain {
namespace {

Verdict verdict_of(const CheckRow& row, Finding finding, const Program& program) {
  const Program* named = finding.program == nullptr ? &program : finding.program;
  return {&row, std::move(finding), named, 1};
}

std::vector<Verdict> ask_programs(const Facts& facts) {
  std::vector<Verdict> verdicts;
  for (const Program* program : facts.programs())
    for (const CheckRow& row : check_rows()) {
      if (row.scope != Scope::program) continue;
      Found found = row.check(facts, *program);
      if (!found) continue;
      verdicts.push_back(verdict_of(row, *std::move(found), *program));
      break;
    }
  return verdicts;
}

void ask_run(const Facts& facts, std::vector<Verdict>& verdicts) {
  const auto programs = facts.programs();
  if (programs.empty()) return;
  for (const CheckRow& row : check_rows()) {
    if (row.scope != Scope::run) continue;
    if (Found found = row.check(facts, *programs.front())) {
      verdicts.push_back(verdict_of(row, *std::move(found), *programs.front()));
      return;
    }
  }
}

/// Lower is told first. That a GPU computed comes before what others missed; that one was watched
/// is no answer to why it did not compute.
auto rank(const Verdict& verdict) {
  const bool computed = verdict.row->kind == Kind::used &&
                        verdict.program->launches + verdict.program->of(CallGroup::launch).good > 0;
  // What cannot be seen of a driver that was never initialised is no answer either.
  const bool vague =
      verdict.row->kind == Kind::hint ||
      (verdict.row->kind == Kind::unknown && furthest(*verdict.program) < Step::initialise);
  const int kind = computed ? 0 : verdict.row->kind == Kind::used ? 3 : vague ? 2 : 1;
  return std::tuple(kind, -static_cast<int>(furthest(*verdict.program)), verdict.row,
                    verdict.program->began.order);
}

void merge(std::vector<Verdict>& verdicts) {
  std::vector<Verdict> merged;
  for (Verdict& verdict : verdicts) {
    const auto same = std::ranges::find_if(merged, [&](const Verdict& each) {
      return each.row == verdict.row && each.program->path == verdict.program->path;
    });
    if (same == merged.end())
      merged.push_back(std::move(verdict));
    else
      ++same->times;
  }
  verdicts = std::move(merged);
}

}  // namespace

std::vector<Verdict> diagnose(const Facts& facts) {
  std::vector<Verdict> verdicts = ask_programs(facts);
  if (verdicts.empty()) ask_run(facts, verdicts);
  std::ranges::stable_sort(verdicts, {}, rank);
  merge(verdicts);
  return verdicts;
}

}  // namespace vgpu::explain
