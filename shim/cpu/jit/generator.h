#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shim/cpu/exec/context.h"
#include "shim/cpu/exec/mbarrier.h"
#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/schedule.h"

namespace vgpu::jit {

/// How a piece of code is entered and how it waits at barriers.
enum class Form : std::uint8_t {
  flat,       ///< never waits: loops over warps and blocks by itself
  resumable,  ///< returns at a barrier, with its values in a frame, and is entered again
  stacked,    ///< runs on a stack of its own that the runtime switches
  function,   ///< called by stacked code
};

/// A value of a warp, in the parts that its shape has.
struct Lanes {
  Shape shape;
  llvm::Value* base = nullptr;  ///< a scalar, or the vector of a varying value
  llvm::Value* y = nullptr;     ///< scalar, where the shape has it
  llvm::Value* u = nullptr;     ///< scalar, of wide
};

/// Finds the function that was declared for an out-of-line callee.
using Callees = std::map<const Symbol*, llvm::Function*>;

/// Makes LLVM IR out of one piece of code.
class Generator {
 public:
  Generator(llvm::Module& module, const Code& code, const Analysis& analysis, Form form,
            const Callees& callees);

  /// The type of functions of this form.
  static llvm::FunctionType* type_of(llvm::LLVMContext& context, Form form);

  void run(llvm::Function& function);

  /// What a warp's frame needs, for Form::resumable. Units: bytes.
  std::size_t frame_bytes() const noexcept { return frame_bytes_; }

 private:
  friend class InstEmit;
  using Value = llvm::Value;

  struct Slot {
    llvm::AllocaInst* base = nullptr;
    llvm::AllocaInst* y = nullptr;
    llvm::AllocaInst* u = nullptr;
  };
  /// An address in the parts that memory accesses are made of.
  struct Rows {
    std::vector<Value*> bases;  ///< i64 address of the first lane of each row
    std::int64_t stride = 0;    ///< between lanes. Units: bytes
    bool same = false;          ///< all rows have the same addresses
    Value* linear = nullptr;    ///< i1 that must hold for this to be true, or nullptr for always
  };

  // gen_frame.cpp: how the function is entered and left.
  void prologue();
  void flat_loops();
  void start_warp();
  void zero_slots();
  Value* entry_mask();
  Value* lane_indices();
  Value* context_field(llvm::Value* from, std::size_t offset, llvm::Type* type, bool invariant);

  // gen_flow.cpp: blocks and edges.
  void block(std::uint32_t index);
  void instructions(std::uint32_t first, std::uint32_t last);
  void terminator(std::uint32_t index);
  void uniform_branch(std::uint32_t index, const ptx::Instruction& inst);
  void divergent_branch(std::uint32_t index, const ptx::Instruction& inst);
  void edge(std::uint32_t index, std::uint32_t succ);
  void pend(std::uint32_t block, Value* lanes);
  void dispatch(const std::vector<std::uint32_t>& sorted, bool some);
  llvm::BasicBlock* dispatcher(const std::vector<std::uint32_t>& sorted, bool some);
  llvm::AllocaInst* pending(std::uint32_t block);
  Value* any(Value* mask);
  void if_any(Value* mask, const std::function<void()>& body);

  // gen_values.cpp: webs and lanes.
  static llvm::Type* storage(llvm::IRBuilder<>& builder, ptx::Type type);
  llvm::Type* storage(ptx::Type type) { return storage(b_, type); }
  llvm::Type* wide(llvm::Type* scalar);
  Value* splat(Value* scalar);
  Slot& slot(std::int64_t web);
  llvm::AllocaInst* variable(llvm::Type* type, const llvm::Twine& name);
  Lanes read(std::int64_t web);
  void write(std::int64_t web, Lanes value, const ptx::Instruction& inst);
  void store_part(llvm::AllocaInst* at, Value* value, const ptx::Instruction& inst);
  Lanes shaped(const Lanes& value, const Shape& shape);
  Value* vector(const Lanes& value);
  Value* lane_offsets(llvm::Type* scalar, std::int64_t x, Value* y);
  Value* row_of(Value* base, Value* y, unsigned row);
  Value* guard_lanes(const ptx::Instruction& inst);
  Value* guard_scalar(const ptx::Instruction& inst);
  bool guard_varies(const ptx::Instruction& inst) const;
  Value* active(const ptx::Instruction& inst);
  Value* bits(Value* mask);
  Value* first_lane(Value* mask);
  Value* extract(Value* vector, Value* lane);
  Lanes special(ptx::SpecialReg reg);
  Value* scalar_special(ptx::SpecialReg reg);
  Lanes operand(const ptx::Operand& operand, ptx::Type type);
  Value* cast(Value* value, ptx::Type from, ptx::Type to);
  Value* to_storage(Value* value, ptx::Type from, ptx::Type web_type);
  Value* constant(ptx::Type type, const ptx::Operand& operand);
  Value* link_address(const std::string& link_name, std::int64_t offset);
  llvm::Type* emit_type(ptx::Type type);

