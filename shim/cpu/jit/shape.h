#pragma once

#include <cstdint>
#include <vector>

#include "shim/cpu/jit/code.h"

namespace vgpu::jit {

/// What is known about the launch's block when code is made. A warp is `rows` rows of `width`
/// lanes: lane = y * width + x.
struct BlockClass {
  /// 32: tid.x counts with the lane, tid.y and tid.z are the warp's. 16 or 8: tid.x is x and
  /// tid.y counts with y. 0: nothing is known, and lanes are one row of 32.
  unsigned width = 0;
  bool x_is_multiple = false;  ///< ntid.x is a multiple of 32
  bool one_row = false;        ///< ntid.y and ntid.z are 1
  bool full = false;           ///< every warp has 32 threads

  unsigned row() const noexcept { return width == 0 ? 32 : width; }
  unsigned rows() const noexcept { return 32 / row(); }
  friend auto operator<=>(const BlockClass&, const BlockClass&) = default;
};

/// How a value depends on the lane.
struct Shape {
  enum class Kind : std::uint8_t {
    unknown,  ///< nothing written yet: the start of the analysis
    uniform,  ///< the same in every active lane
    affine,   ///< base + x * lane's x + sy * lane's y, modulo the type's size
    wide,     ///< 64 bits: u + scale * extend(base + x * lane's x + sy * lane's y), 32-bit inside
    varying,
  };
  Kind kind = Kind::unknown;
  bool has_y = false;      ///< there is an sy, a uniform value; otherwise it is zero
  bool is_signed = false;  ///< of wide: how the 32 bits are extended
  std::uint8_t align = 0;  ///< the base is a multiple of 1 << align
  std::int64_t x = 0;
  std::int64_t scale = 0;  ///< of wide

  static Shape uniform(unsigned align = 0);
  static Shape affine(std::int64_t x, bool has_y, unsigned align);
  static Shape varying();
  bool is_uniform() const noexcept { return kind == Kind::uniform; }
  bool is_varying() const noexcept { return kind == Kind::varying; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// The least shape that describes both.
Shape join(const Shape& a, const Shape& b);

/// Shapes of all webs, and how control flow treats lanes.
struct Analysis {
  BlockClass block;
  std::vector<Shape> webs;
  std::vector<bool> blend;      ///< of webs: lanes that do not write must keep their value
  std::vector<bool> divergent;  ///< of blocks: lanes may leave by different edges
  std::vector<bool> partial;    ///< of blocks: not all lanes of the warp may be here at once
};

Analysis analyse(const Code& code, const BlockClass& block);

/// The shape of what `inst` writes, before joining with other definitions.
Shape result_shape(const Code& code, const Analysis& analysis, const ptx::Instruction& inst);

/// The shape of a source operand.
Shape operand_shape(const Code& code, const Analysis& analysis, const ptx::Operand& operand);

/// The shape of a special register.
Shape special_shape(const BlockClass& block, ptx::SpecialReg reg, bool entry);

/// The instruction reads or writes the carry flag, which is kept for each lane.
bool touches_carry(const ptx::Instruction& inst) noexcept;

/// An immediate integer source, if it is one.
bool is_integer(const ptx::Operand& operand) noexcept;

/// The immediate factor of a mul.wide or mad.wide as the 64-bit product takes it.
std::int64_t wide_factor(const ptx::Instruction& inst, const ptx::Operand& factor) noexcept;

/// Immediate post-dominators of the blocks; the number of blocks stands for the exit.
std::vector<std::uint32_t> post_dominators(const Code& code);

/// Marks what loops with several entries do: lanes may wait at one entry while others, which came
/// in by another, are already going round.
void spread_irreducible(const Code& code, Analysis& analysis);

/// Marks what a divergent branch at the end of `block` does to masks and webs. Returns whether a
/// web changed.
bool spread_divergence(const Code& code, const std::vector<std::uint32_t>& post_dominators,
                       std::uint32_t block, Analysis& analysis);

}  // namespace vgpu::jit
