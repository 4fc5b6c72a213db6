#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/jit/cache/child.h"
#include "tests/unit/jit/core/device.h"

namespace vgpu::jit::test {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kPlenty = 1u << 30;

/// A kernel that has all that differs from process to process: variables, a pointer to one in
/// another's initialiser, pointers to functions, shared memory and a barrier.
constexpr const char* kText = R"(
.global .align 4 .u32 table[4] = {10, 20, 30, 40};
.global .align 8 .u64 place = generic(table);
.func (.param .b32 r) twice(.param .b32 a)
{ .reg .b32 %a; ld.param.b32 %a, [a]; add.u32 %a, %a, %a; st.param.b32 [r], %a; ret; }
.func (.param .b32 r) thrice(.param .b32 a)
{ .reg .b32 %a; ld.param.b32 %a, [a]; mul.lo.u32 %a, %a, 3; st.param.b32 [r], %a; ret; }
.global .align 8 .u64 deeds[2] = {twice, thrice};
.visible .entry k(.param .u64 out)
{
  .reg .b32 %t, %v, %w;
  .reg .b64 %o, %d, %p, %f;
  .shared .u32 cell[64];
  mov.u32 %t, %tid.x;
  ld.param.u64 %o, [out];
  and.b32 %w, %t, 3;
  ld.global.u64 %p, [place];
  mul.wide.u32 %d, %w, 4;
  add.u64 %p, %p, %d;
  ld.u32 %v, [%p];
  ld.global.u32 %w, [table+4];
  add.u32 %v, %v, %w;
  mov.u32 %w, cell;
  mad.lo.u32 %w, %t, 4, %w;
  st.shared.u32 [%w], %v;
  bar.sync 0;
  xor.b32 %w, %t, 1;
  mul.lo.u32 %w, %w, 4;
  mov.u32 %v, cell;
  add.u32 %w, %w, %v;
  ld.shared.u32 %v, [%w];
  and.b32 %w, %t, 1;
  mov.u64 %f, deeds;
  mul.wide.u32 %d, %w, 8;
  add.u64 %f, %f, %d;
  ld.global.u64 %f, [%f];
  .param .b32 arg, res;
  st.param.b32 [arg], %v;
proto: .callprototype (.param .b32 _) _ (.param .b32 _);
  call (res), %f, (arg), proto;
  ld.param.b32 %v, [res];
  mul.wide.u32 %d, %t, 4;
  add.u64 %o, %o, %d;
  st.global.u32 [%o], %v;
  ret;
}
)";

Memory<std::uint32_t> expected() {
  Memory<std::uint32_t> out(64);
  for (std::uint32_t t = 0; t < 64; ++t) {
    const std::uint32_t value = 10 * (((t ^ 1) & 3) + 1) + 20;
    out[t] = t % 2 == 0 ? 2 * value : 3 * value;
  }
  return out;
}

/// Runs the kernel and says what it took, e.g. "compiled 1, cached 0".
std::string use_kernel(const std::string& folder, const std::string& text = kText) {
  keep_code_in(folder, kPlenty);
  Device device(text);
  Memory<std::uint32_t> out(64);
  const LaunchStatus status = device.run("k", {1}, {64}, Params().add(out.data()));
  if (!status.message.empty()) return status.message;
  if (out != expected()) return "wrong values";
  const Statistics all = statistics();
  return "compiled " + std::to_string(all.compiled) + ", cached " + std::to_string(all.from_cache);
}

TEST_CASE("kernels: a second process compiles nothing and computes the same") {
  const Folder folder;
  CHECK(in_child([&] { return use_kernel(folder.path()); }) == "compiled 1, cached 0");
  CHECK(in_child([&] { return use_kernel(folder.path()); }) == "compiled 0, cached 1");
}

TEST_CASE("kernels: what a kernel needs comes from the cache with it") {
  const Folder folder;
  const auto needs = [&] {
    keep_code_in(folder.path(), kPlenty);
    Device device(kText);
    const KernelInfo& all = info(*device.program().find_kernel("k"));
    return std::to_string(all.static_shared) + " " + std::to_string(all.local_bytes) + " " +
           std::to_string(all.registers);
  };
  const std::string first = in_child(needs);
  CHECK(first.substr(0, 4) == "256 ");
  CHECK(in_child(needs) == first);
}

TEST_CASE("kernels: another text, another kernel; no folder, no cache") {
  const Folder folder;
  CHECK(in_child([&] { return use_kernel(folder.path()); }) == "compiled 1, cached 0");
  const std::string other = std::string(kText) + "// changed\n";
  CHECK(in_child([&] { return use_kernel(folder.path(), other); }) == "compiled 1, cached 0");
  CHECK(in_child([&] { return use_kernel(""); }) == "compiled 1, cached 0");
}

TEST_CASE("kernels: damaged files are made anew, once") {
  const Folder folder;
  REQUIRE(in_child([&] { return use_kernel(folder.path()); }) == "compiled 1, cached 0");
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x5a');
  }
  CHECK(in_child([&] { return use_kernel(folder.path()); }) == "compiled 1, cached 0");
  CHECK(in_child([&] { return use_kernel(folder.path()); }) == "compiled 0, cached 1");
  for (const auto& entry : fs::directory_iterator(folder.path())) fs::resize_file(entry.path(), 7);
  CHECK(in_child([&] { return use_kernel(folder.path()); }) == "compiled 1, cached 0");
}

TEST_CASE("kernels: threads that want the same code wait for one compilation") {
  CHECK(in_child([] {
          Device device(kText);
          Kernel& kernel = *device.program().find_kernel("k");
          std::vector<std::thread> threads;
          for (unsigned n = 0; n < 4; ++n)
            threads.emplace_back([&] { prepare(kernel, {64, 1, 1}); });
          for (auto& thread : threads) thread.join();
          return std::to_string(statistics().compiled);
        }) == "1");
}

/// Makes and drops so many programs, and says how many mappings the process has then.
std::size_t mappings_after(unsigned programs) {
  for (unsigned n = 0; n < programs; ++n) {
    Device device(".visible .entry k()\n{\n ret;\n}\n");
    prepare(*device.program().find_kernel("k"), {32, 1, 1});
  }
  std::ifstream maps("/proc/self/maps");
  std::size_t lines = 0;
  for (std::string line; std::getline(maps, line);) ++lines;
  return lines;
}

TEST_CASE("kernels: the code goes when its program does") {
  CHECK(in_child([] {
          // Each has pages of its own: without an end of them there would be hundreds more.
          const std::size_t few = mappings_after(20);
          const std::size_t many = mappings_after(300);
          return std::string(many < few + 150 ? "freed" : std::to_string(many) + " mappings");
        }) == "freed");
}

TEST_CASE("kernels: what is wrong with one is remembered and said again") {
  CHECK(in_child([] {
          Device device(".visible .entry k()\n{\n .reg .b32 %a;\n nosuch.u32 %a, %a;\n ret;\n}\n");
          const auto say = [&] { return device.run("k", {1}, {32}, Params()).message; };
          const std::string first = say();
          return first.empty() ? "ran" : first == say() ? "said again" : "said otherwise";
        }) == "said again");
}

}  // namespace
}  // namespace vgpu::jit::test
