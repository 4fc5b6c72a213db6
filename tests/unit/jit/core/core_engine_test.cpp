#include <doctest/doctest.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include <memory>

#include "shim/cpu/jit/engine.h"

namespace vgpu::jit {
namespace {

/// Compiles `void name() {}`, under a garbage collector that nobody has if `impossible`.
std::unique_ptr<MachineCode> compile(const char* name, bool impossible) {
  Engine& engine = Engine::instance();
  llvm::LLVMContext context;
  const auto module = engine.make_module(context);
  llvm::Function* const function =
      llvm::Function::Create(llvm::FunctionType::get(llvm::Type::getVoidTy(context), false),
                             llvm::Function::ExternalLinkage, name, *module);
  if (impossible) function->setGC("nobody's");
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "entry", function));
  b.CreateRetVoid();
  return engine.load(engine.compile(*module), name, {});
}

/// An exception through LLVM leaves behind what the functions that it left have allocated: some
/// bytes for each kernel that is given up.
struct LossByException {
#if defined(__SANITIZE_ADDRESS__)
  __lsan::ScopedDisabler disabled;
#endif
};

TEST_CASE("engine: where LLVM gives up a kernel fails, and the next one is compiled") {
  {
    [[maybe_unused]] const LossByException loss;
    CHECK_THROWS_AS(compile("given_up", true), EngineError);
  }
  CHECK(compile("sound", false)->entry() != nullptr);
  {
    [[maybe_unused]] const LossByException loss;
    CHECK_THROWS_AS(compile("given_up_too", true), EngineError);
  }
  CHECK(compile("sound_too", false)->entry() != nullptr);
}

}  // namespace
}  // namespace vgpu::jit
