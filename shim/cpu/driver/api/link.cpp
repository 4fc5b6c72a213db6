#include <cstdlib>
#include <new>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/caller.h"
#include "shim/cpu/driver/code.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/jit_log.h"
#include "shim/cpu/driver/ptx_error.h"
#include "shim/cpu/driver/thread_state.h"
#include "shim/cpu/driver/undefined.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::cpu {

/// A run-time link in progress: what CUlinkState points to.
struct Linker {
  Linker(unsigned count, const CUjit_option* options, void** values)
      : buffers(count, options, values) {}

  std::mutex mutex;  // guards all below
  JitLog buffers;    ///< of cuLinkCreate: they get what goes wrong in any later call
  std::string log;
  std::vector<std::string> texts;
  std::vector<char> image;
};

namespace api {
namespace {

std::shared_ptr<Linker> find_linker(CUlinkState handle) {
  auto linker = handles<Linker>().find(handle);
  require(linker != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a link state");
  return linker;
}

/// Runs a step of the link with its log going to the program's buffers.
template <class Step>
void with_log(Linker& linker, const Step& step) {
  try {
    step();
  } catch (const ApiError& error) {
    if (linker.log.empty()) linker.log = std::string("error   : ") + error.what() + "\n";
    linker.buffers.finish("", linker.log);
    throw;
  }
}

/// Links once for nothing but the errors: a missing or doubled symbol shows now, not at loading.
void check_link(Linker& linker) {
  jit::VariableMemory memory;
  memory.allocate = [](std::size_t size, std::size_t align, bool) -> void* {
    const std::size_t unit = std::max<std::size_t>(align, alignof(std::max_align_t));
    void* const got = std::aligned_alloc(unit, (size + unit) / unit * unit);
    if (got == nullptr) throw std::bad_alloc();
    return got;
  };
  memory.release = [](void* at) { std::free(at); };
  std::vector<ptx::Module> modules = parse_texts(linker.texts, true, linker.log);
  translate_ptx_errors(linker.log, [&] {
    const std::string missing = find_undefined(modules);
    if (!missing.empty()) throw jit::LinkError("undefined reference to '" + missing + "'");
    jit::Program::link(std::move(modules), memory);
  });
}

/// Adds what is in `data`; `name` is for the log.
void add(Linker& linker, CUjitInputType type, const void* data, std::size_t size,
         const char* name) {
  const std::string source = name == nullptr ? "<unnamed>" : name;
  const int capability = capability_for_caller(current_context()->device());
  switch (type) {
    case CU_JIT_INPUT_PTX: {
      std::string text(static_cast<const char*>(data), size);
      while (!text.empty() && text.back() == '\0') text.pop_back();
      require_target(parse_texts({text}, false, linker.log), capability, CUDA_ERROR_INVALID_PTX,
                     linker.log);
      linker.texts.push_back(std::move(text));
      return;
    }
    case CU_JIT_INPUT_FATBINARY:
    case CU_JIT_INPUT_CUBIN: {
      for (std::string& text : code_of(data, size, capability, linker.log).texts)
        linker.texts.push_back(std::move(text));
      return;
    }
    case CU_JIT_INPUT_OBJECT:
    case CU_JIT_INPUT_LIBRARY:
    case CU_JIT_INPUT_NVVM:
      linker.log += "error   : " + source + ": only PTX can be linked\n";
      fail(CUDA_ERROR_NOT_SUPPORTED, "only PTX can be linked");
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such type of input");
}

}  // namespace

CUresult cuLinkCreate_v2(unsigned count, CUjit_option* options, void** values, CUlinkState* state) {
  require_value(state != nullptr, "stateOut is null");
  current_context();
  auto made = std::make_shared<Linker>(count, options, values);
  *state = reinterpret_cast<CUlinkState>(made.get());
  handles<Linker>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuLinkAddData_v2(CUlinkState state, CUjitInputType type, void* data, std::size_t size,
                          const char* name, unsigned count, CUjit_option* options, void** values) {
  const auto linker = find_linker(state);
  require_value(data != nullptr && size != 0, "data is null or empty");
  const JitLog checked(count, options, values);
  const std::lock_guard lock(linker->mutex);
  with_log(*linker, [&] { add(*linker, type, data, size, name); });
  return CUDA_SUCCESS;
}

CUresult cuLinkAddFile_v2(CUlinkState state, CUjitInputType type, const char* path, unsigned count,
                          CUjit_option* options, void** values) {
  const auto linker = find_linker(state);
  require_value(path != nullptr, "path is null");
  const JitLog checked(count, options, values);
  const std::lock_guard lock(linker->mutex);
  with_log(*linker, [&] {
    const std::vector<char> file = read_image_file(path);
    require(!file.empty(), CUDA_ERROR_INVALID_IMAGE, "the file is empty");
    add(*linker, type, file.data(), file.size(), path);
  });
  return CUDA_SUCCESS;
}

CUresult cuLinkComplete(CUlinkState state, void** image, std::size_t* size) {
  const auto linker = find_linker(state);
  require_value(image != nullptr, "cubinOut is null");
  const std::lock_guard lock(linker->mutex);
  with_log(*linker, [&] {
    require_value(!linker->texts.empty(), "nothing was added");
    check_link(*linker);
  });
  linker->image = linked_image(linker->texts);
  linker->buffers.finish("", linker->log);
  *image = linker->image.data();
  if (size != nullptr) *size = linker->image.size();
  return CUDA_SUCCESS;
}

CUresult cuLinkDestroy(CUlinkState state) {
  require(handles<Linker>().take(state) != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a link state");
  return CUDA_SUCCESS;
}

}  // namespace api
}  // namespace vgpu::cpu
