#include "shim/cpu/jit/product_code.h"

#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <string>

#include "shim/cpu/jit/lower_matrix.h"

namespace vgpu::jit {

using llvm::Value;
namespace intrinsic = llvm::Intrinsic;

namespace {

constexpr std::uint64_t kSigns = 0x80808080u;
constexpr std::uint64_t kOnes = 0x01010101u;
constexpr unsigned kWidth = 16;  ///< of a vector. Units: groups of 4 bytes
constexpr unsigned kPieces = kWarpSize / kWidth;
constexpr unsigned kParities = 2;  ///< even and odd columns
constexpr unsigned kVectorBytes = 64;

/// Homes of lines of A and of columns of B. Units: 1
constexpr unsigned kMostLines = 32;
constexpr unsigned kMostColumns = 4;

/// Vectors of a packed line: the groups of each tile, then what sums start with.
constexpr unsigned start_of(unsigned depth) { return depth * kTileGroups * kPieces; }
constexpr unsigned kLineVectors = start_of(kMostDepth) + kPieces;
constexpr unsigned kColumnVectors = kMostDepth * kPieces;

llvm::FixedVectorType* vector_type(llvm::IRBuilder<>& b) {
  return llvm::FixedVectorType::get(b.getInt32Ty(), kWidth);
}

Value* splat(llvm::IRBuilder<>& b, std::uint64_t value) {
  return llvm::ConstantInt::get(vector_type(b), value);
}

Value* at(llvm::IRBuilder<>& b, Value* base, std::uint64_t bytes) {
  return b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), base, bytes);
}

Value* load(llvm::IRBuilder<>& b, Value* base, unsigned vector) {
  return b.CreateAlignedLoad(vector_type(b), at(b, base, std::uint64_t{vector} * kVectorBytes),
                             llvm::Align(kVectorBytes));
}

void store(llvm::IRBuilder<>& b, Value* value, Value* base, unsigned vector) {
  b.CreateAlignedStore(value, at(b, base, std::uint64_t{vector} * kVectorBytes),
                       llvm::Align(kVectorBytes));
}

Value* dot(llvm::IRBuilder<>& b, Value* sum, Value* without_sign, Value* with_sign) {
  return b.CreateIntrinsic(intrinsic::x86_avx512_vpdpbusd_512, {}, {sum, without_sign, with_sign});
}

/// What sums start with: minus (plus) 128 times the sum of A's line, where B is 128 too large (too
/// small). `sum` is that sum, of which `group` is the next part.
Value* add_start(llvm::IRBuilder<>& b, ByteFactors kind, Value* sum, Value* group) {
  return kind.a_with_sign ? dot(b, sum, splat(b, kSigns), group)
                          : dot(b, sum, group, splat(b, kOnes));
}

Value* finished_start(llvm::IRBuilder<>& b, ByteFactors kind, Value* sum) {
  return kind.a_with_sign ? b.CreateNeg(sum) : b.CreateShl(sum, 7);
}

}  // namespace

Value* PackedFactors::space(unsigned vectors, const char* name) {
  llvm::BasicBlock& entry = function_.getEntryBlock();
  llvm::IRBuilder<> b(&entry, entry.begin());
  llvm::AllocaInst* const made =
      b.CreateAlloca(llvm::ArrayType::get(vector_type(b), vectors), nullptr, name);
  made->setAlignment(llvm::Align(kVectorBytes));
  return made;
}

Value* PackedFactors::sums() {
  if (sums_ == nullptr) sums_ = space(kMostRows * kParities * kPieces, "sums");
  return sums_;
}

void PackedFactors::forget() {
  for (std::vector<Home>* const homes : {&a_, &b_})
    for (Home& home : *homes) home.tiles.clear();
}

PackedFactors::Home& PackedFactors::find(std::vector<Home>& homes, unsigned most, ByteFactors kind,
                                         llvm::ArrayRef<Value*> tiles) {
  auto found = std::find_if(homes.begin(), homes.end(), [&](const Home& home) {
    return home.kind == kind && tiles.equals(home.tiles);
  });
  if (found == homes.end()) {
    found = std::find_if(homes.begin(), homes.end(),
                         [](const Home& home) { return home.tiles.empty(); });
    if (found == homes.end() && homes.size() < most) found = homes.insert(found, Home{});
    if (found == homes.end())
      found = std::min_element(homes.begin(), homes.end(),
                               [](const Home& x, const Home& y) { return x.used < y.used; });
    found->kind = kind;
    found->tiles.clear();
  }
  found->used = ++clock_;
  return *found;
}

Value* PackedFactors::line_of_a(llvm::IRBuilder<>& b, ByteFactors kind,
                                llvm::ArrayRef<Value*> tiles) {
  Home& home = find(a_, kMostLines, kind, tiles);
  if (home.at == nullptr) home.at = space(kLineVectors, "line");
  if (!home.tiles.empty()) return home.at;
  home.tiles = tiles.vec();
  const auto depth = static_cast<unsigned>(tiles.size());
  for (unsigned piece = 0; piece < kPieces; ++piece) {
    Value* start = splat(b, 0);
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned group = 0; group < kTileGroups; ++group) {
        Value* const spread = picked(b, tiles[k], kWidth, [&](unsigned lane) {
          return piece * kWidth + lane / kTileGroups * kTileGroups + group;
        });
        store(b, spread, home.at, (k * kTileGroups + group) * kPieces + piece);
        if (kind.flips_b()) start = add_start(b, kind, start, spread);
      }
    store(b, finished_start(b, kind, start), home.at, start_of(depth) + piece);
  }
  return home.at;
}

