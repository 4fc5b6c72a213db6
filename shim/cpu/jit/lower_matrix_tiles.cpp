// The product of matrices that are made of tiles: see lower_matrix.h.
//
// Every lane of an accumulator needs a line of A and one of B. Group p of A's lines is spread over
// the 4 lanes that have the line; of B, the groups p of the 4 even (or odd) columns are brought
// side by side and repeated for every row. Then one multiply-add sums group p for all lanes.
#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_matrix_memory.h"
#include "shim/cpu/jit/lower_matrix_planes.h"
#include "shim/cpu/jit/product_groups.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Type;

namespace {

/// Even and odd columns.
constexpr unsigned kParities = 2;

class TileProduct {
 public:
  TileProduct(Kit& kit, const MatrixProduct& product, std::span<Value* const> registers)
      : b_(kit.b),
        product_(product),
        arithmetic_(kit, product),
        a_(registers.first(product.a_count())),
        rhs_(registers.subspan(product.a_count(), product.b_count())),
        c_(registers.subspan(product.a_count() + product.b_count())),
        width_(arithmetic_.width()),
        pieces_(kWarpSize / width_) {}

  Values run() {
    load_c();
    for (unsigned k = 0; k < product_.depth(); ++k) add_step(k);
    return store_d();
  }

 private:
  /// One piece of one parity of one tile.
  Value*& sum(unsigned row, unsigned column, unsigned parity, unsigned piece) {
    return sums_[((row * product_.columns() + column) * kParities + parity) * pieces_ + piece];
  }
  unsigned tile(unsigned row, unsigned column) const { return row + product_.rows() * column; }

  template <class F>
  void for_each_tile(F f) {
    for (unsigned column = 0; column < product_.columns(); ++column)
      for (unsigned row = 0; row < product_.rows(); ++row) f(row, column);
  }

  void load_c();
  void add_step(unsigned k);
  void add_plane(const std::vector<Values>& a, const std::vector<Values>& b, unsigned group);
  Value* spread_a(Value* piece, unsigned group) const;
  Value* spread_b(const Values& pieces, unsigned group, unsigned parity) const;
  Values store_d();

