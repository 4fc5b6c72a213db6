#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::jit {

/// Modules do not fit together: an undefined or doubly defined symbol. what() names it.
class LinkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a kernel needs and takes; known without compiling it.
struct KernelInfo {
  std::string name;
  std::vector<ptx::Param> params;
  std::uint64_t param_bytes = 0;
  std::uint32_t static_shared = 0;   ///< Units: bytes
  std::uint32_t local_bytes = 0;     ///< Units: bytes a thread
  std::uint32_t max_threads = 1024;  ///< from .maxntid or .reqntid
  std::uint32_t registers = 0;       ///< an estimate: PTX's registers are virtual
  int ptx_version = 0;  ///< the module's .target, e.g. 75: CU_FUNC_ATTRIBUTE_PTX_VERSION
};

/// Gives out and takes back the memory of .global and .const variables, in the device's memory.
struct VariableMemory {
  std::function<void*(std::size_t bytes, std::size_t align, bool managed)> allocate;
  std::function<void(void* at)> release;
};

/// A variable of a loaded program.
struct LoadedVariable {
  std::string name;
  void* address = nullptr;
  std::size_t size = 0;
  bool managed = false;
};

class Kernel;  // opaque: compiled lazily, at its first launch, for the shape of that launch

struct Dim3 {
  std::uint32_t x = 1, y = 1, z = 1;
};

/// One launch. `params` is the parameter block laid out by KernelInfo::params; it is copied.
struct Launch {
  Dim3 grid;
  Dim3 block;
  std::uint32_t dynamic_shared = 0;  ///< Units: bytes
  std::span<const std::byte> params;
  bool cooperative = false;
};

/// How a grid ended.
struct LaunchStatus {
  enum class Kind : std::uint8_t {
    ok,
    illegal_address,     ///< CUDA_ERROR_ILLEGAL_ADDRESS
    misaligned_address,  ///< CUDA_ERROR_MISALIGNED_ADDRESS
    trap,                ///< CUDA_ERROR_LAUNCH_FAILED: `trap`, or an impossible state
    device_assert,       ///< CUDA_ERROR_ASSERT
    not_supported,       ///< the kernel uses what is not implemented; `message` names it
  };
  Kind kind = Kind::ok;
  std::string message;        ///< for people; empty when ok
  std::uint64_t address = 0;  ///< of an illegal access
};

/// PTX modules joined into one namespace, with storage for their variables.
class Program {
 public:
  /// Links `modules` (already indexed) and initialises their variables.
  /// Errors: LinkError, ptx::Error, std::bad_alloc.
  static std::unique_ptr<Program> link(std::vector<ptx::Module> modules, VariableMemory memory);
  virtual ~Program() = default;

  /// Kernels in the order of definition.
  virtual std::span<Kernel* const> kernels() const = 0;
  virtual Kernel* find_kernel(std::string_view name) const = 0;
  virtual const LoadedVariable* find_variable(std::string_view name) const = 0;
  virtual std::span<const LoadedVariable> variables() const = 0;
};

/// All about the kernel; looks through its body if nobody has yet, which takes milliseconds.
const KernelInfo& info(const Kernel& kernel) noexcept;

/// What the kernel's head says. `static_shared`, `local_bytes` and `registers` are not yet there.
const KernelInfo& declaration(const Kernel& kernel) noexcept;

/// Compiles `kernel` for blocks of this shape now instead of at its first launch.
/// Errors: ptx::Error, Unsupported.
void prepare(Kernel& kernel, Dim3 block);

/// Generates and verifies the code of `kernel` for blocks of this shape, without making machine
/// code of it, which takes most of the time. Errors: ptx::Error, Unsupported, EngineError.
void check(Kernel& kernel, Dim3 block);

/// What was made of kernels in this process so far. Units of times: nanoseconds, of all threads.
struct Statistics {
  std::uint64_t compiled = 0;    ///< variants of kernels, by LLVM
  std::uint64_t from_cache = 0;  ///< the same, read from the disk
  std::uint64_t stored = 0;      ///< files written to the cache
  std::uint64_t not_stored = 0;  ///< files that could not be written to the cache
  std::uint64_t generate_ns = 0;
  std::uint64_t optimise_ns = 0;
  std::uint64_t emit_ns = 0;
  std::uint64_t load_ns = 0;
  std::uint64_t cache_ns = 0;      ///< reading and writing files
  std::uint64_t instructions = 0;  ///< of LLVM, as generated
  std::uint64_t optimised = 0;     ///< the same, optimised
  std::uint64_t bytes = 0;         ///< of object code
};

Statistics statistics() noexcept;

/// From now on compiled kernels are kept in `folder` and looked for there; empty or a limit of 0 is
/// nowhere. Other processes may use the folder at the same time. Units: bytes
void keep_code_in(const std::string& folder, std::uint64_t limit);

/// Whether standard error hears of kernels that take long to compile; it does not unless asked to.
void show_progress(bool yes) noexcept;

/// At the end of this process a line with its statistics goes to standard error. Shape:
/// "vgpu-run: PID NAME: kernels: 3 compiled in 1.2 s, 10 from the cache, 3 kept, 0 not kept\n"
void show_statistics_at_exit();

/// Runs the whole grid on the machine's cores and returns when it has ended. Callable from any
/// thread; grids of several callers share the cores. Device printf goes to standard output in
/// this call. Never throws: a kernel that cannot be compiled is not_supported or trap.
LaunchStatus run(Kernel& kernel, const Launch& launch) noexcept;

}  // namespace vgpu::jit
