#pragma once

#include "tracer/engine.h"
#include "tracer/notify/reply.h"
#include "tracer/perform/request.h"

namespace vgpu::tracer {

/// Does what the call asks, at a place that the kernel does not know or would not find.
/// Errors: std::exception for what is not the guest's fault.
Reply perform(const Request& request);

// One function per operation; perform() chooses.
Reply perform_open(const Request& request);
Reply perform_stat(const Request& request);
Reply perform_access(const Request& request);
Reply perform_read_link(const Request& request);
Reply perform_get_xattr(const Request& request);
Reply perform_list_xattr(const Request& request);
Reply perform_change_directory(const Request& request);
Reply perform_execute(const Request& request);
Reply perform_stat_fs(const Request& request);

/// Refuses a filter that asks a tracer, as a kernel without that does, and passes others: our
/// notifications would hide calls from it. Programs like strace then trace without a filter.
Reply perform_install_filter(const Call& call);

/// Answers getcwd in a virtual directory; passes elsewhere, or if the caller is gone.
Reply perform_get_directory(const Engine& engine, const Call& call, const GuestView& guest);

/// Answers getdents on a directory that holds virtual files; passes elsewhere, or if the caller is
/// gone. `by_any_name`: a directory may be known to the guest by another path than to us.
Reply perform_list(const Engine& engine, const Call& call, GuestView& guest, const Tree& tree,
                   bool by_any_name);

}  // namespace vgpu::tracer
