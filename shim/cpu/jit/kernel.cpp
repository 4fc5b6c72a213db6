#include "shim/cpu/jit/kernel.h"

#include <algorithm>
#include <bit>
#include <new>

#include "shim/cpu/jit/code_store.h"
#include "shim/cpu/jit/compile_note.h"
#include "shim/cpu/jit/flatten.h"
#include "shim/cpu/jit/lower_flush.h"
#include "shim/cpu/jit/progress.h"
#include "shim/cpu/jit/statistics.h"

namespace vgpu::jit {

namespace {

constexpr std::size_t kMaxFunctions = 2000;

/// What the kernel function or an out-of-line one is called in LLVM.
std::string symbol_name(std::size_t index) { return "vgpu_code" + std::to_string(index); }

std::uint64_t param_bytes(const std::vector<ptx::Param>& params) {
  std::uint64_t end = 0;
  for (const auto& param : params) end = std::max(end, param.offset + param.size);
  return end;
}

}  // namespace

BlockClass class_of(Dim3 block) noexcept {
  BlockClass result;
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  result.full = threads % kWarpSize == 0;
  result.x_is_multiple = block.x % kWarpSize == 0;
  if (result.x_is_multiple || (block.y == 1 && block.z == 1)) {
    result.width = 32;
    // One row of threads needs no table of indices.
    if (block.y == 1 && block.z == 1) result.one_row = true;
    return result;
  }
  if (block.x == 16 || block.x == 8) {
    const std::uint32_t rows = kWarpSize / block.x;
    if (block.y % rows == 0 || block.z == 1) result.width = block.x;
  }
  return result;
}

Kernel::Kernel(const Linkage& linkage, const Symbol& symbol) : linkage_(linkage), symbol_(symbol) {
  const ptx::Function& function = *symbol.function;
  info_.name = function.name;
  info_.params = function.params;
  info_.param_bytes = param_bytes(function.params);
  const auto threads = [](const std::array<std::uint32_t, 3>& extent) {
    return std::uint64_t{extent[0]} * std::max(extent[1], 1u) * std::max(extent[2], 1u);
  };
  for (const auto& limit : {function.maxntid, function.reqntid})
    if (limit[0] != 0)
      info_.max_threads = static_cast<std::uint32_t>(std::min<std::uint64_t>(threads(limit), 1024));
  info_.ptx_version = linkage.module(symbol.module).target;
  declared_ = info_;
}

const KernelInfo& Kernel::info() noexcept {
  if (!measured_ && !unmeasurable_) {
    try {
      measure();
    } catch (const std::bad_alloc&) {  // the next time there may be memory
    } catch (const std::exception&) {
      unmeasurable_ = true;  // the launch will say what is wrong with the body
    }
  }
  return measured_ ? info_ : declared_;
}

/// Finds what the body needs: in the cache, else in the body. Errors: as variant().
void Kernel::measure() {
  const std::lock_guard lock(looking_);
  if (measured_) return;
  const Digest key = key_of_measures(linkage_, info_.name);
  if (const auto kept = find_code(key)) {
    measures_ = kept->measures;
  } else {
    prepare_code();
    keep_code(key, {measures_, 0, 0, {}});
  }
  info_.static_shared = measures_.static_shared;
  info_.local_bytes = measures_.local_bytes;
  info_.registers = measures_.registers;
  measured_ = true;
}

void Kernel::prepare_code() {
  if (prepared_) return;
  pieces_.clear();
  functions_.clear();
  shared_ = {};
  flatten_all();
  for (Code& code : pieces_) {
    place_dynamic(code, shared_);
    build_blocks(code);
    build_webs(code);
    find_polling(code);
  }
  // All that runs together runs in one mode.
  bool flush = may_flush_by_mode(pieces_.front().insts);
  for (const Code& code : pieces_) flush &= bears_flushing(code.insts);
  for (Code& code : pieces_) code.flush_by_mode = flush;
  measures_.static_shared = shared_.size;
  measures_.dynamic_shared = shared_.dynamic_base();
  measures_.local_bytes = pieces_.front().local_bytes;
  measures_.flushes = flush;
  measures_.registers =
      static_cast<std::uint32_t>(std::clamp<std::size_t>(pieces_.front().webs.size() / 4, 16, 255));
  prepared_ = true;
}

/// The kernel and every function that stays a function: those called directly, and those that
/// a pointer could reach if there is a call through one.
void Kernel::flatten_all() {
  std::vector<const Symbol*> reachable = linkage_.in_variables();
  std::vector<CallLayout> indirect;
  const auto add = [&](const Symbol* symbol) {
    if (std::find(functions_.begin(), functions_.end(), symbol) == functions_.end())
      functions_.push_back(symbol);
    if (functions_.size() > kMaxFunctions) throw Unsupported(info_.name + ": too many functions");
  };
  const auto fits = [&](const Symbol* symbol) {
    const CallLayout own = layout_of(symbol->function->returns, symbol->function->params);
    return !symbol->function->entry &&
           std::find(indirect.begin(), indirect.end(), own) != indirect.end();
  };
  pieces_.push_back(flatten(linkage_, symbol_, Inlining::all, shared_));
  if (pieces_.front().has_outlined_call) {
    shared_ = {};
    pieces_.front() = flatten(linkage_, symbol_, Inlining::small, shared_);
  }
  for (std::size_t n = 0; n < pieces_.size(); ++n) {
    for (const OutlinedCall& call : pieces_[n].calls) {
      if (call.kind == OutlinedCall::Kind::direct) add(call.target);
      if (call.kind == OutlinedCall::Kind::indirect) indirect.push_back(call.layout);
    }
    const auto& taken = pieces_[n].address_taken;
    reachable.insert(reachable.end(), taken.begin(), taken.end());
    for (const Symbol* symbol : reachable)
      if (fits(symbol)) add(symbol);
    if (n + 1 == pieces_.size() && functions_.size() > n)
      pieces_.push_back(flatten(linkage_, *functions_[n], Inlining::small, shared_));
  }
}

const Variant& Kernel::variant(const BlockClass& block) {
  const std::lock_guard lock(making_);
  Slot& slot = variants_[block];
  if (slot.problem != nullptr) std::rethrow_exception(slot.problem);
  if (slot.made != nullptr) return *slot.made;
  CompileNote note(info_.name);
  try {
    slot.made = find_or_make(block, note);
  } catch (const std::bad_alloc& error) {
    note.failed(error.what());
    throw;  // the next time there may be memory
  } catch (const std::exception& error) {
    note.failed(error.what());
    slot.problem = std::current_exception();
    throw;
  }
  return *slot.made;
}

std::unique_ptr<Variant> Kernel::find_or_make(const BlockClass& block, CompileNote& note) {
  const Digest key = key_of_code(linkage_, info_.name, block, Engine::instance().processor());
  if (auto kept = find_kept(key)) {
    note.from_cache();
    return kept;
  }
  return make(block, key);
}

std::unique_ptr<Variant> Kernel::find_kept(const Digest& key) {
  const auto file = find_code(key);
  if (!file || file->object.empty()) return nullptr;
  auto variant = std::make_unique<Variant>();
  variant->form = static_cast<Form>(file->form);
  variant->frame_bytes = file->frame_bytes;
  variant->measures = file->measures;
  try {
    variant->code = Engine::instance().load(file->object, symbol_name(0), linkage_.addresses());
  } catch (const EngineError&) {  // made anew, it replaces the file
    forget_code(key);
    return nullptr;
  }
  ++counters().from_cache;
  return variant;
}

std::unique_ptr<Variant> Kernel::make(const BlockClass& block, const Digest& key) {
  {
    const std::lock_guard lock(looking_);
    prepare_code();
  }
  const Progress progress(info_.name);
  Engine& engine = Engine::instance();
  llvm::LLVMContext context;
  const auto module = engine.make_module(context);
  auto variant = std::make_unique<Variant>();
  variant->measures = measures_;
  generate(block, *module, *variant);
  const std::string object = engine.compile(*module);
  ++counters().compiled;
  keep_code(key,
            {measures_, static_cast<std::uint32_t>(variant->form), variant->frame_bytes, object});
  variant->code = engine.load(object, symbol_name(0), linkage_.addresses());
  return variant;
}

void Kernel::check(const BlockClass& block) {
  {
    const std::lock_guard lock(looking_);
    prepare_code();
  }
  const Engine& engine = Engine::instance();
  llvm::LLVMContext context;
  const auto module = engine.make_module(context);
  Variant variant;
  generate(block, *module, variant);
  engine.verify(*module);
}

void Kernel::generate(const BlockClass& block, llvm::Module& module, Variant& variant) {
  const Stopwatch watch(counters().generate_ns);
  const Code& main = pieces_.front();
  variant.form = main.has_outlined_call || !main.polls.empty() ? Form::stacked
                 : main.has_barrier                            ? Form::resumable
                                                               : Form::flat;
  std::vector<llvm::Function*> functions;
  Callees callees;
  for (std::size_t n = 0; n < pieces_.size(); ++n) {
    const Form form = n == 0 ? variant.form : Form::function;
    llvm::Function* const function = llvm::Function::Create(
        Generator::type_of(module.getContext(), form),
        n == 0 ? llvm::Function::ExternalLinkage : llvm::Function::InternalLinkage, symbol_name(n),
        module);
    Engine::instance().set_attributes(*function, main.flush_by_mode);
    functions.push_back(function);
    if (n != 0) callees[functions_[n - 1]] = function;
  }
  for (std::size_t n = 0; n < pieces_.size(); ++n) {
    const Form form = n == 0 ? variant.form : Form::function;
    const Analysis analysis = analyse(pieces_[n], n == 0 ? block : BlockClass{});
    Generator generator(module, pieces_[n], analysis, form, callees);
    generator.run(*functions[n]);
    if (n == 0) variant.frame_bytes = generator.frame_bytes();
  }
}

}  // namespace vgpu::jit
