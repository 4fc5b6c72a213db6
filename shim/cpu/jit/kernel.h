#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "shim/cpu/jit/engine.h"
#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/linkage.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::jit {

/// A kernel compiled for one class of blocks.
struct Variant {
  Form form = Form::flat;
  std::size_t frame_bytes = 0;  ///< of a warp, for Form::resumable
  std::unique_ptr<MachineCode> code;
};

/// A kernel and the code made of it so far.
class Kernel {
 public:
  Kernel(const Linkage& linkage, const Symbol& symbol);

  const KernelInfo& info() noexcept;
  /// The code for blocks of this class, made at the first request. Errors: ptx::Error,
  /// Unsupported, LinkError, EngineError.
  const Variant& variant(const BlockClass& block);

  std::uint32_t static_shared() const noexcept { return shared_.dynamic_base(); }
  std::uint32_t local_bytes() const noexcept { return pieces_.front().local_bytes; }
  bool flushes() const noexcept { return pieces_.front().flush_by_mode; }
  const Symbol& symbol() const noexcept { return symbol_; }

 private:
  void prepare_code();
  void flatten_all();
  std::unique_ptr<Variant> make(const BlockClass& block);

  const Linkage& linkage_;
  const Symbol& symbol_;
  KernelInfo info_;
  std::recursive_mutex mutex_;
  bool prepared_ = false;
  bool measured_ = false;
  SharedLayout shared_;
  std::vector<Code> pieces_;              ///< the kernel, then its out-of-line functions
  std::vector<const Symbol*> functions_;  ///< of pieces_[1...]
  std::map<BlockClass, std::unique_ptr<Variant>> variants_;
};

/// The class of blocks of these extents.
BlockClass class_of(Dim3 block) noexcept;

}  // namespace vgpu::jit
