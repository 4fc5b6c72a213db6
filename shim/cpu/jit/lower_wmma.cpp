// wmma: matrices between memory and fragments, and their products. Source: PTX ISA, "Warp-level
// matrix instructions using wmma instructions".
#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_matrix_memory.h"
#include "shim/cpu/jit/lower_rounding.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// Of A and B of f16, however many are needed: the others are copies.
constexpr unsigned kHalfRegisters = 8;

/// A matrix in memory and as a fragment.
struct Fragment {
  MatrixElement element;
  bool accumulator;  ///< c or d
  unsigned lines;    ///< rows of a, c and d; columns of b
  unsigned length;   ///< of a line. Units: elements
  bool by_line;      ///< lines lie in memory one after the other; else they are across
  bool along_first;  ///< tiles of a line are numbered before those of the next line: b's

  unsigned line_tiles() const { return lines / kTileLines; }
  unsigned per_tile() const { return accumulator ? kTileLines : element.per_line(); }
  unsigned length_tiles() const { return length / per_tile(); }
  unsigned tile_registers() const { return accumulator && element.bits != 16 ? 2 : 1; }
  unsigned registers() const { return line_tiles() * length_tiles() * tile_registers(); }
  unsigned given_registers() const {
    return !accumulator && element.type == Type::f16 ? kHalfRegisters : registers();
  }
  /// How far apart lines are when no stride is given. Units: elements
  unsigned own_stride() const { return by_line ? length : lines; }
  Type register_type() const {
    if (element.type == Type::f64) return Type::f64;
    return accumulator && element.type == Type::f32 ? Type::f32 : Type::b32;
  }
};

Fragment fragment_of(const Emit& e) {
  if (e.i.types.size() != 1) e.unsupported("too few types");
  const MatrixShape& shape = matrix_shape(e);
  const MatrixElement& element = matrix_element(e, e.i.types[0]);
  const bool row = e.i.has(Mod::row_);
  if (e.i.has(Mod::a_)) return {element, false, shape.m, shape.k, row, false};
  if (e.i.has(Mod::b_)) return {element, false, shape.n, shape.k, !row, true};
  return {element, true, shape.m, shape.n, row, false};
}

/// Where a tile's elements are in memory: `lines` stretches of `count` elements.
struct Area {
  Value* first;  ///< i64 address
  Value* pitch;  ///< i64. Units: bytes
  unsigned lines, count;
};

class FragmentMemory {
 public:
  FragmentMemory(llvm::IRBuilder<>& b, const Fragment& fragment, Value* base, Value* pitch)
      : b_(b), f_(fragment), base_(base), pitch_(pitch) {}

  Values load();
  void store(std::span<Value* const> registers);

 private:
  Area area(unsigned line, unsigned along) const;
  unsigned index(unsigned line, unsigned along) const {
    return f_.along_first ? along + f_.length_tiles() * line : line + f_.line_tiles() * along;
  }
  llvm::Type* element_type() const { return b_.getIntNTy(std::max(8u, f_.element.bits)); }
  unsigned in_elements(unsigned n) const {
    return f_.element.bits < 8 ? n * f_.element.bits / 8 : n;
  }
  Value* pointer(const Area& from, unsigned line) const {
    Value* const at = b_.CreateAdd(from.first, b_.CreateMul(from.pitch, b_.getInt64(line)));
    return b_.CreateIntToPtr(at, b_.getPtrTy());
  }
  Value* load_tile(unsigned line, unsigned along);
  llvm::Type* groups() const {
    llvm::Type* const group = f_.element.type == Type::f64      ? b_.getDoubleTy()
                              : f_.register_type() == Type::f32 ? b_.getFloatTy()
                                                                : b_.getInt32Ty();
    return llvm::FixedVectorType::get(group, kWarpSize);
  }

  llvm::IRBuilder<>& b_;
  const Fragment& f_;
  Value* base_;
  Value* pitch_;
};

