#pragma once

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

/// Something of the program's that lives as long as a reference to it does. The program's own
/// references are counted here, a graph's in the graph: each owner holds one shared_ptr.
struct UserObject {
  UserObject(void* of, CUhostFn end) : value(of), destroy(end) {}
  UserObject(const UserObject&) = delete;
  UserObject& operator=(const UserObject&) = delete;
  ~UserObject() { destroy(value); }

  void* const value;
  const CUhostFn destroy;
  unsigned references = 0;  ///< of the program; guarded by graph_mutex()
};

}  // namespace vgpu::cpu