  llvm::IRBuilder<>& b_;
  const MatrixProduct& product_;
  MatrixArithmetic arithmetic_;
  std::span<Value*const> a_, rhs_, c_;
  const unsigned width_;   ///< Units: lanes
  const unsigned pieces_;  ///< of a register
  std::vector<Value*> sums_;
  std::vector<Value*> before_;    ///< c, where it is added at the end
  std::vector<Value*> excess_a_;  ///< of each row of tiles, and piece
  std::vector<Value*> excess_b_;  ///< of each column of tiles, and parity
};

void TileProduct::load_c() {
  sums_.resize(product_.rows() * product_.columns() * kParities * pieces_);
  for_each_tile([&](unsigned row, unsigned column) {
    for (unsigned piece = 0; piece < pieces_; ++piece) {
      const unsigned at = tile(row, column);
      const auto part = [&](unsigned n) { return slice(b_, c_[n], piece * width_, width_); };
      const bool packed = product_.c.bits == 16;
      const Values both =
          packed ? arithmetic_.widened(part(at)) : Values{part(2 * at), part(2 * at + 1)};
      for (unsigned parity = 0; parity < kParities; ++parity)
        sum(row, column, parity, piece) = both[parity];
    }
  });
  Value* const zero = llvm::Constant::getNullValue(sums_[0]->getType());
  if (product_.saturate) {
    before_ = sums_;
    sums_.assign(sums_.size(), zero);
  }
  if (arithmetic_.has_excess_of_a()) excess_a_.assign(product_.rows() * pieces_, zero);
  if (arithmetic_.has_excess_of_b()) excess_b_.assign(product_.columns() * kParities, zero);
}

/// Group `group` of the line that each lane is in.
Value* TileProduct::spread_a(Value* piece, unsigned group) const {
  return picked(b_, piece, width_,
                [&](unsigned lane) { return lane / kTileGroups * kTileGroups + group; });
}

/// Group `group` of the column that each lane has, which is the same for all rows.
Value* TileProduct::spread_b(const Values& pieces, unsigned group, unsigned parity) const {
  const unsigned at = (group * kParities + parity) * kTileGroups;
  return picked(b_, pieces[at / width_], width_,
                [&](unsigned lane) { return at % width_ + lane % kTileGroups; });
}

/// A tile of each row times a tile of each column.
void TileProduct::add_step(unsigned k) {
  // [plane][tile * pieces + piece]
  std::vector<Values> a;
  std::vector<Values> b;
  const auto add = [](std::vector<Values>& to, const Values& planes) {
    to.resize(planes.size());
    for (std::size_t n = 0; n < planes.size(); ++n) to[n].push_back(planes[n]);
  };
  for (unsigned row = 0; row < product_.rows(); ++row)
    for (unsigned piece = 0; piece < pieces_; ++piece)
      add(a,
          arithmetic_.planes_a(slice(b_, a_[row + product_.rows() * k], piece * width_, width_)));
  for (unsigned column = 0; column < product_.columns(); ++column) {
    // From [line][group] to [group][parity][half of the line], so that spread_b finds 4 together.
    Value* const ordered =
        picked(b_, rhs_[k + product_.depth() * column], kWarpSize, [](unsigned n) {
          const unsigned line = n % kTileGroups * kParities + n / kTileGroups % kParities;
          return line * kTileGroups + n / kTileLines;
        });
    for (unsigned piece = 0; piece < pieces_; ++piece)
      add(b, arithmetic_.planes_b(slice(b_, ordered, piece * width_, width_)));
  }
  for (std::size_t plane = 0; plane < a.size(); ++plane)
    for (unsigned group = 0; group < kTileGroups; ++group) add_plane({a[plane]}, {b[plane]}, group);
}

void TileProduct::add_plane(const std::vector<Values>& a, const std::vector<Values>& b,
                            unsigned group) {
  Values left;
  for (Value* piece : a[0]) left.push_back(spread_a(piece, group));
  for (std::size_t n = 0; n < excess_a_.size(); ++n)
    excess_a_[n] = arithmetic_.add_excess_of_a(excess_a_[n], left[n]);
  for (unsigned column = 0; column < product_.columns(); ++column) {
    const Values pieces(b[0].begin() + column * pieces_, b[0].begin() + (column + 1) * pieces_);
    for (unsigned parity = 0; parity < kParities; ++parity) {
      Value* const right = spread_b(pieces, group, parity);
      if (!excess_b_.empty()) {
        Value*& excess = excess_b_[column * kParities + parity];
        excess = arithmetic_.add_excess_of_b(excess, right);
      }
      for (unsigned row = 0; row < product_.rows(); ++row)
        for (unsigned piece = 0; piece < pieces_; ++piece) {
          Value*& to = sum(row, column, parity, piece);
          to = arithmetic_.multiply_add(to, left[row * pieces_ + piece], right);
        }
    }
  }
}

Values TileProduct::store_d() {
  const bool packed = product_.d.bits == 16;
  Values result(product_.count_of(product_.d));
  for_each_tile([&](unsigned row, unsigned column) {
    Values both[kParities];
    for (unsigned parity = 0; parity < kParities; ++parity)
      for (unsigned piece = 0; piece < pieces_; ++piece) {
        Value*& each = sum(row, column, parity, piece);
        if (!excess_b_.empty())
          each = arithmetic_.without_excess_of_b(each, excess_b_[column * kParities + parity]);
        if (!excess_a_.empty())
          each = arithmetic_.without_excess_of_a(each, excess_a_[row * pieces_ + piece]);
        if (!before_.empty()) {
          Value* const c = before_[static_cast<std::size_t>(&each - sums_.data())];
          each = b_.CreateBinaryIntrinsic(llvm::Intrinsic::sadd_sat, each, c);
        }
        both[parity].push_back(each);
      }
    const unsigned at = tile(row, column);
    if (packed) {
      Values pieces;
      for (unsigned piece = 0; piece < pieces_; ++piece)
        pieces.push_back(arithmetic_.narrowed(both[0][piece], both[1][piece]));
      result[at] = joined(b_, pieces);
    } else {
      for (unsigned parity = 0; parity < kParities; ++parity)
        result[2 * at + parity] = joined(b_, both[parity]);
    }
  });
  return result;
}

/// Names what the code of a product depends on, but for its registers.
std::string spelled(const MatrixProduct& product) {
  std::string text = "mma.m" + std::to_string(product.m) + "n" + std::to_string(product.n) + "k" +
                     std::to_string(product.k);
  for (const MatrixElement& each : {product.d, product.a, product.b, product.c})
    text += "." + std::string(ptx::name_of(each.type));
  if (product.saturate) text += ".satfinite";
  if (product.with_and) text += ".and";
  return text;
}

}  // namespace

Values multiply_tiles(Kit& kit, const MatrixProduct& product, std::span<Value* const> registers) {
  return TileProduct(kit, product, registers).run();
}

Values call_multiply(Emit& e, const MatrixProduct& product, llvm::ArrayRef<Value*> registers) {
  const std::vector<llvm::Type*> types(product.count_of(product.d),
                                       e.type(register_type(product.d)));
  return call_shared(e, spelled(product), registers, types,
                     [&](llvm::IRBuilder<>& b, std::span<Value* const> arguments) {
                       llvm::Function& function = *b.GetInsertBlock()->getParent();
                       function.setDoesNotAccessMemory();
                       mark_product(function, product);
                       Kit kit{b, e.features()};
                       return multiply_tiles(kit, product, arguments);
                     });
}

}  // namespace vgpu::jit
