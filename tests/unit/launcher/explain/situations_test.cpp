#include "launcher/explain/situations.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "story.h"

namespace vgpu::explain {
namespace {

struct Situation {
  std::string_view id;
  const std::string* before;  ///< the story's beginning
  std::string_view more;
  std::string_view says;  ///< a part of the finding: what, or its file
};

// clang-format off
const Situation kSituations[] = {
    {"kernel-failed", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","args":"0","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"launch","kernel":"add","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"launch","kernel":"scale","answer":"CUDA_ERROR_ILLEGAL_ADDRESS"})~", "scale"},
    {"kernel-not-compiled", &kLoaded,
     R"~({"pid":10,"event":"compile","name":"mul_mat","message":"wgmma.mma_async is not known"}
{"pid":10,"event":"api","api":"cuda","call":"cuLaunchKernel","answer":"CUDA_ERROR_NOT_SUPPORTED"})~",
     "wgmma.mma_async"},
    {"machine-code-only", &kLoaded,
     R"~({"pid":10,"event":"load","images":["sm_86 (sass)","sm_90 (sass)"],"answer":"CUDA_ERROR_NO_BINARY_FOR_GPU"})~",
     "sm_86 (sass), sm_90 (sass)"},
    {"capability-too-low", &kLoaded,
     R"~({"pid":10,"event":"load","images":["compute_90 (ptx)","compute_80 (ptx)","sm_90 (sass)"],"answer":"CUDA_ERROR_NO_BINARY_FOR_GPU"})~",
     "8.0 or more"},
    {"capability-too-low", &kLoaded,
     R"~({"pid":10,"event":"load","images":["compute_90 (ptx)"],"answer":"CUDA_ERROR_INVALID_PTX","message":"SM version specified by .target is higher than default SM version assumed"})~",
     "9.0 or more"},
    {"image-refused", &kLoaded,
     R"~({"pid":10,"event":"load","images":["compute_75 (ptx)"],"answer":"CUDA_ERROR_INVALID_PTX","message":"line 3: unknown"})~",
     "CUDA_ERROR_INVALID_PTX"},
    {"out-of-memory", &kLoaded,
     R"~({"pid":10,"event":"launch","kernel":"add","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"api","api":"cuda","call":"cuMemAlloc_v2","args":"bytes=8589934592","answer":"CUDA_ERROR_OUT_OF_MEMORY"})~",
     "8589934592 bytes (8192.0 MiB)"},
    {"unsupported-call", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"unsupported","api":"cuda","call":"cuArray3DCreate_v2","count":2})~", "cuArray3DCreate_v2"},
    {"version-mismatch", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"})~",
     "different versions"},
    {"version-mismatch", &kLoaded,
     R"~({"pid":10,"event":"map","library":"libnvidia-ml.so.1","resolved":"/lib/libnvidia-ml.so.550.54.15","real":1})~",
     "550.54.15"},
    {"stub-library", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_ERROR_STUB_LIBRARY"})~", "stub"},
    {"driver-too-old", &kLoaded,
     R"~({"pid":10,"event":"map","library":"libcudart.so.13","resolved":"/opt/libcudart.so.13","real":1}
{"pid":10,"event":"api","api":"cuda","call":"cuDriverGetVersion","args":"version=12040","answer":"CUDA_SUCCESS"})~",
     "CUDA 12.4, and libcudart.so.13 needs CUDA 13.0"},
    {"driver-too-old", &kLoaded,
     R"~({"pid":10,"event":"load","images":["compute_75 (ptx)"],"answer":"CUDA_ERROR_UNSUPPORTED_PTX_VERSION"})~",
     "newer toolkit"},
    {"node-permission", &kBareProgram,
     R"~({"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.1","real":1}
{"pid":10,"event":"file","call":"openat","path":"/dev/nvidiactl","real":1,"result":-13,"error":"EACCES"})~",
     "/dev/nvidiactl"},
    {"module-not-loaded", &kBareProgram,
     R"~({"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.1","real":1}
{"pid":10,"event":"file","call":"openat","path":"/dev/nvidiactl","real":1,"result":-2,"error":"ENOENT"})~",
     "/dev/nvidiactl"},
    {"uvm-missing", &kBareProgram,
     R"~({"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.1","real":1}
{"pid":10,"event":"file","call":"openat","path":"/dev/nvidiactl","real":1,"result":3}
{"pid":10,"event":"file","call":"openat","path":"/dev/nvidia-uvm","real":1,"result":-2,"error":"ENOENT"})~",
     "/dev/nvidia-uvm"},
    {"no-device", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"api","api":"cuda","call":"cuDeviceGetCount","args":"count=0","answer":"CUDA_SUCCESS"})~",
     "no GPU"},
    {"init-failed", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_ERROR_SYSTEM_NOT_READY"})~",
     "nvidia-fabricmanager"},
    {"context-failed", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"api","api":"cuda","call":"cuCtxCreate_v2","answer":"CUDA_ERROR_DEVICE_UNAVAILABLE"})~",
     "compute mode"},
    {"gpu-used", &kLoaded,
     R"~({"pid":10,"event":"launch","kernel":"add","duration":2000000,"answer":"CUDA_SUCCESS"}
{"pid":10,"event":"copy","kind":"HtoD","bytes":1048576}
{"pid":10,"event":"memory","bytes":2097152})~", "1 launches in 2.000 ms, 1 copies of 1.0 MiB, at most 2.0 MiB"},
    {"crashed-while-starting", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"exit","signal":"SIGSEGV"})~", "SIGSEGV"},
    {"seen-not-used", &kLoaded,
     R"~({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"api","api":"cuda","call":"cuDeviceGetCount","args":"count=1","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"exit","status":0})~", "count the GPUs"},
    {"only-watched", &kProgram,
     R"~({"pid":10,"event":"api","api":"nvml","call":"nvmlInit_v2","answer":"NVML_SUCCESS"}
{"pid":10,"event":"api","api":"nvml","call":"nvmlDeviceGetCount_v2","answer":"NVML_SUCCESS"})~", "asked NVML"},
    {"only-watched", &kProgram,
     R"~({"pid":10,"event":"api","api":"nvml","call":"nvmlInit_v2","answer":"NVML_SUCCESS"}
{"pid":10,"event":"unsupported","api":"nvml","call":"nvmlDeviceGetFanSpeed","count":1})~", "asked NVML"},
    {"musl-program", &kProgram,
     R"~({"pid":10,"event":"exec","path":"/bin/m","argv":["m"],"interpreter":"/lib/ld-musl-x86_64.so.1","machine":"x86_64","libc":"musl","result":0}
{"pid":10,"event":"file","call":"open","path":"/usr/lib/libcuda.so.1","real":0,"result":3})~", "ld-musl-x86_64"},
    {"wrong-architecture", &kProgram,
     R"~({"pid":10,"event":"exec","path":"/bin/old","argv":["old"],"interpreter":"/lib/ld-linux.so.2","machine":"i386","libc":"glibc","result":0}
{"pid":10,"event":"file","call":"openat","path":"/usr/lib/none-such/libcuda.so.1","real":0,"result":3})~", "i386"},
    {"dependency-missing", &kProgram,
     R"~({"pid":10,"event":"file","call":"openat","path":"/app/libggml-cuda.so","real":1,"result":3}
{"pid":10,"event":"file","call":"openat","path":"/app/libcudart.so.13","real":1,"result":-2,"error":"ENOENT"}
{"pid":10,"event":"file","call":"openat","path":"/usr/lib/libcudart.so.13","real":1,"result":-2,"error":"ENOENT"})~",
     "libcudart.so.13"},
    {"prerequisite-failed", &kLoaded,
     R"~({"pid":10,"event":"symbol","library":"libcuda.so.1","name":"cuInit","result":0}
{"pid":10,"event":"file","call":"openat","path":"/opt/gpu.conf","result":-2,"error":"ENOENT"}
{"pid":10,"event":"exit","status":0})~", "/opt/gpu.conf: ENOENT"},
    {"never-called", &kLoaded,
     R"~({"pid":10,"event":"exit","status":0})~", "nothing that can be seen failed"},
    {"calls-unseen", &kBareProgram,
     R"~({"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.1","real":1}
{"pid":10,"event":"file","call":"openat","path":"/dev/nvidiactl","real":1,"result":3})~", "opened /dev/nvidiactl"},
    {"container-without-runtime", &kBareProgram,
     R"~({"pid":10,"event":"exec","path":"/app","argv":["app"],"env_gpu":["NVIDIA_VISIBLE_DEVICES=all"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":10,"event":"file","call":"openat","path":"/lib/libcuda.so.1","real":1,"result":-2,"error":"ENOENT"})~",
     "NVIDIA_VISIBLE_DEVICES=all"},
    {"library-not-found", &kBareProgram,
     R"~({"pid":10,"event":"file","call":"openat","path":"/lib/libcuda.so.1","real":1,"result":-2,"error":"ENOENT"}
{"pid":10,"event":"file","call":"openat","path":"/usr/lib/libcuda.so.1","real":1,"result":-2,"error":"ENOENT"})~",
     "2 places"},
    {"found-not-loaded", &kProgram,
     R"~({"pid":10,"event":"file","call":"stat","path":"/lib/libcuda.so.1","real":0,"result":0})~", "was not loaded"},
    {"switched-off", &kProgram,
     R"~({"pid":10,"event":"exec","path":"/app","argv":["app"],"env_gpu":["OLLAMA_LLM_LIBRARY=CPU_avx2"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0})~",
     "OLLAMA_LLM_LIBRARY"},
    {"smi-missing", &kBareProgram,
     R"~({"pid":10,"event":"exec","path":"/usr/bin/nvidia-smi","argv":["nvidia-smi"],"result":-2,"error":"ENOENT"}
{"pid":10,"event":"exit","status":127})~", "nvidia-smi"},
    {"backend-missing", &kProgram,
     R"~({"pid":10,"event":"file","call":"openat","path":"/app/libggml-cuda.so","real":1,"result":-2,"error":"ENOENT"})~",
     "libggml-cuda.so"},
    {"program-not-run", &kProgram,
     R"~({"pid":10,"event":"exec","path":"/opt/runner","argv":["runner"],"result":-13,"error":"EACCES"}
{"pid":10,"event":"exit","status":126})~", "runner: EACCES"},
    {"trace-blind", &kProgram,
     R"~({"pid":10,"event":"blind","why":"its memory cannot be read"})~", "memory cannot be read"},
    {"static-program", &kProgram,
     R"~({"pid":10,"event":"exec","path":"/bin/fixed","argv":["fixed"],"machine":"x86_64","result":0})~", "statically"},
    {"no-probe", &kProgram, R"~({"pid":10,"event":"exit","status":0})~", "none looked"},
};

