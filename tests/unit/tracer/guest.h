#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tracer/policy/rule.h"
#include "tracer/supervisor.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::tracer::testing {

/// What became of a guest: its exit status as wait(2) has it, the expectations that it missed, and
/// the `bug` lines of its supervisor.
struct Outcome {
  int status = -1;
  std::vector<std::string> missed;
  std::vector<std::string> bugs;
};

/// Reports a missed expectation of the guest to the test. Does not return.
[[noreturn]] void miss(const char* file, int line, const char* what);

/// Forks a guest that runs `body` under the filter, supervises it until the last process is gone,
/// and kills its process group after a minute.
Outcome run_guest(std::span<const VirtualFile> files, std::span<const Rule> rules,
                  const std::function<void()>& body, Hooks hooks = {});

/// True if the guests of this run are supervised by ptrace.
bool is_ptrace();

/// Checks that a guest with the usual rows meets all of the expectations in `body`.
void check_guest(const std::function<void()>& body);

/// The usual rows: a device, a driver's directory, a library in any directory, and so on.
std::vector<VirtualFile> usual_files();
std::vector<Rule> usual_rules();

}  // namespace vgpu::tracer::testing

#define EXPECT(condition) \
  ((condition) ? void() : ::vgpu::tracer::testing::miss(__FILE__, __LINE__, #condition))
#define EXPECT_FAILS(call, error) EXPECT((errno = 0, (call) == -1) && (errno == (error)))
