#pragma once

#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace vgpu::jit {

/// LLVM could not make code out of what we gave it: a bug of ours.
class EngineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Machine code in memory; freed when this goes.
class MachineCode {
 public:
  MachineCode(llvm::orc::ResourceTrackerSP owner, void* entry)
      : owner_(std::move(owner)), entry_(entry) {}
  ~MachineCode();
  MachineCode(const MachineCode&) = delete;
  MachineCode& operator=(const MachineCode&) = delete;
  void* entry() const noexcept { return entry_; }

 private:
  llvm::orc::ResourceTrackerSP owner_;
  void* entry_;
};

/// LLVM, set up for the processor at hand. One per process, made at the first use and never
/// destroyed.
class Engine {
 public:
  static Engine& instance();

  /// An empty module for this processor.
  std::unique_ptr<llvm::Module> make_module(llvm::LLVMContext& context) const;
  /// Attributes that every function of a kernel carries.
  void set_attributes(llvm::Function& function, bool flush_subnormals) const;

  /// Optimises and compiles; `entry` names the function that is wanted. Errors: EngineError.
  std::unique_ptr<MachineCode> compile(std::unique_ptr<llvm::LLVMContext> context,
                                       std::unique_ptr<llvm::Module> module,
                                       const std::string& entry);

 private:
  Engine();
  void optimise(llvm::Module& module) const;
  void define_runtime();

  std::unique_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  std::mutex mutex_;  ///< one kernel at a time
};

}  // namespace vgpu::jit