// Those that need more than one process, or real files, have cases of their own below or in tests/e2e/explain.sh.
constexpr std::string_view kElsewhere[] = {"devices-hidden", "killed-while-starting", "looked-too-early",
                                           "lost-environment", "symbol-version"};
// clang-format on

}  // namespace

TEST_CASE("checks: each situation has its verdict, which names the fact that decided") {
  for (const Situation& situation : kSituations) {
    CAPTURE(situation.id);
    CAPTURE(situation.more);
    const auto facts = facts_of(*situation.before + std::string(situation.more));
    const auto verdicts = diagnose(*facts);
    REQUIRE_FALSE(verdicts.empty());
    CHECK(verdicts.front().row->id == situation.id);
    const Finding& finding = verdicts.front().finding;
    const std::string told = finding.what + " " + finding.file;
    CAPTURE(told);
    CHECK(told.find(situation.says) != std::string::npos);
  }
}

TEST_CASE("checks: every row of the table has a situation here, and an id of its own") {
  std::set<std::string_view> tried(std::begin(kElsewhere), std::end(kElsewhere));
  for (const Situation& situation : kSituations) tried.insert(situation.id);
  std::set<std::string_view> ids;
  for (const CheckRow& row : check_rows()) {
    CHECK_MESSAGE(tried.contains(row.id), row.id);
    CHECK(ids.insert(row.id).second);
  }
  CHECK(tried.size() == ids.size());
}

