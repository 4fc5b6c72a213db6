// ldmatrix, stmatrix, movmatrix: matrices of 8 rows of 16 bytes, each of them a tile. Lane
// 8 * n + row has the address of a row of matrix n. Source: PTX ISA.
#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_lanes.h"
#include "shim/cpu/jit/lower_matrix_memory.h"
#include "shim/cpu/jit/lower_rounding.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;
using ptx::Type;

RunningLanes running_lanes(Emit& e) {
  Value* lanes = e.active();
  const auto* known = llvm::dyn_cast<llvm::Constant>(lanes);
  return {mask_bits(e, lanes), known != nullptr && known->isAllOnesValue()};
}

Values call_shared(Emit& e, const std::string& name, llvm::ArrayRef<Value*> args,
                   llvm::ArrayRef<llvm::Type*> results,
                   const std::function<Values(llvm::IRBuilder<>&, std::span<Value* const>)>& fill) {
  llvm::Type* const result = llvm::StructType::get(e.b.getContext(), results);
  Value* const all = call_outlined(e, name, args, result,
                                   [&](llvm::IRBuilder<>& b, std::span<Value* const> arguments) {
                                     Value* packed = llvm::PoisonValue::get(result);
                                     unsigned n = 0;
                                     for (Value* each : fill(b, arguments))
                                       packed = b.CreateInsertValue(packed, each, n++);
                                     return packed;
                                   });
  Values each;
  for (unsigned n = 0; n < results.size(); ++n) each.push_back(e.b.CreateExtractValue(all, n));
  return each;
}

Value* transposed(llvm::IRBuilder<>& b, Value* matrix, unsigned rows, unsigned columns) {
  return picked(b, matrix, rows * columns,
                [&](unsigned n) { return n % rows * columns + n / rows; });
}

namespace {

/// Units: bytes.
constexpr unsigned kRowBytes = 16;

unsigned matrices(const Emit& e) { return e.i.has(Mod::x4_) ? 4 : e.i.has(Mod::x2_) ? 2 : 1; }

/// Rows and columns of elements of 16 bits change places.
Value* transposed_tile(llvm::IRBuilder<>& b, Value* tile) {
  llvm::Type* const halves = llvm::FixedVectorType::get(b.getInt16Ty(), 2 * kWarpSize);
  return b.CreateBitCast(transposed(b, b.CreateBitCast(tile, halves), kTileLines, kTileLines),
                         tile->getType());
}

/// The rows of `count` matrices, where lanes that do not run have a place of their own. The
/// addresses go through memory: taking them out of vectors one by one is what would take longest.
Values row_pointers(llvm::IRBuilder<>& b, Value* addresses, Value* running, unsigned count) {
  if (running != nullptr) {
    llvm::Type* const row = llvm::ArrayType::get(b.getInt8Ty(), kRowBytes);
    Value* const nowhere = b.CreateAlloca(row);
    b.CreateStore(llvm::Constant::getNullValue(row), nowhere);
    Value* const lanes =
        b.CreateBitCast(running, llvm::FixedVectorType::get(b.getInt1Ty(), kWarpSize));
    Value* const spare = b.CreatePtrToInt(nowhere, b.getInt64Ty());
    addresses = b.CreateSelect(lanes, addresses, b.CreateVectorSplat(kWarpSize, spare));
  }
  Value* const table = b.CreateAlloca(addresses->getType());
  b.CreateStore(addresses, table, /*isVolatile=*/true);
  Values rows;
  for (unsigned n = 0; n < count * kTileLines; ++n)
    rows.push_back(b.CreateLoad(b.getPtrTy(),
                                b.CreateConstInBoundsGEP1_64(b.getInt64Ty(), table, n),
                                /*isVolatile=*/true));
  return rows;
}

std::string name_of(const Emit& e, const char* what, bool all) {
  std::string name = what + std::to_string(matrices(e));
  if (e.i.has(Mod::trans_)) name += ".trans";
  return all ? name + ".all" : name;
}

/// Forms of isa.def that are not done: elements of other sizes.
void refuse_other_shapes(Emit& e) {
  if (e.uniform()) e.unsupported("matrices moved once for the warp");
  if (!e.i.has(Mod::m8n8_)) e.unsupported("matrices of elements of this size");
}

}  // namespace

void lower_ldmatrix(Emit& e) {
  refuse_other_shapes(e);
  const unsigned count = matrices(e);
  const bool trans = e.i.has(Mod::trans_);
  const auto targets = elements_of(e, 0, count);
  const RunningLanes running = running_lanes(e);
  const std::vector<llvm::Type*> types(count, e.type(Type::b32));
  Values args{e.addresses(1)};
  if (!running.all) args.push_back(running.bits);
  const Values loaded = call_shared(
      e, name_of(e, "ldmatrix", running.all), args, types,
      [&](llvm::IRBuilder<>& b, std::span<Value* const> given) {
        llvm::Type* const row = llvm::FixedVectorType::get(b.getInt32Ty(), kTileGroups);
        const Values rows = row_pointers(b, given[0], given.size() > 1 ? given[1] : nullptr, count);
        Values tiles;
        for (unsigned n = 0; n < count; ++n) {
          Values lines;
          for (unsigned line = 0; line < kTileLines; ++line)
            lines.push_back(b.CreateAlignedLoad(row, rows[n * kTileLines + line], llvm::Align(1)));
          Value* const tile = joined(b, lines);
          tiles.push_back(trans ? transposed_tile(b, tile) : tile);
        }
        return tiles;
      });
  for (unsigned n = 0; n < count; ++n) e.dst(targets[n], loaded[n], Type::b32);
}

void lower_stmatrix(Emit& e) {
  refuse_other_shapes(e);
  const unsigned count = matrices(e);
  const bool trans = e.i.has(Mod::trans_);
  const RunningLanes running = running_lanes(e);
  Values args{e.addresses(0)};
  for (const Operand& each : elements_of(e, 1, count)) args.push_back(e.src(each, Type::b32));
  if (!running.all) args.push_back(running.bits);
  call_shared(e, name_of(e, "stmatrix", running.all), args, {},
              [&](llvm::IRBuilder<>& b, std::span<Value* const> given) {
                const Values rows = row_pointers(
                    b, given[0], given.size() > count + 1 ? given[count + 1] : nullptr, count);
                for (unsigned n = 0; n < count; ++n) {
                  Value* const tile = trans ? transposed_tile(b, given[1 + n]) : given[1 + n];
                  for (unsigned line = 0; line < kTileLines; ++line)
                    b.CreateAlignedStore(slice(b, tile, line * kTileGroups, kTileGroups),
                                         rows[n * kTileLines + line], llvm::Align(1));
                }
                return Values{};
              });
}

void lower_movmatrix(Emit& e) {
  refuse_other_shapes(e);
  e.dst(0, transposed_tile(e.b, e.src(1, Type::b32)), Type::b32);
}

}  // namespace vgpu::jit