Value* PackedFactors::column_of_b(llvm::IRBuilder<>& b, ByteFactors kind,
                                  llvm::ArrayRef<Value*> tiles) {
  Home& home = find(b_, kMostColumns, kind, tiles);
  if (home.at == nullptr) home.at = space(kColumnVectors, "column");
  if (!home.tiles.empty()) return home.at;
  home.tiles = tiles.vec();
  for (unsigned k = 0; k < tiles.size(); ++k)
    for (unsigned piece = 0; piece < kPieces; ++piece) {
      // From [line][group] to [group][parity][half of the line].
      Value* ordered = picked(b, tiles[k], kWidth, [&](unsigned lane) {
        const unsigned n = piece * kWidth + lane;
        const unsigned line = n % kTileGroups * kParities + n / kTileGroups % kParities;
        return line * kTileGroups + n / kTileLines;
      });
      if (kind.flips_b()) ordered = b.CreateXor(ordered, splat(b, kSigns));
      store(b, ordered, home.at, k * kPieces + piece);
    }
  return home.at;
}

namespace {

/// The body of the function that multiplies: arguments are the lines, the column and the sums.
void fill(llvm::Function& function, ByteFactors kind, unsigned rows, unsigned depth) {
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(function.getContext(), "", &function));
  const auto line = [&](unsigned row) { return function.getArg(row); };
  std::vector<Value*> sums;  // [row][parity][piece]
  for (unsigned row = 0; row < rows; ++row)
    for (unsigned parity = 0; parity < kParities; ++parity)
      for (unsigned piece = 0; piece < kPieces; ++piece)
        sums.push_back(kind.flips_b() ? load(b, line(row), start_of(depth) + piece) : splat(b, 0));
  llvm::Type* const part = llvm::FixedVectorType::get(b.getInt32Ty(), kTileGroups);
  const bool a_first = !kind.a_with_sign;
  for (unsigned group = 0; group < depth * kTileGroups; ++group) {
    Value* right[kParities];
    for (unsigned parity = 0; parity < kParities; ++parity) {
      constexpr std::uint64_t kPartBytes = 16;
      Value* const from = at(b, function.getArg(rows), (group * kParities + parity) * kPartBytes);
      right[parity] = picked(b, b.CreateAlignedLoad(part, from, llvm::Align(kPartBytes)), kWidth,
                             [](unsigned lane) { return lane % kTileGroups; });
    }
    for (unsigned row = 0; row < rows; ++row)
      for (unsigned piece = 0; piece < kPieces; ++piece) {
        Value* const left = load(b, line(row), group * kPieces + piece);
        for (unsigned parity = 0; parity < kParities; ++parity) {
          Value*& sum = sums[(row * kParities + parity) * kPieces + piece];
          sum = a_first ? dot(b, sum, left, right[parity]) : dot(b, sum, right[parity], left);
        }
      }
  }
  for (unsigned n = 0; n < sums.size(); ++n) store(b, sums[n], function.getArg(rows + 1), n);
  b.CreateRetVoid();
}

llvm::Function* find_multiply(llvm::Module& module, ByteFactors kind, unsigned rows, unsigned depth,
                              const llvm::Function& like) {
  const auto bytes = [](bool with_sign) { return with_sign ? ".s8" : ".u8"; };
  const std::string name =
      (llvm::Twine("vgpu.products") + bytes(kind.a_with_sign) + bytes(kind.b_with_sign) + "." +
       llvm::Twine(rows) + "x" + llvm::Twine(depth))
          .str();
  if (llvm::Function* const made = module.getFunction(name)) return made;
  llvm::LLVMContext& context = module.getContext();
  const std::vector<llvm::Type*> types(rows + 2, llvm::PointerType::getUnqual(context));
  llvm::Function* const function =
      llvm::Function::Create(llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false),
                             llvm::Function::InternalLinkage, name, module);
  function->addFnAttrs(llvm::AttrBuilder(context, like.getAttributes().getFnAttrs()));
  function->setMemoryEffects(llvm::MemoryEffects::argMemOnly());
  for (unsigned n = 0; n < types.size(); ++n) {
    function->addParamAttr(n, llvm::Attribute::NoAlias);
    function->addParamAttr(n, llvm::Attribute::NoCapture);
    function->addParamAttr(n, n <= rows ? llvm::Attribute::ReadOnly : llvm::Attribute::WriteOnly);
  }
  fill(*function, kind, rows, depth);
  return function;
}

}  // namespace

std::vector<Value*> multiply_packed(llvm::IRBuilder<>& b, ByteFactors kind, unsigned depth,
                                    llvm::ArrayRef<Value*> lines, Value* column, Value* sums,
                                    const llvm::Function& like) {
  const auto rows = static_cast<unsigned>(lines.size());
  llvm::SmallVector<Value*, kMostRows + 2> arguments(lines.begin(), lines.end());
  arguments.push_back(column);
  arguments.push_back(sums);
  b.CreateCall(find_multiply(*b.GetInsertBlock()->getModule(), kind, rows, depth, like), arguments)
      ->setDoesNotThrow();
  llvm::Type* const type = llvm::FixedVectorType::get(b.getInt32Ty(), kWarpSize);
  std::vector<Value*> results;
  for (unsigned n = 0; n < rows * kParities; ++n)
    results.push_back(b.CreateAlignedLoad(
        type, at(b, sums, std::uint64_t{n} * kPieces * kVectorBytes), llvm::Align(kVectorBytes)));
  return results;
}

}  // namespace vgpu::jit
