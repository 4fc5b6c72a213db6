#pragma once

#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "shim/cpu/jit/linkage.h"

namespace vgpu::jit {

/// LLVM could not make code out of what we gave it: a bug of ours.
class EngineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Machine code in memory; freed when this goes.
class MachineCode {
 public:
  MachineCode(llvm::orc::ExecutionSession& session, llvm::orc::JITDylib& library)
      : session_(session), library_(library) {}
  ~MachineCode();
  MachineCode(const MachineCode&) = delete;
  MachineCode& operator=(const MachineCode&) = delete;
  void* entry() const noexcept { return entry_; }

 private:
  friend class Engine;
  llvm::orc::ExecutionSession& session_;
  llvm::orc::JITDylib& library_;
  void* entry_ = nullptr;
};

/// LLVM, set up for the processor at hand. One per process, made at the first use and never
/// destroyed. All of it may be called from several threads at a time.
class Engine {
 public:
  static Engine& instance();

  /// An empty module for this processor.
  std::unique_ptr<llvm::Module> make_module(llvm::LLVMContext& context) const;
  /// Attributes that every function of a kernel carries.
  void set_attributes(llvm::Function& function, bool flush_subnormals) const;

  /// Says what LLVM's verifier finds. Errors: EngineError.
  void verify(llvm::Module& module) const;
  /// Verifies and optimises `module` and makes a relocatable object of it. It knows addresses by
  /// name only, so that it is good for other processes too. Errors: EngineError.
  std::string compile(llvm::Module& module) const;

  /// Brings an object into memory; `entry` names the function that is wanted, `addresses` has what
  /// it refers to besides the runtime. Errors: EngineError.
  std::unique_ptr<MachineCode> load(std::string_view object, const std::string& entry,
                                    const std::vector<Address>& addresses);

  /// What compile() depends on besides the module.
  const std::string& processor() const noexcept { return processor_; }

 private:
  Engine();
  std::unique_ptr<llvm::TargetMachine> machine() const;
  void define_runtime();

  llvm::orc::JITTargetMachineBuilder builder_;
  std::string cpu_;
  std::string features_;
  std::string processor_;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  std::atomic<std::uint64_t> loaded_{0};
};

}  // namespace vgpu::jit
