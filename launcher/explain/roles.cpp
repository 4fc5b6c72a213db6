#include "launcher/explain/roles.h"

#include <fnmatch.h>

#include <algorithm>
#include <string>

namespace vgpu::explain {
namespace {

struct RoleRow {
  const char* pattern;  ///< of fnmatch, without FNM_PATHNAME
  Role role;
};

/// First match wins.
constexpr RoleRow kNames[] = {
    {"libcuda.so*", Role::driver},
    {"libnvidia-ml.so*", Role::nvml},
    {"libcudart.so*", Role::runtime},
    {"libcublas.so*", Role::toolkit},
    {"libcublasLt.so*", Role::toolkit},
    {"libcudnn*.so*", Role::toolkit},
    {"libcufft*.so*", Role::toolkit},
    {"libcurand.so*", Role::toolkit},
    {"libcusolver*.so*", Role::toolkit},
    {"libcusparse*.so*", Role::toolkit},
    {"libcupti.so*", Role::toolkit},
    {"libnccl.so*", Role::toolkit},
    {"libnpp*.so*", Role::toolkit},
    {"libnvrtc*.so*", Role::toolkit},
    {"libnvJitLink.so*", Role::toolkit},
    {"libnvidia-*.so*", Role::toolkit},
    {"*cuda*.so", Role::backend},
    {"*cuda*.so.*", Role::backend},
    {"*.so", Role::library},
    {"*.so.[0-9]*", Role::library},
    {"nvidia-smi", Role::smi},
};

constexpr RoleRow kPaths[] = {
    {"/dev/nvidia-uvm*", Role::uvm},
    {"/dev/nvidia*", Role::node},
    {"/dev/dxg", Role::node},
    {"/proc/driver/nvidia*", Role::proc},
    {"/sys/module/nvidia*", Role::proc},
};

constexpr const char* kNoise[] = {
    "/etc/ld.so.*",
    "/etc/*release",
    "/etc/debian_version",
    "/etc/nsswitch.conf",
    "/etc/localtime",
    "/etc/ssl/*",
    "/usr/lib/ssl/*",
    "*/glibc-hwcaps/*",
    "*/tls/*",
    "*/haswell/*",
    "*/locale/*",
    "*/locale-archive",
    "*/LC_*",
    "*/gconv*",
    "*/charset.alias",
    "*/.terminfo/*",
    "*/terminfo/*",
    "*/.inputrc",
    "*/nscd/socket",
    "*/openssl.cnf",
    "*/package.json",
    "*/node_modules",
    "*/pyvenv.cfg",
    "*.pyc",
    "*/__pycache__*",
    "*/selinux*",
    "*/.git*",
    "/proc/*/cgroup",
    "/proc/*/maps",
    "/proc/*/task/*",
    "/proc/sys/vm/overcommit_memory",
    "/sys/fs/cgroup/*",
    "/sys/kernel/mm/*",
    "/dev/tty",
    "/dev/shm/*",
    "/tmp",
    "",
};

/// Words in names of files and folders that have to do with GPUs.
constexpr std::string_view kGpuWords[] = {"nvidia", "cuda", "cublas", "cudnn", "gpu",
                                          "ggml",   "nvml", "/dri/",  "/pci"};

/// Libraries by which programs use GPUs, or other devices, that are not NVIDIA's.
constexpr const char* kOthers[] = {
    "*openvino*", "*rocm*",  "*sycl*",  "*vulkan*",  "*opencl*",   "*OpenCL*",   "*webgpu*",
    "*zendnn*",   "libhip*", "libamd*", "*[-_]hip*", "*[-_]musa*", "*[-_]cann*", "*[-_]metal*",
};

struct VariableRow {
  std::string_view name;
  bool prefix;
};

constexpr VariableRow kVariables[] = {
    {"CUDA_", true},
    {"NVIDIA_", true},
    {"LD_LIBRARY_PATH", false},
    {"LD_PRELOAD", false},
    {"PATH", false},
    {"GGML_", true},
    {"OLLAMA_", true},
    {"LLAMA_", true},
    {"NODE_LLAMA_CPP_", true},
    {"HIP_", true},
    {"ROCR_", true},
    {"GPU_", true},
    {"JAX_", true},
    {"XLA_", true},
    {"TF_", true},
    {"PYTORCH_", true},
    {"NCCL_", true},
    {"CUBLAS_", true},
    {"CUDNN_", true},
    {"VGPU_", true},
    {"container", false},
    {"OMP_TARGET_OFFLOAD", false},
};

bool matches(const char* pattern, const std::string& text) noexcept {
  return ::fnmatch(pattern, text.c_str(), 0) == 0;
}

}  // namespace

std::string_view file_name(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view stem_of(std::string_view library) noexcept {
  const auto suffix = library.find(".so");
  return suffix == library.npos ? library : library.substr(0, suffix + 3);
}

Role role_of(std::string_view path) noexcept {
  // Nearly all paths of a tree: not a pattern to be tried.
  if (path.find(".so") == path.npos && path.find("nvidia") == path.npos && path != "/dev/dxg")
    return Role::none;
  const std::string whole(path);
  for (const RoleRow& row : kPaths)
    if (matches(row.pattern, whole)) return row.role;
  const std::string name(file_name(path));
  for (const RoleRow& row : kNames)
    if (matches(row.pattern, name)) return row.role;
  return Role::none;
}

bool is_noise(std::string_view path) noexcept {
  if (names_a_gpu(file_name(path))) return false;
  const std::string whole(path);
  return std::ranges::any_of(kNoise, [&](const char* row) { return matches(row, whole); });
}

bool is_for_processors(std::string_view path) noexcept {
  constexpr std::string_view kFolders[] = {"/glibc-hwcaps/", "/tls/", "/haswell/", "/avx512_1/",
                                           "/x86_64/"};
  return std::ranges::any_of(kFolders,
                             [&](std::string_view each) { return path.find(each) != path.npos; });
}

bool names_a_gpu(std::string_view path) noexcept {
  return std::ranges::any_of(kGpuWords,
                             [&](std::string_view word) { return path.find(word) != path.npos; });
}

bool is_for_others(std::string_view path) noexcept {
  const std::string name(file_name(path));
  return std::ranges::any_of(kOthers, [&](const char* row) { return matches(row, name); });
}

bool matters_to_gpu(std::string_view variable) noexcept {
  return std::ranges::any_of(kVariables, [&](const VariableRow& row) {
    return row.prefix ? variable.starts_with(row.name) : variable == row.name;
  });
}

}  // namespace vgpu::explain
