#include "tracer/perform/perform.h"

#include <cerrno>

#include "tracer/sys/errors.h"

namespace vgpu::tracer {
Reply perform(const Request& request) {
  switch (request.call.def->operation) {
    case Operation::open:
      return perform_open(request);
    case Operation::stat:
    case Operation::stat64:
    case Operation::statx:
    case Operation::stat_descriptor:
      return perform_stat(request);
    case Operation::access:
      return perform_access(request);
    case Operation::read_link:
      return perform_read_link(request);
    case Operation::get_xattr:
      return perform_get_xattr(request);
    case Operation::list_xattr:
      return perform_list_xattr(request);
    case Operation::stat_fs:
      return perform_stat_fs(request);
    case Operation::change_directory:
      return perform_change_directory(request);
    case Operation::execute:
      return perform_execute(request);
    case Operation::change_root:
    case Operation::watch_file:
    case Operation::watch_map:
    case Operation::watch_kill:
    case Operation::install_filter:
    case Operation::list:
    case Operation::list_old:
    case Operation::get_directory:
      break;
  }
  ensure(false, "a call without a path has no place");
  return Fail{EIO};
}

}  // namespace vgpu::tracer
