#pragma once

#include "shim/api/device.h"

namespace vgpu::cpu {

class Context;

/// Tells the front end that an incarnation of `context` has ended.
void tell_context_end(Context& context);

/// The functions behind the front end's export tables.
const DeviceHooks& hooks();

}  // namespace vgpu::cpu
