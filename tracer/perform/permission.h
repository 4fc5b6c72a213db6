#pragma once

#include "tracer/perform/request.h"

namespace vgpu::tracer {

/// Whose identity counts: access(2) asks for the real one, everything else for the effective one.
enum class Whose { effective, real };

/// True if the guest may do `wanted` (R_OK, W_OK, X_OK) to this virtual node.
bool may(const Node& node, GuestView& guest, int wanted, Whose whose);

/// True if the guest's file permissions are our own, so that what the kernel lets us do on its
/// behalf it would let the guest do.
bool is_like_us(GuestView& guest);

}  // namespace vgpu::tracer
