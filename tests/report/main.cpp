// vgpu-ptx-report: which kernels of a binary the cpu device can compile, and what prevents the
// others. See docs/HOWTO_PTX.md.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/report/sources.h"
#include "tests/report/verdict.h"

namespace vgpu::report {
namespace {

constexpr const char* kUsage =
    "usage: vgpu-ptx-report [options] FILE...\n"
    "FILE: a program, library, fatbin or PTX text. Exit status 1: a kernel cannot be compiled.\n"
    "  --arch N        only PTX for sm_N; may be repeated\n"
    "  --compile REGEX compile the kernels whose name matches, instead of trying each form\n"
    "  --verify REGEX  generate and verify their code, but make no machine code of it\n"
    "  --every N       of these the first and every Nth after it, counted over all texts\n"
    "  --limit N       of these at most N kernels of each text\n"
    "  --jobs N        threads; default: one for each core\n"
    "  --all           name every kernel, also those that can be compiled\n";

struct Options {
  std::vector<std::string> files;
  std::set<int> archs;
  bool compile = false;
  Depth depth = Depth::fully;
  std::regex wanted;
  std::size_t every = 1;
  std::size_t limit = SIZE_MAX;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool all = false;
};

/// Of one architecture.
struct Tally {
  std::size_t texts = 0;
  std::size_t bytes = 0;
  std::size_t kernels = 0;
  std::size_t refused = 0;
  std::map<std::string, std::size_t> forms;  ///< and how many kernels each prevents
};

class Report {
 public:
  explicit Report(const Options& options) : options_(options) {}

  void file(const std::string& path) {
    const MappedFile file(path);
    std::vector<Source> sources = find_sources(file.bytes());
    if (!options_.archs.empty())
      std::erase_if(sources, [&](const Source& source) {
        return !source.plain && options_.archs.count(source.arch) == 0;
      });
    // The largest first, so that no thread begins one when the others have ended.
    std::stable_sort(sources.begin(), sources.end(),
                     [](const Source& a, const Source& b) { return a.size > b.size; });
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t n = next++; n < sources.size(); n = next++) source(file, path, sources[n]);
    };
    std::vector<std::jthread> threads;
    for (unsigned n = 1; n < options_.jobs; ++n) threads.emplace_back(work);
    work();
  }

  /// Prints the sums. Returns whether all kernels can be compiled.
  bool finish() const {
    bool fine = true;
    for (const auto& [arch, tally] : tallies_) {
      std::printf("sm_%s: %zu texts, %zu MB, %zu kernels, %zu cannot be compiled\n", arch.c_str(),
                  tally.texts, tally.bytes >> 20, tally.kernels, tally.refused);
      std::vector<std::pair<std::size_t, std::string>> sorted;
      for (const auto& [form, count] : tally.forms) sorted.emplace_back(count, form);
      std::sort(sorted.rbegin(), sorted.rend());
      for (const auto& [count, form] : sorted)
        std::printf("  %6zu kernels: %s\n", count, form.c_str());
      fine &= tally.refused == 0;
    }
    if (tallies_.empty()) std::printf("no PTX\n");
    return fine;
  }

 private:
  void source(const MappedFile& file, const std::string& path, const Source& source) {
    ModuleVerdict verdict;
    std::size_t bytes = 0;
    try {
      std::string text = text_of(file.bytes(), source);
      bytes = text.size();
      verdict = options_.compile ? compile_text(std::move(text), options_.depth, likes())
                                 : check_text(std::move(text), probe_);
    } catch (const std::exception& error) {
      verdict.problem = error.what();
    }
    const std::lock_guard lock(mutex_);
    add(path, source, bytes, verdict);
  }

  std::function<bool(const std::string&)> likes() {
    return [this, count = std::size_t{0}](const std::string& name) mutable {
      return std::regex_search(name, options_.wanted) && liked_++ % options_.every == 0 &&
             count++ < options_.limit;
    };
  }

  void add(const std::string& path, const Source& source, std::size_t bytes,
           const ModuleVerdict& verdict) {
    const int arch = source.plain ? verdict.target : source.arch;
    std::string name = std::to_string(arch);
    if (source.suffix != 0) name += source.suffix;
    Tally& tally = tallies_[name];
    ++tally.texts;
    tally.bytes += bytes;
    tally.kernels += verdict.kernels.size();
    const std::string where = path + "+" + std::to_string(source.offset) + " sm_" + name;
    if (!verdict.problem.empty()) {
      ++tally.refused;
      std::printf("%s: %s\n", where.c_str(), verdict.problem.c_str());
    }
    for (const Verdict& each : verdict.kernels) {
      if (!each.problem.empty()) {
        ++tally.refused;
        std::printf("%s: %s: %s\n", where.c_str(), each.kernel.c_str(), each.problem.c_str());
      } else if (options_.all) {
        std::printf("%s: %s: can be compiled", where.c_str(), each.kernel.c_str());
        std::printf(options_.compile ? " (%.2f s)\n" : "\n", each.seconds);
      }
      for (const std::string& form : each.forms) ++tally.forms[form];
    }
    static_cast<void>(std::fflush(stdout));  // hours may pass until the next
  }

  const Options& options_;
  Probe probe_;
  std::atomic<std::size_t> liked_{0};
  std::mutex mutex_;
  std::map<std::string, Tally> tallies_;
};

Options read_options(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t n = 0; n < words.size(); ++n) {
    const std::string& word = words[n];
    const auto value = [&]() -> const std::string& {
      if (n + 1 == words.size()) throw std::invalid_argument(word + " wants a value");
      return words[++n];
    };
    if (word == "--arch") {
      options.archs.insert(std::stoi(value()));
    } else if (word == "--compile" || word == "--verify") {
      options.compile = true;
      options.depth = word == "--verify" ? Depth::verified : Depth::fully;
      options.wanted = std::regex(value(), std::regex::optimize);
    } else if (word == "--every") {
      options.every = std::max(std::stoul(value()), 1UL);
    } else if (word == "--limit") {
      options.limit = std::stoul(value());
    } else if (word == "--jobs") {
      options.jobs = static_cast<unsigned>(std::stoul(value()));
    } else if (word == "--all") {
      options.all = true;
    } else if (word.starts_with("-")) {
      throw std::invalid_argument(word + " is no option");
    } else {
      options.files.push_back(word);
    }
  }
  if (options.files.empty()) throw std::invalid_argument("no FILE");
  return options;
}

}  // namespace
}  // namespace vgpu::report

int main(int argc, char** argv) {
  try {
    const auto options =
        vgpu::report::read_options(std::vector<std::string>(argv + 1, argv + argc));
    vgpu::report::Report report(options);
    for (const std::string& path : options.files) report.file(path);
    return report.finish() ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    std::cerr << "vgpu-ptx-report: " << error.what() << '\n' << vgpu::report::kUsage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "vgpu-ptx-report: " << error.what() << '\n';
    return 2;
  }
}
