// How long kernels of a program take to become code, stage by stage:
//   [VGPU_BENCH_CACHE=FOLDER] bench_compile FILE CAPABILITY X,Y,Z NAME...
// FILE is anything with fatbins in it (a shared library) or PTX text; NAME a part of a kernel's
// name, of which the first match counts.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "shim/cpu/image/fatbin.h"
#include "shim/cpu/image/image.h"
#include "shim/cpu/jit/program.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace image = vgpu::image;
namespace jit = vgpu::jit;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<std::byte> content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> result(bytes.size());
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

/// All fatbins in `file`; the file itself if it has none.
std::vector<std::span<const std::byte>> images_in(std::span<const std::byte> file) {
  std::vector<std::span<const std::byte>> found;
  for (std::size_t at = 0; at + image::kFatbinHeaderSize <= file.size();) {
    const auto header = file.subspan(at).first<image::kFatbinHeaderSize>();
    const auto size = image::fatbin_size(header);
    if (!size || *size > file.size() - at || *size <= image::kFatbinHeaderSize) {
      at += 8;
      continue;
    }
    found.push_back(file.subspan(at, *size));
    at += *size;
  }
  if (found.empty()) found.push_back(file);
  return found;
}

jit::VariableMemory heap() {
  jit::VariableMemory memory;
  memory.allocate = [](std::size_t bytes, std::size_t align, bool) {
    return std::aligned_alloc(align, (bytes + align - 1) / align * align);
  };
  memory.release = [](void* at) { std::free(at); };
  return memory;
}

struct Text {
  std::string ptx;
  double unpack = 0;
};

void measure(const Text& text, const std::vector<std::string>& names, jit::Dim3 block,
             std::vector<bool>& done) {
  bool wanted = false;
  for (std::size_t n = 0; n < names.size(); ++n)
    wanted |= !done[n] && text.ptx.find(names[n]) != std::string::npos;
  if (!wanted) return;
  auto start = Clock::now();
  std::vector<vgpu::ptx::Module> modules;
  modules.push_back(vgpu::ptx::parse_module(text.ptx));
  const double index = since(start);
  start = Clock::now();
  const auto program = jit::Program::link(std::move(modules), heap());
  std::printf("module of %.1f MB, %zu kernels: unpack %.1f index %.1f link %.1f ms\n",
              static_cast<double>(text.ptx.size()) / 1e6, program->kernels().size(), text.unpack,
              index, since(start));
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (done[n]) continue;
    for (jit::Kernel* const kernel : program->kernels()) {
      start = Clock::now();
      if (done[n]) break;
      const std::string name = jit::declaration(*kernel).name;
      if (name.find(names[n]) == std::string::npos) continue;
      done[n] = true;
      static_cast<void>(jit::info(*kernel));
      const double flat = since(start);
      start = Clock::now();
      const jit::Statistics before = jit::statistics();
      std::string problem;
      try {
        jit::prepare(*kernel, block);
      } catch (const std::exception& error) {
        problem = error.what();
      }
      const double all = since(start);
      const jit::Statistics after = jit::statistics();
      const auto part = [&](std::uint64_t jit::Statistics::*field) {
        return static_cast<double>(after.*field - before.*field) / 1e6;
      };
      std::printf(
          "%9.1f ms  parse+flatten %7.1f analyse+generate %7.1f optimise %7.1f emit %7.1f "
          "link %5.1f cache %5.1f  ir %llu -> %llu  obj %llu  %.60s %s\n",
          flat + all, flat, part(&jit::Statistics::generate_ns),
          part(&jit::Statistics::optimise_ns), part(&jit::Statistics::emit_ns),
          part(&jit::Statistics::load_ns), part(&jit::Statistics::cache_ns),
          static_cast<unsigned long long>(after.instructions - before.instructions),
          static_cast<unsigned long long>(after.optimised - before.optimised),
          static_cast<unsigned long long>(after.bytes - before.bytes), name.c_str(),
          problem.c_str());
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s FILE CAPABILITY X,Y,Z NAME...\n", argv[0]);
    return 2;
  }
  const std::vector<std::byte> file = content_of(argv[1]);
  if (const char* const folder = std::getenv("VGPU_BENCH_CACHE"))
    jit::keep_code_in(folder, std::uint64_t{1} << 30);
  jit::show_progress(true);
  jit::Dim3 block;
  if (std::sscanf(argv[3], "%u,%u,%u", &block.x, &block.y, &block.z) < 1) return 2;
  const std::vector<std::string> names(argv + 4, argv + argc);
  std::vector<bool> done(names.size(), false);
  double unpacked = 0;
  for (const auto each : images_in(file)) {
    Text text;
    const auto start = Clock::now();
    try {
      text.ptx = image::load_image(each, std::atoi(argv[2])).ptx.front();
    } catch (const image::Error&) {
      continue;
    }
    text.unpack = since(start);
    unpacked += text.unpack;
    measure(text, names, block, done);
  }
  std::printf("all images unpacked in %.0f ms\n", unpacked);
  for (std::size_t n = 0; n < names.size(); ++n)
    if (!done[n]) std::printf("no kernel named %s\n", names[n].c_str());
  return 0;
}
