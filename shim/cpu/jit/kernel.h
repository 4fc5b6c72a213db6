#pragma once

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "shim/cpu/jit/code_file.h"
#include "shim/cpu/jit/engine.h"
#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/linkage.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::jit {

class CompileNote;

/// A kernel compiled for one class of blocks.
struct Variant {
  Form form = Form::flat;
  std::size_t frame_bytes = 0;  ///< of a warp, for Form::resumable
  Measures measures;
  std::unique_ptr<MachineCode> code;
};

/// A kernel and the code made of it so far. Code comes from the cache where it has some; only then
/// is the body never looked at.
class Kernel {
 public:
  Kernel(const Linkage& linkage, const Symbol& symbol);

  const KernelInfo& info() noexcept;
  const KernelInfo& declaration() const noexcept { return declared_; }
  /// The code for blocks of this class, made at the first request, once however many threads ask;
  /// so is the mistake that is in the way. Errors: ptx::Error, Unsupported, LinkError, EngineError.
  const Variant& variant(const BlockClass& block);

  /// Makes LLVM's code for blocks of this class, verifies it and throws it away. Errors: as
  /// variant().
  void check(const BlockClass& block);

  const Symbol& symbol() const noexcept { return symbol_; }

 private:
  /// A request for code and what came of it.
  struct Slot {
    std::unique_ptr<Variant> made;
    std::exception_ptr problem;
  };

  void measure();
  void prepare_code();
  void flatten_all();
  std::unique_ptr<Variant> find_or_make(const BlockClass& block, CompileNote& note);
  std::unique_ptr<Variant> find_kept(const Digest& key);
  std::unique_ptr<Variant> make(const BlockClass& block, const Digest& key);
  void generate(const BlockClass& block, llvm::Module& module, Variant& variant);

  const Linkage& linkage_;
  const Symbol& symbol_;
  KernelInfo declared_;
  KernelInfo info_;
  std::atomic<bool> measured_{false};      ///< info_ is final
  std::atomic<bool> unmeasurable_{false};  ///< the body is wrong, and is not looked at again

  std::mutex looking_;  ///< guards the body's analysis: all that follows up to `making_`
  Measures measures_;
  bool prepared_ = false;
  SharedLayout shared_;
  std::vector<Code> pieces_;              ///< the kernel, then its out-of-line functions
  std::vector<const Symbol*> functions_;  ///< of pieces_[1...]

  std::mutex making_;  ///< guards variants_; may be held while looking_ is taken
  std::map<BlockClass, Slot> variants_;
};

/// The class of blocks of these extents.
BlockClass class_of(Dim3 block) noexcept;

}  // namespace vgpu::jit
