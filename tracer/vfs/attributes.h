#pragma once

#include <sys/stat.h>

#include "tracer/vfs/descriptor.h"

namespace vgpu::tracer {

/// What stat(2) says about a virtual node. Its numbers are those that fstat shows on a descriptor
/// of it: copying and archiving programs compare the two.
/// Errors: std::system_error if the real file behind an alias is gone.
struct stat attributes_of(const Node& node, Descriptors& descriptors);

/// The same facts in the layout of statx(2).
struct statx to_statx(const struct stat& attributes);

}  // namespace vgpu::tracer
