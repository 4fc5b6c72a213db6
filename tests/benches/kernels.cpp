// The same kernels on the device, as OpenMP loops and in OpenCL, in one process; prints
// ratios.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "tests/benches/contender.h"

namespace vgpu::benches {
namespace {

/// What is printed of each benchmark's repetitions, in milliseconds.
struct Column {
  const char* title;
  const char* statistic;
  double (benchmark::BenchmarkReporter::Run::*time)() const;
};
constexpr Column kColumns[] = {
    {"median, ms", "median", &benchmark::BenchmarkReporter::Run::GetAdjustedRealTime},
    // What it costs the processor, all threads together: says something also where others use it.
    {"least CPU ms", "least", &benchmark::BenchmarkReporter::Run::GetAdjustedCPUTime},
};

/// Keeps each benchmark's times, and prints the tables of ratios at the end.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const auto& run : runs) {
      const std::string name = run.run_name.function_name;
      const auto slash = name.find('/');
      for (const Column& column : kColumns)
        if (run.aggregate_name == column.statistic)
          milliseconds_[column.title][name.substr(0, slash)][name.substr(slash + 1)] =
              (run.*column.time)();
    }
    ConsoleReporter::ReportRuns(runs);
  }

  void Finalize() override {
    for (const Column& column : kColumns) print(column.title);
  }

 private:
  void print(const char* title) {
    std::printf("\n%-12s %10s %10s %10s %14s %12s\n", title, "device", "openmp", "pocl",
                "device/openmp", "device/pocl");
    for (const auto& [kernel, times] : milliseconds_[title]) {
      const auto time = [&](const char* name) {
        const auto found = times.find(name);
        return found == times.end() ? std::nan("") : found->second;
      };
      std::printf("%-12s %10.2f %10.2f %10.2f %14.2f %12.2f\n", kernel.c_str(), time("device"),
                  time("openmp"), time("pocl"), time("device") / time("openmp"),
                  time("device") / time("pocl"));
    }
  }

  /// By title, kernel and contender.
  std::map<std::string, std::map<std::string, std::map<std::string, double>>> milliseconds_;
};

/// True if all contenders of a kernel got what the first one got, up to the order of additions.
bool agree(const std::vector<Contender>& contenders) {
  std::map<std::string, std::vector<float>> first;
  for (const auto& contender : contenders) {
    contender.run();
    const auto result = contender.result();
    const auto& wanted = first.emplace(contender.kernel, result).first->second;
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (std::abs(result[i] - wanted[i]) <= 1e-3f * std::abs(wanted[i])) continue;
      std::printf("FAILED: %s of %s: element %zu is %g, not %g\n", contender.kernel.c_str(),
                  contender.name.c_str(), i, result[i], wanted[i]);
      return false;
    }
  }
  return true;
}

int compare(int argc, char** argv) {
  Input input;
  input.a.resize(Input::kCount);
  input.b.resize(Input::kCount);
  for (int i = 0; i < Input::kCount; ++i) {
    input.a[i] = static_cast<float>(i % 5 + 1) / 8;
    input.b[i] = static_cast<float>(i % 7 + 1) / 8;
  }
  std::vector<Contender> contenders;
  add_openmp(input, contenders);
  add_device(input, contenders);
  add_opencl(input, contenders);
  if (!agree(contenders)) return 1;

  benchmark::Initialize(&argc, argv);
  for (const auto& contender : contenders) {
    benchmark::RegisterBenchmark((contender.kernel + "/" + contender.name).c_str(),
                                 [run = contender.run](benchmark::State& state) {
                                   for (auto _ : state) run();
                                 })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime()
        ->MeasureProcessCPUTime()
        ->MinTime(0.02)
        ->Repetitions(35)
        ->ComputeStatistics("least",
                            [](const std::vector<double>& times) {
                              return *std::min_element(times.begin(), times.end());
                            })
        ->ReportAggregatesOnly();
  }
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}

}  // namespace
}  // namespace vgpu::benches

int main(int argc, char** argv) { return vgpu::benches::compare(argc, argv); }
