#include "shim/cpu/driver/ptx_error.h"

#include <fmt/format.h>

#include <new>
#include <stdexcept>

#include "shim/cpu/driver/error.h"
#include "shim/cpu/image/target.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::cpu {
namespace {

/// The parser knows PTX up to this version's syntax.
constexpr int kNewestVersion = 99;

}  // namespace

void translate_ptx_errors(std::string& log, const std::function<void()>& step) {
  try {
    step();
  } catch (const ApiError&) {
    throw;
  } catch (const ptx::Error& error) {
    log += fmt::format(
        "ptxas application ptx input, line {}; error   : {}\n"
        "ptxas fatal   : Ptx assembly aborted due to errors\n",
        error.at.line, error.what());
    fail(CUDA_ERROR_INVALID_PTX, error.what());
  } catch (const jit::LinkError& error) {
    log += fmt::format("ptxas fatal   : {}\n", error.what());
    fail(CUDA_ERROR_INVALID_PTX, error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::runtime_error& error) {
    log += fmt::format("vgpu-run: not supported: {}\n", error.what());
    fail(CUDA_ERROR_NOT_SUPPORTED, error.what());
  }
}

std::vector<ptx::Module> parse_texts(const std::vector<std::string>& texts, bool whole,
                                     std::string& log) {
  std::vector<ptx::Module> parsed;
  for (const std::string& text : texts) {
    translate_ptx_errors(log, [&] {
      parsed.push_back(ptx::parse_module(text));
      ptx::Module& module = parsed.back();
      require(module.version <= kNewestVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
              "the PTX is of a newer version than we know");
      if (!whole) return;
      for (ptx::Function& function : module.functions)
        if (!function.body_text.empty()) ptx::parse_body(module, function);
    });
  }
  return parsed;
}

void require_target(const std::vector<ptx::Module>& modules, int capability, CUresult code,
                    std::string& log) {
  for (const ptx::Module& module : modules) {
    const std::string why = image::why_not({module.target, module.target_suffix}, capability);
    if (why.empty()) continue;
    log += fmt::format("ptxas fatal   : {}\n", why);
    throw NoCodeForGpu(
        code, fmt::format("{} ({}, and the device is sm_{})", why,
                          image::name_of({module.target, module.target_suffix}), capability));
  }
}

}  // namespace vgpu::cpu