TEST_CASE("devices-hidden: the verdict says who has set the variable") {
  const auto facts = facts_of(kProgram + R"~({"pid":11,"event":"process","parent":10,"how":"vfork"}
{"pid":11,"event":"exec","path":"/bin/runner","argv":["runner","-x"],"env_set":["CUDA_VISIBLE_DEVICES="],"env_gpu":["CUDA_VISIBLE_DEVICES="],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":11,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.580.1","real":0}
{"pid":11,"event":"api","api":"cuda","call":"cuInit","args":"0","answer":"CUDA_ERROR_NO_DEVICE"}
)~");
  const auto verdicts = diagnose(*facts);
  REQUIRE(verdicts.front().row->id == "devices-hidden");
  CHECK(verdicts.front().program->pid == 11);
  CHECK(verdicts.front().finding.what.find("set by app (pid 10)") != std::string::npos);
}

TEST_CASE("killed-while-starting: the verdict says who killed it, and in the middle of what") {
  const auto facts = facts_of(kProgram + R"~({"pid":11,"event":"process","parent":10,"how":"fork"}
{"pid":11,"event":"exec","path":"/bin/runner","argv":["runner"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":11,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.580.1","real":0}
{"pid":11,"event":"api","api":"cuda","call":"cuInit","args":"0","answer":"CUDA_SUCCESS"}
{"pid":11,"event":"api","api":"cuda","call":"cuModuleLoadData","answer":"unfinished"}
{"pid":11,"event":"exit","signal":"SIGKILL","sender":10}
)~");
  const auto verdicts = diagnose(*facts);
  REQUIRE(verdicts.front().row->id == "killed-while-starting");
  const std::string& what = verdicts.front().finding.what;
  CHECK(what.find("sent by its parent app (pid 10)") != std::string::npos);
  CHECK(what.find("in the middle of cuModuleLoadData") != std::string::npos);
}

TEST_CASE("lost-environment: the verdict says which folders were lost, and by whom") {
  const auto facts = facts_of(
      R"~({"pid":1,"event":"trace","version":1,"argv":["app"],"gpus":[],"env_gpu":["LD_LIBRARY_PATH=/cuda/lib:/opt/lib"]}
{"pid":10,"event":"process","parent":1,"how":"program"}
{"pid":10,"event":"exec","path":"/bin/app","argv":["app"],"env_gpu":["LD_LIBRARY_PATH=/cuda/lib:/opt/lib"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":11,"event":"process","parent":10,"how":"vfork"}
{"pid":11,"event":"exec","path":"/bin/runner","argv":["runner"],"env_set":["LD_LIBRARY_PATH=/opt/lib"],"env_gpu":["LD_LIBRARY_PATH=/opt/lib"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":11,"event":"file","call":"openat","path":"/opt/lib/libcuda.so.1","result":-2,"error":"ENOENT"}
)~");
  const auto verdicts = diagnose(*facts);
  REQUIRE(verdicts.front().row->id == "lost-environment");
  CHECK(verdicts.front().finding.what.find(
            "LD_LIBRARY_PATH had /cuda/lib and was set by app (pid 10)") != std::string::npos);
}

TEST_CASE("looked-too-early: the same path, missing for one process and there for a later one") {
  const std::string early =
      kBareProgram +
      R"~({"pid":10,"event":"file","call":"openat","path":"/d/libcuda.so.1","result":-2,"error":"ENOENT"}
{"pid":11,"event":"process","parent":10,"how":"fork"}
{"pid":11,"event":"exec","path":"/bin/late","argv":["late"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
)~";
  const auto facts = facts_of(
      early + R"~({"pid":11,"event":"file","call":"openat","path":"/d/libcuda.so.1","result":3})~");
  bool told = false;
  for (const Verdict& verdict : diagnose(*facts)) told |= verdict.row->id == "looked-too-early";
  CHECK(told);
  const auto elsewhere = facts_of(
      early + R"~({"pid":11,"event":"file","call":"openat","path":"/e/libcuda.so.1","result":3})~");
  for (const Verdict& verdict : diagnose(*elsewhere)) CHECK(verdict.row->id != "looked-too-early");
}

TEST_CASE("checks: a library that one process used hides no failure of another") {
  const auto verdicts = diagnose(
      *facts_of(kLoaded + R"~({"pid":10,"event":"launch","kernel":"add","answer":"CUDA_SUCCESS"}
{"pid":11,"event":"process","parent":10,"how":"fork"}
{"pid":11,"event":"exec","path":"/bin/two","argv":["two"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":11,"event":"file","call":"openat","path":"/lib/libcuda.so.1","result":-2,"error":"ENOENT"}
)~"));
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].row->id == "gpu-used");
  CHECK(verdicts[1].row->id == "library-not-found");
}

TEST_CASE("checks: an allocation that was tried again with less is no failure") {
  CHECK(
      verdict_of(
          kLoaded +
          R"~({"pid":10,"event":"api","api":"cuda","call":"cuMemAlloc_v2","args":"bytes=9","answer":"CUDA_ERROR_OUT_OF_MEMORY"}
{"pid":10,"event":"api","api":"cuda","call":"cuMemAlloc_v2","args":"bytes=8","answer":"CUDA_SUCCESS"}
{"pid":10,"event":"launch","kernel":"add","answer":"CUDA_SUCCESS"}
)~") == "gpu-used");
}

TEST_CASE("checks: a fork that inherits the library has not loaded it itself") {
  const auto verdicts = diagnose(
      *facts_of(kLoaded + R"~({"pid":10,"event":"launch","kernel":"add","answer":"CUDA_SUCCESS"}
{"pid":11,"event":"process","parent":10,"how":"fork"}
{"pid":11,"event":"exit","status":0}
)~"));
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].row->id == "gpu-used");
}

}  // namespace vgpu::explain
