// Instructions that the ISA allows to do nothing.
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

/// Sleeps for a time in [0, 2t]: not at all.
void lower_nanosleep(Emit&) {}

/// An event for a profiler: nobody listens.
void lower_pmevent(Emit&) {}

/// Grids of a stream run one after the other, so the grids before have always completed, and
/// the grids after need no word from this one.
void lower_griddepcontrol(Emit&) {}

/// Registers are as many as it takes.
void lower_setmaxnreg(Emit&) {}

/// Nothing asks what is in a policy: our caches are the processor's.
void lower_createpolicy(Emit& e) { e.dst(0, e.constant(ptx::Type::b64, 0), ptx::Type::b64); }

/// Every address is the own block's, which is the first of its cluster.
void lower_getctarank(Emit& e) { e.dst(0, e.constant(ptx::Type::u32, 0), ptx::Type::u32); }

}  // namespace vgpu::jit