  // gen_inst.cpp: what an instruction does.
  void instruction(const ptx::Instruction& inst);
  void core(const ptx::Instruction& inst);
  void move(const ptx::Instruction& inst);
  void unpack(const ptx::Instruction& inst);
  void lowered(const ptx::Instruction& inst, const Shape& result);
  void cvta(const ptx::Instruction& inst);
  void isspacep(const ptx::Instruction& inst);
  [[noreturn]] void unsupported(const ptx::Instruction& inst, const std::string& why) const;

  // gen_affine.cpp: arithmetic on shapes.
  Lanes affine(const ptx::Instruction& inst, const Shape& result);
  Lanes affine_parts(const ptx::Instruction& inst, const Shape& result);
  Lanes wide_product(const ptx::Instruction& inst, const Shape& result);
  Lanes narrow_product(const ptx::Instruction& inst);
  Lanes affine_select(const ptx::Instruction& inst, const Shape& result);
  Lanes affine_cvt(const ptx::Instruction& inst, const Shape& result);
  Lanes affine_cvta(const ptx::Instruction& inst);
  Lanes sum(const Lanes& a, const Lanes& b, bool subtract);
  Lanes times(const Lanes& a, Value* factor);
  Lanes extended(const Lanes& a, const Shape& result);
  Lanes resized(const Lanes& a, llvm::Type* to);

  // gen_guard.cpp: which addresses may be accessed.
  void guard(const ptx::Instruction& inst, const ptx::Operand& operand);
  void guard(const ptx::Instruction& inst, const ptx::Operand& operand, std::uint64_t bytes,
             Value* mask);
  void check(Value* addresses, Value* mask, std::uint64_t bytes);
  Value* suspicious(const Lanes& at, std::int64_t bytes, Value* mask);

  // gen_address.cpp, gen_load.cpp, gen_store.cpp: memory.
  Lanes address_register(const ptx::Operand& operand, bool window);
  Lanes address(const ptx::Instruction& inst, const ptx::Operand& operand);
  Lanes lane_memory(Value* base, Value* stride, std::int64_t stride_known, const Lanes& offset);
  Value* pointer(Value* address);
  bool rows_of(const Lanes& address, Rows& rows);
  Value* row_mask(Value* mask, unsigned row, unsigned repeat);
  void load(const ptx::Instruction& inst);
  void store(const ptx::Instruction& inst);
  void fill(const ptx::Instruction& inst);
  std::vector<Value*> load_lanes(const Lanes& address, llvm::Type* type, unsigned count,
                                 Value* mask, bool full);
  std::vector<Value*> load_rows(const Rows& rows, llvm::Type* type, unsigned count, Value* mask,
                                bool full);
  Value* load_row(Value* base, std::int64_t stride, llvm::Type* type, unsigned count, Value* mask,
                  bool full);
  bool goes_through_memory() const;
  void ahead(Value* base, std::uint64_t bytes);
  std::vector<Value*> gather_rows(const Rows& rows, llvm::Type* type, unsigned count, Value* mask);
  Value* any_of(Value* lanes);
  std::vector<Value*> gather(Value* addresses, llvm::Type* type, unsigned count, Value* mask);
  void store_lanes(const Lanes& address, const std::vector<Value*>& values, Value* mask, bool full);
  void store_rows(const Rows& rows, const std::vector<Value*>& values, Value* mask, bool full);
  void scatter(Value* addresses, const std::vector<Value*>& values, Value* mask);
  Value* last_lane(Value* mask);
  Value* spill(Value* vector);
  Value* spilled(Value* at, llvm::Type* type, Value* lane);
  Value* spilled_at(Value* at, llvm::Type* type, Value* lane);
  Value* concat(const std::vector<Value*>& parts);
  static unsigned elements(const ptx::Instruction& inst);
  bool is_full(const ptx::Instruction& inst) const;
  void tag(llvm::Instruction* access);

  // gen_atomic.cpp
  void atomic(const ptx::Instruction& inst);
  Value* atomic_once(const ptx::Instruction& inst, Value* address, Value* a, Value* c);
  Value* combine(const ptx::Instruction& inst, Value* old, Value* a, Value* c);
  Value* exchange(const ptx::Instruction& inst, Value* at, Value* a, llvm::Align align);
  Value* flushed_sum(const ptx::Instruction& inst, Value* a, Value* b);
  Value* combine_halves(const ptx::Instruction& inst, Value* old, Value* a);
  void for_each_lane(Value* mask, const std::function<void(Value* lane)>& body);
  bool reduce_uniform(const ptx::Instruction& inst, const Lanes& where, const Lanes& data);

