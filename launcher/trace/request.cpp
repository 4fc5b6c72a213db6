#include "launcher/trace/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "launcher/suggest.h"
#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

/// What makes a path one that concerns a GPU: any of these in it, wherever.
constexpr std::string_view kMarks[] = {
    "nvidia",         "NVIDIA", "libcu",         "libnv",         "libnccl",      "cuda",
    "CUDA",           "nvml",   "/dev/dri",      "/dev/kfd",      "/sys/bus/pci", "/sys/class/drm",
    "/sys/module/nv", "rocm",   "libhip",        "libamdhip",     "libroc",       "vulkan",
    "libze_",         "OpenCL", "/proc/devices", "/proc/modules", "vgpu",
};

/// The variables that matter to a GPU's use.
constexpr std::string_view kVariables[] = {
    "CUDA*",  "NVIDIA*", "NV_*",    "NVML*",  "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT",
    "GGML*",  "OLLAMA*", "LLAMA*",  "VGPU*",  "HIP_*",           "ROCR_*",     "ROCM*",
    "GPU_*",  "VK_*",    "OCL_*",   "TORCH*", "PYTORCH*",        "TF_GPU_*",   "XLA_*",
    "NCCL_*", "JAX_*",   "CUBLAS*", "CUDNN*",
};

struct FilterWord {
  std::string_view word;
  void (*add)(tracer::Selection&);
};

constexpr FilterWord kWords[] = {
    {"nvidia",
     [](tracer::Selection& selection) {
       selection.wanted.processes = selection.wanted.matching_files = selection.calls = true;
     }},
    {"files",
     [](tracer::Selection& selection) {
       selection.wanted.processes = selection.wanted.all_files = true;
     }},
    {"exec", [](tracer::Selection& selection) { selection.wanted.processes = true; }},
    {"cuda", [](tracer::Selection& selection) { selection.calls = true; }},
    {"all",
     [](tracer::Selection& selection) {
       selection.wanted.processes = selection.wanted.threads = selection.wanted.all_files = true;
       selection.calls = true;
     }},
    {"failed", [](tracer::Selection& selection) { selection.failed = true; }},
};

}  // namespace

tracer::Wanted TraceRequest::recorded() const {
  tracer::Wanted wanted = selection.wanted;
  // What a program wants before it uses a GPU can be any file.
  if (explain) wanted.processes = wanted.all_files = true;
  return wanted;
}

tracer::Selection read_trace_filter(std::string_view text) {
  tracer::Selection selection;
  selection.wanted.processes = selection.calls = false;
  selection.wanted.marks.assign(std::begin(kMarks), std::end(kMarks));
  selection.wanted.variables.assign(std::begin(kVariables), std::end(kVariables));
  bool only_flags = true;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view word = text::trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const auto found = std::ranges::find(kWords, word, &FilterWord::word);
    if (found == std::end(kWords))
      text::fail(
          fmt::format("--trace-filter: {} is none of nvidia, files, exec, cuda, all, failed{}",
                      text::quote(word),
                      suggestion(word, {"nvidia", "files", "exec", "cuda", "all", "failed"})));
    found->add(selection);
    only_flags = only_flags && word == "failed";
  }
  if (only_flags) kWords[0].add(selection);
  return selection;
}

tracer::Format read_trace_format(std::string_view option, std::string_view text) {
  if (const auto format = tracer::find_format(text)) return *format;
  text::fail(fmt::format("--{}: {} is none of text, jsonl, perfetto, html{}", option,
                         text::quote(text),
                         suggestion(text, {"text", "jsonl", "perfetto", "html"})));
}

}  // namespace vgpu::launcher
