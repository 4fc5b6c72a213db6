// The golden rows through the whole compiler: each form is a kernel that one warp runs.
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>

#include "shim/cpu/jit/program.h"
#include "tests/unit/jit/device_memory.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

/// Every how many-th form is run: a kernel takes its time to compile.
constexpr std::size_t kSample = 8;

using Area = jit::test::Memory<std::uint64_t>;

/// Memory for the variables of a module; each has pages of its own.
class Variables {
 public:
  jit::VariableMemory memory() {
    return {[this](std::size_t bytes, std::size_t, bool) -> void* {
              return areas_.emplace_back(bytes / sizeof(std::uint64_t) + 1).data();
            },
            [](void*) {}};
  }

 private:
  std::vector<Area> areas_;
};

std::vector<Row> launched(jit::Kernel& kernel, const std::vector<Row>& rows) {
  Area in(kMaxValues * kRows);
  Area out(kMaxValues * kRows);
  for (unsigned row = 0; row < kRows; ++row)
    for (unsigned n = 0; n < kMaxValues; ++n) in[n * kRows + row] = rows[row].in[n];
  const std::array<std::uint64_t*, 2> params{in.data(), out.data()};
  jit::Launch launch;
  launch.block = {kRows, 1, 1};
  launch.params = std::as_bytes(std::span(params));
  const jit::LaunchStatus status = jit::run(kernel, launch);
  CHECK_MESSAGE(status.kind == jit::LaunchStatus::Kind::ok, status.message);
  std::vector<Row> result = rows;
  for (unsigned row = 0; row < kRows; ++row)
    for (unsigned n = 0; n < kMaxValues; ++n) result[row].out[n] = out[n * kRows + row];
  return result;
}

void check_forms(const std::vector<Form>& forms) {
  std::vector<ptx::Module> modules;
  modules.push_back(ptx::parse_module(program_of(forms)));
  Variables variables;
  const auto program = jit::Program::link(std::move(modules), variables.memory());
  for (std::size_t k = 0; k < forms.size(); ++k) {
    jit::Kernel* kernel = program->find_kernel("k" + std::to_string(k));
    REQUIRE(kernel != nullptr);
    const std::vector<Row> got = launched(*kernel, forms[k].rows);
    int wrong = 0;
    for (unsigned row = 0; row < kRows; ++row)
      for (unsigned n = 0; n < forms[k].outs.size(); ++n)
        if (!same(forms[k], n, forms[k].rows[row].out[n], got[row].out[n])) ++wrong;
    CHECK_MESSAGE(wrong == 0, forms[k].text);
  }
}

std::vector<Form> forms_of_file(const std::string& name) {
  return read_forms(std::filesystem::path(GOLDEN_PTX_DIR) / (name + ".golden"));
}

}  // namespace

TEST_CASE("golden: kernels of moves, memory, matrices and what lanes do together give their rows") {
  for (const Family& family : kernel_families()) check_forms(forms_of_file(family.name()));
  check_forms(forms_of_file("warp"));
}

TEST_CASE("golden: kernels of a sample of all forms give their rows") {
  std::size_t number = 0;
  for (const Family& family : all_families()) {
    std::vector<Form> sample;
    for (Form& form : forms_of_file(family.name()))
      if (number++ % kSample == 0) sample.push_back(std::move(form));
    check_forms(sample);
  }
}

}  // namespace vgpu::golden