  // gen_async.cpp, gen_mbarrier.cpp: copies behind the kernel's back, and who waits for them.
  void copy_async(const ptx::Instruction& inst);
  Value* source_bytes(const ptx::Instruction& inst, std::uint64_t size);
  void copy_bulk(const ptx::Instruction& inst);
  void mbarrier(const ptx::Instruction& inst);
  Value* mbarrier_op(exec::MbarrierOp op, const Lanes& where, Value* values, Value* lanes);
  void let_others_run(Value* stuck);
  void report_bytes(const ptx::Instruction& inst, const ptx::Operand& object, unsigned bytes);

  // gen_call.cpp: the runtime, barriers, out-of-line functions.
  Value* runtime(const char* name, llvm::Type* result, const std::vector<Value*>& arguments);
  void barrier(const ptx::Instruction& inst);
  Value* wait(Value* arrival, bool written = false);
  Value* frame_at(std::size_t offset);
  llvm::Instruction* frame_value(llvm::AllocaInst* variable, std::size_t offset, bool save);
  std::set<std::int64_t> live_after(bool written);
  std::vector<llvm::AllocaInst*> kept_values(const std::set<std::int64_t>& live);
  void call(const ptx::Instruction& inst);
  void runtime_call(const ptx::Instruction& inst, const OutlinedCall& call);
  Value* outlined_call(llvm::Function* callee, const OutlinedCall& call, Value* mask);
  void indirect_call(const ptx::Instruction& inst, const OutlinedCall& call);
  void leave_if_empty();
  void yield_turn();

  // gen_again.cpp: what is computed again after a barrier.
  const ptx::Instruction& first_writer(std::int64_t web) const;
  bool has_one_writer(std::int64_t web) const;
  bool is_always_there(std::int64_t web) const;
  bool can_compute(std::int64_t web, std::vector<std::int64_t>& again, unsigned& steps);
  std::vector<std::int64_t> computed_again(std::set<std::int64_t>& live, bool written);
  void compute_again(const std::vector<std::int64_t>& webs);

  llvm::Module& module_;
  llvm::LLVMContext& context_;
  llvm::IRBuilder<> b_;
  const Code& code_;
  const Analysis& analysis_;
  Schedule schedule_;
  const Form form_;
  const Callees& callees_;

  llvm::Function* function_ = nullptr;
  llvm::BasicBlock* entry_ = nullptr;       ///< holds the variables
  llvm::BasicBlock* warp_start_ = nullptr;  ///< where a warp begins: variables become zero
  llvm::BasicBlock* warp_end_ = nullptr;
  std::vector<llvm::BasicBlock*> blocks_;
  std::vector<Slot> slots_;
  std::vector<llvm::AllocaInst*> pending_;
  std::vector<llvm::AllocaInst*> variables_;
  std::map<std::pair<std::vector<std::uint32_t>, bool>, llvm::BasicBlock*> dispatchers_;
  llvm::AllocaInst* carry_ = nullptr;
  std::map<llvm::Type*, std::vector<llvm::AllocaInst*>> spills_;  ///< shared by all instructions
  std::map<llvm::Type*, unsigned> spills_used_;                   ///< by the current one

  // The context, valid everywhere in the function.
  Value* state_ = nullptr;
  Value* grid_ = nullptr;
  Value* params_ = nullptr;
  Value* shared_ = nullptr;
  Value* local_ = nullptr;  ///< i64: of this warp
  Value* warp_ = nullptr;
  Value* frame_ = nullptr;
  Value* args_ = nullptr;    ///< of Form::function, i64: the first lane's area
  Value* stride_ = nullptr;  ///< of Form::function, i64: from one lane's area to the next
  llvm::AllocaInst* ctaid_[3] = {};
  llvm::AllocaInst* warp_variable_ = nullptr;
  Value* full_mask_ = nullptr;  ///< lanes of the warp that exist, or that the caller passed
  Value* mask_ = nullptr;       ///< lanes that run the current block
  std::uint32_t current_ = 0;   ///< the block being made
  std::uint32_t at_ = 0;        ///< the instruction being made
  std::map<std::int64_t, std::uint64_t> guarded_;  ///< webs known to be fit as addresses -> bytes
  std::size_t frame_bytes_ = 0;
  llvm::SwitchInst* resume_ = nullptr;
  std::vector<llvm::AllocaInst*> returned_;  ///< of Form::function: lanes that came to `ret`
};

}  // namespace vgpu::jit
