#pragma once

// The types of the CUDA driver API that cross the boundary, all of them. They live in namespace
// vgpu, so they can stand beside the toolkit's own header; tests/unit/api/cuda_types_check.cpp
// compares values, sizes and offsets with it where there is one.
#include "shim/abi/cuda_enums.h"
#include "shim/abi/cuda_graph_types.h"
#include "shim/abi/cuda_handles.h"
#include "shim/abi/cuda_launch_types.h"
#include "shim/abi/cuda_memory_types.h"
