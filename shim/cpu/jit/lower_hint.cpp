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

}  // namespace vgpu::jit