Area FragmentMemory::area(unsigned line, unsigned along) const {
  const unsigned bits = f_.element.bits;
  const unsigned first_line = line * kTileLines;
  const unsigned first_along = along * f_.per_tile();
  const unsigned across = f_.by_line ? first_line : first_along;
  const unsigned within = f_.by_line ? first_along : first_line;
  Value* const at =
      b_.CreateAdd(base_, b_.CreateAdd(b_.CreateMul(pitch_, b_.getInt64(across)),
                                       b_.getInt64(std::uint64_t{within} * bits / 8)));
  if (f_.by_line) return {at, pitch_, kTileLines, f_.per_tile()};
  return {at, pitch_, f_.per_tile(), kTileLines};
}

/// Line after line.
Value* FragmentMemory::load_tile(unsigned line, unsigned along) {
  const Area from = area(line, along);
  llvm::Type* const stretch = llvm::FixedVectorType::get(element_type(), in_elements(from.count));
  Values parts;
  for (unsigned n = 0; n < from.lines; ++n)
    parts.push_back(b_.CreateAlignedLoad(stretch, pointer(from, n), llvm::Align(1)));
  Value* const all = joined(b_, parts);
  return f_.by_line ? all : transposed(b_, all, from.lines, from.count);
}

Values FragmentMemory::load() {
  Values result(f_.registers());
  for (unsigned line = 0; line < f_.line_tiles(); ++line)
    for (unsigned along = 0; along < f_.length_tiles(); ++along) {
      Value* const tile = load_tile(line, along);
      const unsigned at = index(line, along);
      if (f_.tile_registers() == 1) {
        result[at] = b_.CreateBitCast(tile, groups());
        continue;
      }
      for (unsigned parity = 0; parity < 2; ++parity)
        result[2 * at + parity] = b_.CreateBitCast(
            picked(b_, tile, kWarpSize, [&](unsigned n) { return 2 * n + parity; }), groups());
    }
  return result;
}

void FragmentMemory::store(std::span<Value* const> registers) {
  llvm::Type* const elements =
      llvm::FixedVectorType::get(element_type(), kTileLines * f_.per_tile());
  for (unsigned line = 0; line < f_.line_tiles(); ++line)
    for (unsigned along = 0; along < f_.length_tiles(); ++along) {
      const unsigned at = index(line, along);
      Value* tile = nullptr;
      if (f_.tile_registers() == 1) {
        tile = b_.CreateBitCast(registers[at], elements);
      } else {
        Value* const both = joined(b_, {registers[2 * at], registers[2 * at + 1]});
        tile = b_.CreateBitCast(
            picked(b_, both, 2 * kWarpSize, [](unsigned n) { return n / 2 + n % 2 * kWarpSize; }),
            elements);
      }
      const Area to = area(line, along);
      if (!f_.by_line) tile = transposed(b_, tile, kTileLines, f_.per_tile());
      for (unsigned n = 0; n < to.lines; ++n)
        b_.CreateAlignedStore(slice(b_, tile, n * to.count, to.count), pointer(to, n),
                              llvm::Align(1));
    }
}

/// Units: bytes. More than any line of a fragment.
constexpr unsigned kLongestLine = 256;

std::string spelled(const Emit& e) {
  std::string name = "wmma";
  for (const Mod mod : e.i.mods) name += "." + std::string(ptx::name_of(mod));
  return name + "." + std::string(ptx::name_of(e.i.types[0]));
}

/// The value that the running lanes agree on.
Value* agreed(Emit& e, Value* lanes, const RunningLanes& running) {
  if (running.all) return e.b.CreateExtractElement(lanes, std::uint64_t{0});
  Value* first = e.b.CreateBinaryIntrinsic(intrinsic::cttz, running.bits, e.b.getFalse());
  return e.b.CreateExtractElement(lanes, e.b.CreateAnd(first, num(first, kWarpSize - 1)));
}

/// Address, pitch in bytes and whether any lane runs, for the shared code.
Values memory_arguments(Emit& e, const Fragment& fragment, unsigned address, unsigned stride) {
  const RunningLanes running = running_lanes(e);
  Value* pitch = e.b.getInt64(fragment.own_stride());
  if (e.i.operands.size() > stride)
    pitch = e.b.CreateZExt(agreed(e, e.src(stride, Type::u32), running), e.b.getInt64Ty());
  pitch = e.b.CreateLShr(e.b.CreateMul(pitch, e.b.getInt64(fragment.element.bits)), 3);
  return {agreed(e, e.addresses(address), running), pitch,
          e.b.CreateICmpNE(running.bits, e.b.getInt32(0))};
}

