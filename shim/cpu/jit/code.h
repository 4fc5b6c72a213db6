#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::jit {

/// Where the target of an out-of-line call finds its parameters: an area of the caller's local
/// memory, returns first. Offsets are relative to the area.
struct CallLayout {
  std::vector<std::uint64_t> returns;
  std::vector<std::uint64_t> params;
  std::uint64_t size = 0;  ///< Units: bytes; a multiple of 16
  friend bool operator==(const CallLayout&, const CallLayout&) = default;
};

CallLayout layout_of(const std::vector<ptx::Param>& returns, const std::vector<ptx::Param>& params);

struct Symbol;

/// A call that stays a call: recursive, through a pointer, or of the runtime. Its instruction's
/// operands are those registers that it reads and writes itself.
struct OutlinedCall {
  enum class Kind : std::uint8_t { direct, indirect, runtime };
  Kind kind = Kind::direct;
  const Symbol* target = nullptr;  ///< of direct
  std::string name;                ///< of runtime
  std::uint64_t area = 0;          ///< of direct and indirect: offset in local memory
  CallLayout layout;               ///< of direct and indirect
};

/// Where the .shared variables of a kernel and of everything it calls are.
struct SharedLayout {
  std::map<const ptx::Variable*, std::uint32_t> offsets;
  std::uint32_t size = 0;            ///< Units: bytes
  std::uint32_t dynamic_align = 16;  ///< of what follows the static variables

  std::uint32_t dynamic_base() const noexcept {
    return (size + dynamic_align - 1) / dynamic_align * dynamic_align;
  }
};

/// A straight run of instructions; only the last one may leave it.
struct Block {
  std::uint32_t first = 0;           ///< index into Code::insts
  std::uint32_t last = 0;            ///< one past the end
  std::vector<std::uint32_t> succs;  ///< of a conditional branch: taken, then not taken
  std::vector<std::uint32_t> preds;
  int loop = -1;  ///< innermost, index into Code::loops
};

/// A strongly connected piece of the flow: blocks [head, end).
struct Loop {
  std::uint32_t head = 0;
  std::uint32_t end = 0;
  int parent = -1;
};

/// A definition site of a register.
struct Def {
  std::uint32_t inst = 0;
  std::uint32_t block = 0;
};

/// A register as the code generator sees it: a web of definitions that share their uses.
struct Web {
  ptx::Type type = ptx::Type::none;
  std::vector<Def> defs;
  bool live_at_entry = false;  ///< may be read before it is written
};

/// One kernel or out-of-line function with everything resolved: calls are inlined, names are
/// addresses or offsets, registers are webs, labels are instruction indices.
///
/// Operands: `symbol` is left only for functions; a `memory` operand without a register has its
/// address in `offset`. Offsets: shared and local ones from the block's and thread's base, param
/// ones from the parameter block, all others are host addresses. An integer or address that has a
/// `name` counts from Symbol::link_name of that name, which code never knows the address of.
struct Code {
  std::string name;
  const ptx::Function* function = nullptr;
  bool entry = true;
  std::vector<ptx::Register> regs;
  std::vector<ptx::Instruction> insts;
  std::vector<OutlinedCall>
      calls;  ///< indexed by the `offset` of a call's operand after the result
  std::vector<std::vector<std::int64_t>> target_lists;  ///< of brx: instruction indices
  std::vector<const Symbol*> address_taken;             ///< functions that became values
  /// Operands {instruction, operand} that address dynamic shared memory; see place_dynamic.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> dynamic_operands;
  std::uint32_t local_bytes = 0;  ///< Units: bytes a thread
  bool has_barrier = false;
  bool has_outlined_call = false;
  bool flush_by_mode = false;  ///< every f32 operation flushes subnormals

  /// Filled by build_blocks: in topological order but for edges back to the head of a loop around
  /// their source; the blocks of a loop are adjacent. Unreachable ones are left out.
  std::vector<Block> blocks;
  std::vector<Loop> loops;

  // Filled by build_webs.
  std::vector<Web> webs;
  std::vector<std::vector<std::uint32_t>> live_in;  ///< webs live at the start of each block

  /// Filled by find_polling: instructions with which a loop waits for another warp.
  std::set<std::uint32_t> polls;
};

/// Finds the blocks and loops of `code`. Errors: Unsupported, for absurdly deep nests.
void build_blocks(Code& code);

/// Renames registers to webs, so that independent uses of one register part, and finds liveness.
void build_webs(Code& code);

/// Finds the loads and atomics that decide whether a loop goes on. Needs webs.
void find_polling(Code& code);

/// Finishes the addresses of dynamic shared memory once the static part is known.
void place_dynamic(Code& code, const SharedLayout& layout);

}  // namespace vgpu::jit
