#include "shim/cpu/jit/engine.h"

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/DCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "shim/cpu/jit/runtime_symbols.h"

namespace vgpu::jit {

namespace {

template <class T>
T checked(llvm::Expected<T> result) {
  if (!result) throw EngineError(llvm::toString(result.takeError()));
  return std::move(*result);
}

void checked(llvm::Error error) {
  if (error) throw EngineError(llvm::toString(std::move(error)));
}

/// LLVM ends the process where its code generator gives up; here that is the kernel's failure. What
/// it holds at that moment is lost with the exception, its locks are not: code is made in the
/// thread that asks for it, outside the session's lock.
void give_up(void*, const char* reason, bool) {
  throw EngineError(std::string("the code generator gave up: ") + reason);
}

/// Past this many instructions the quadratic passes are left out.
constexpr std::size_t kLargeModule = 60000;

}  // namespace

MachineCode::~MachineCode() { llvm::consumeError(owner_->remove()); }

Engine& Engine::instance() {
  static Engine* const engine = new Engine;
  return *engine;
}

Engine::Engine() {
  llvm::install_fatal_error_handler(&give_up);
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  LLVMInitializeX86AsmParser();  // for the calls that registers survive
  auto builder = checked(llvm::orc::JITTargetMachineBuilder::detectHost());
  builder.setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  builder.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  machine_ = checked(builder.createTargetMachine());
  jit_ = checked(llvm::orc::LLJITBuilder()
                     .setJITTargetMachineBuilder(std::move(builder))
                     .setLinkProcessSymbolsByDefault(false)
                     .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                     .create());
  define_runtime();
}

void Engine::define_runtime() {
  llvm::orc::SymbolMap symbols;
  for (const RuntimeSymbol& each : runtime_symbols())
    symbols[jit_->mangleAndIntern(each.name)] = {
        llvm::orc::ExecutorAddr::fromPtr(each.address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  checked(jit_->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(symbols))));
}

std::unique_ptr<llvm::Module> Engine::make_module(llvm::LLVMContext& context) const {
  auto module = std::make_unique<llvm::Module>("kernel", context);
  module->setDataLayout(jit_->getDataLayout());
  module->setTargetTriple(jit_->getTargetTriple().str());
  return module;
}

void Engine::set_attributes(llvm::Function& function, bool flush_subnormals) const {
  function.addFnAttr("target-cpu", machine_->getTargetCPU());
  function.addFnAttr("target-features", machine_->getTargetFeatureString());
  function.addFnAttr("prefer-vector-width", "512");
  function.addFnAttr("min-legal-vector-width", "512");
  function.addFnAttr("no-builtins");
  function.addFnAttr(llvm::Attribute::NoUnwind);
  if (flush_subnormals) function.addFnAttr("denormal-fp-math", "preserve-sign,preserve-sign");
}

void Engine::optimise(llvm::Module& module) const {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(machine_.get());
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  const bool large = module.getInstructionCount() > kLargeModule;
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::SimplifyCFGPass());
  if (!large) {
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()),
                                                         /*UseMemorySSA=*/true));
    passes.addPass(llvm::GVNPass());
    passes.addPass(llvm::InstCombinePass());
  }
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::DCEPass());
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) passes.run(function, functions);
}

std::unique_ptr<MachineCode> Engine::compile(std::unique_ptr<llvm::LLVMContext> context,
                                             std::unique_ptr<llvm::Module> module,
                                             const std::string& entry) {
  std::string problem;
  llvm::raw_string_ostream out(problem);
  if (llvm::verifyModule(*module, &out)) throw EngineError("invalid code for a kernel: " + problem);
  const std::lock_guard lock(mutex_);
  optimise(*module);
  auto owner = jit_->getMainJITDylib().createResourceTracker();
  checked(
      jit_->addIRModule(owner, llvm::orc::ThreadSafeModule(std::move(module), std::move(context))));
  const auto address = checked(jit_->lookup(entry));
  return std::make_unique<MachineCode>(std::move(owner), address.toPtr<void*>());
}

}  // namespace vgpu::jit
