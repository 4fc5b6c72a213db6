// What a file call costs. Run three times by `run`: as it is, under vgpu-run, under strace.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

void ordinary_stat(benchmark::State& state) {
  struct stat status;
  for (auto _ : state) benchmark::DoNotOptimize(stat("/etc/passwd", &status));
}

void missing_stat(benchmark::State& state) {
  struct stat status;
  for (auto _ : state) benchmark::DoNotOptimize(stat("/usr/lib/no-such-file", &status));
}

void ordinary_open(benchmark::State& state) {
  for (auto _ : state) close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

void ordinary_access(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(access("/etc/passwd", R_OK));
}

void ordinary_readlink(benchmark::State& state) {
  char target[256];
  for (auto _ : state) benchmark::DoNotOptimize(readlink("/proc/self/exe", target, sizeof target));
}

void device_stat(benchmark::State& state) {
  struct stat status;
  for (auto _ : state) benchmark::DoNotOptimize(stat("/dev/nvidia0", &status));
}

void unfiltered_call(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(syscall(SYS_getppid));
}

BENCHMARK(ordinary_stat);
BENCHMARK(missing_stat);
BENCHMARK(ordinary_open);
BENCHMARK(ordinary_access);
BENCHMARK(ordinary_readlink);
BENCHMARK(device_stat);
BENCHMARK(unfiltered_call);

}  // namespace

BENCHMARK_MAIN();
