#include "shim/cpu/jit/engine.h"

#include <llvm/Config/llvm-config.h>
#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/DCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "shim/cpu/exec/address_space.h"
#include "shim/cpu/jit/finish.h"
#include "shim/cpu/jit/gather.h"
#include "shim/cpu/jit/product_groups.h"
#include "shim/cpu/jit/runtime_symbols.h"
#include "shim/cpu/jit/statistics.h"

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

/// Code stays in the block where the program has it. Moved down to where its result is wanted, a
/// chain of products leaves all that it consumes behind, in more registers than there are.
void keep_order() {
  const auto& options = llvm::cl::getRegisteredOptions();
  const auto found = options.find("disable-machine-sink");
  if (found != options.end()) static_cast<llvm::cl::opt<bool>*>(found->second)->setValue(true);
}

}  // namespace

MachineCode::~MachineCode() { llvm::consumeError(session_.removeJITDylib(library_)); }

Engine& Engine::instance() {
  static auto* const engine = new Engine;
  return *engine;
}

Engine::Engine()
    : builder_([] {
        llvm::install_fatal_error_handler(&give_up);
        LLVMInitializeX86TargetInfo();
        LLVMInitializeX86Target();
        LLVMInitializeX86TargetMC();
        LLVMInitializeX86AsmPrinter();
        LLVMInitializeX86AsmParser();  // for the calls that registers survive
        return checked(llvm::orc::JITTargetMachineBuilder::detectHost());
      }()) {
  keep_order();
  builder_.setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  builder_.setRelocationModel(llvm::Reloc::PIC_);
  builder_.setCodeModel(llvm::CodeModel::Small);
  builder_.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  const auto machine = this->machine();
  cpu_ = machine->getTargetCPU();
  features_ = machine->getTargetFeatureString();
  const exec::AddressSpace& space = exec::address_space();
  processor_ = machine->getTargetTriple().str() + " " + cpu_ + " " + features_ +
               " LLVM " LLVM_VERSION_STRING " addresses " + std::to_string(space.base()) + "+" +
               std::to_string(space.size());
  jit_ = checked(llvm::orc::LLJITBuilder()
                     .setJITTargetMachineBuilder(builder_)
                     .setLinkProcessSymbolsByDefault(false)
                     .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                     .create());
  define_runtime();
}

/// One for each compilation: they keep state.
std::unique_ptr<llvm::TargetMachine> Engine::machine() const {
  llvm::orc::JITTargetMachineBuilder builder = builder_;
  return checked(builder.createTargetMachine());
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
  function.addFnAttr("target-cpu", cpu_);
  function.addFnAttr("target-features", features_);
  function.addFnAttr("prefer-vector-width", "512");
  function.addFnAttr("min-legal-vector-width", "512");
  function.addFnAttr("no-builtins");
  function.addFnAttr(llvm::Attribute::NoUnwind);
  if (flush_subnormals) function.addFnAttr("denormal-fp-math", "preserve-sign,preserve-sign");
}

namespace {

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
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
  llvm::FunctionPassManager last;
  last.addPass(llvm::DCEPass());  // first: what rare paths compute anew shall not find the old
  last.addPass(llvm::EarlyCSEPass(true));
  last.addPass(llvm::SimplifyCFGPass());
  last.addPass(llvm::DCEPass());
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    passes.run(function, functions);
    finish_dots(function);
    group_products(function, host_features());
    improve_gathers(function, host_features());
    functions.invalidate(function, llvm::PreservedAnalyses::none());
    last.run(function, functions);
  }
}

}  // namespace

void Engine::verify(llvm::Module& module) const {
  std::string problem;
  llvm::raw_string_ostream out(problem);
  if (llvm::verifyModule(module, &out)) throw EngineError("invalid code for a kernel: " + problem);
}

std::string Engine::compile(llvm::Module& module) const {
  Counters& count = counters();
  verify(module);
  const auto machine = this->machine();
  count.instructions += module.getInstructionCount();
  {
    const Stopwatch watch(count.optimise_ns);
    optimise(module, *machine);
  }
  count.optimised += module.getInstructionCount();
  const Stopwatch watch(count.emit_ns);
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  llvm::MCContext* context = nullptr;
  if (machine->addPassesToEmitMC(passes, context, stream, /*DisableVerify=*/true))
    throw EngineError("this processor's target cannot make objects");
  passes.run(module);
  count.bytes += object.size();
  return {object.data(), object.size()};
}

std::unique_ptr<MachineCode> Engine::load(std::string_view object, const std::string& entry,
                                          const std::vector<Address>& addresses) {
  const Stopwatch watch(counters().load_ns);
  llvm::orc::ExecutionSession& session = jit_->getExecutionSession();
  llvm::orc::JITDylib& library = session.createBareJITDylib("kernel" + std::to_string(++loaded_));
  library.addToLinkOrder(jit_->getMainJITDylib());
  auto code = std::make_unique<MachineCode>(session, library);
  llvm::orc::SymbolMap symbols;
  for (const Address& each : addresses)
    symbols[jit_->mangleAndIntern(each.name)] = {llvm::orc::ExecutorAddr(each.at),
                                                 llvm::JITSymbolFlags::Exported};
  checked(library.define(llvm::orc::absoluteSymbols(std::move(symbols))));
  checked(jit_->addObjectFile(library, llvm::MemoryBuffer::getMemBufferCopy(
                                           llvm::StringRef(object.data(), object.size()), entry)));
  code->entry_ = checked(jit_->lookup(library, entry)).toPtr<void*>();
  return code;
}

}  // namespace vgpu::jit