/// Without running lanes nothing but a place of our own is touched.
FragmentMemory memory_of(llvm::IRBuilder<>& b, const Fragment& fragment,
                         std::span<Value* const> arguments) {
  Value* const nowhere = b.CreateAlloca(llvm::ArrayType::get(b.getInt8Ty(), kLongestLine));
  Value* const spare = b.CreatePtrToInt(nowhere, b.getInt64Ty());
  return {b, fragment, b.CreateSelect(arguments[2], arguments[0], spare),
          b.CreateSelect(arguments[2], arguments[1], b.getInt64(0))};
}

void load(Emit& e) {
  const Fragment fragment = fragment_of(e);
  const auto targets = elements_of(e, 0, fragment.given_registers());
  const std::vector<llvm::Type*> types(fragment.registers(), e.type(fragment.register_type()));
  const Values loaded = call_shared(e, spelled(e), memory_arguments(e, fragment, 1, 2), types,
                                    [&](llvm::IRBuilder<>& b, std::span<Value* const> arguments) {
                                      return memory_of(b, fragment, arguments).load();
                                    });
  for (std::size_t n = 0; n < targets.size(); ++n)
    e.dst(targets[n], loaded[static_cast<unsigned>(n) % loaded.size()], fragment.register_type());
}

void store(Emit& e) {
  const Fragment fragment = fragment_of(e);
  Values arguments = memory_arguments(e, fragment, 0, 2);
  for (const Operand& each : elements_of(e, 1, fragment.registers()))
    arguments.push_back(e.src(each, fragment.register_type()));
  call_shared(e, spelled(e), arguments, {},
              [&](llvm::IRBuilder<>& b, std::span<Value* const> given) {
                memory_of(b, fragment, given).store(given.subspan(3));
                return Values{};
              });
}

/// d and c of f16 or f32 are the only types written for a product of f16.
MatrixProduct product_of(const Emit& e) {
  const MatrixShape& shape = matrix_shape(e);
  const bool halves = e.i.types.size() == 2;
  if (!halves && e.i.types.size() != 4) e.unsupported("too few types");
  return {shape.m,
          shape.n,
          shape.k,
          matrix_element(e, halves ? Type::f16 : e.i.types[1]),
          matrix_element(e, halves ? Type::f16 : e.i.types[2]),
          matrix_element(e, e.i.types.back()),
          matrix_element(e, e.i.types.front()),
          e.i.has(Mod::satfinite_),
          e.i.has(Mod::and_)};
}

void multiply(Emit& e) {
  const MatrixProduct product = product_of(e);
  if (product.saturate && product.c.type != Type::s32) e.unsupported("saturated floats");
  if (e.i.operands.size() != 4) e.unsupported("too few operands");
  Values registers;
  const auto append = [&](unsigned operand, unsigned given, unsigned count, Type type) {
    for (const Operand& each : elements_of(e, operand, given).first(count))
      registers.push_back(e.src(each, type));
  };
  const bool halves = product.a.type == Type::f16;
  append(1, halves ? kHalfRegisters : product.a_count(), product.a_count(),
         register_type(product.a));
  append(2, halves ? kHalfRegisters : product.b_count(), product.b_count(),
         register_type(product.b));
  const unsigned c_count = product.count_of(product.c);
  append(3, c_count, c_count, register_type(product.c));
  const auto targets = elements_of(e, 0, product.count_of(product.d));
  const Values results = call_multiply(e, product, registers);
  for (std::size_t n = 0; n < targets.size(); ++n)
    e.dst(targets[n], results[static_cast<unsigned>(n)], register_type(product.d));
}

}  // namespace

void lower_wmma(Emit& e) {
  if (e.uniform()) e.unsupported("matrices done once for the warp");
  if (e.i.has(Mod::load_)) return load(e);
  if (e.i.has(Mod::store_)) return store(e);
  multiply(e);
}

}  // namespace vgpu::jit
