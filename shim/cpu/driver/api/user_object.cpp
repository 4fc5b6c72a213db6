#include "shim/cpu/driver/user_object.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/graph.h"
#include "shim/cpu/driver/handle_table.h"

namespace vgpu::cpu::api {
namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

constexpr unsigned kNoDestructorSync = 1;  ///< CU_USER_OBJECT_NO_DESTRUCTOR_SYNC
constexpr unsigned kMove = 1;              ///< CU_GRAPH_USER_OBJECT_MOVE
constexpr unsigned kMost = 0x7fffffff;     ///< INT_MAX, as the reference says

std::shared_ptr<UserObject> find_object(CUuserObject handle) {
  auto object = handles<UserObject>().find(handle);
  require_value(object != nullptr, "not a user object");
  return object;
}

void release(const std::shared_ptr<UserObject>& object, unsigned count) {
  require_value(count != 0 && count <= object->references, "more references than there are");
  object->references -= count;
}

}  // namespace

CUresult cuUserObjectCreate(CUuserObject* object, void* value, CUhostFn destroy, unsigned count,
                            unsigned flags) {
  require_value(object != nullptr && destroy != nullptr, "object_out or destroy is null");
  require_value(count != 0 && count <= kMost && flags == kNoDestructorSync,
                "a count of 0, or not the one flag that there is");
  auto made = std::make_shared<UserObject>(value, destroy);
  made->references = count;
  *object = reinterpret_cast<CUuserObject>(made.get());
  handles<UserObject>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuUserObjectRetain(CUuserObject handle, unsigned count) {
  const Lock lock(graph_mutex());
  const auto object = find_object(handle);
  require_value(count != 0 && count <= kMost - object->references, "too many references");
  object->references += count;
  return CUDA_SUCCESS;
}

CUresult cuUserObjectRelease(CUuserObject handle, unsigned count) {
  std::shared_ptr<UserObject> last;  // its destructor calls the program: not under the lock
  const Lock lock(graph_mutex());
  last = find_object(handle);
  release(last, count);
  if (last->references == 0) handles<UserObject>().take(handle);
  return CUDA_SUCCESS;
}

CUresult cuGraphRetainUserObject(CUgraph graph, CUuserObject handle, unsigned count,
                                 unsigned flags) {
  require_value(count != 0 && count <= kMost && (flags & ~kMove) == 0,
                "no count, or unknown flags");
  const Lock lock(graph_mutex());
  const auto object = find_object(handle);
  const auto into = find_graph(graph);
  if (flags == kMove) release(object, count);
  into->user_objects[object] += count;
  return CUDA_SUCCESS;
}

CUresult cuGraphReleaseUserObject(CUgraph graph, CUuserObject handle, unsigned count) {
  std::shared_ptr<UserObject> last;
  const Lock lock(graph_mutex());
  const auto from = find_graph(graph);
  for (auto& [object, held] : from->user_objects) {
    if (reinterpret_cast<CUuserObject>(object.get()) != handle) continue;
    require_value(count != 0 && count <= held, "more references than the graph has");
    last = object;
    if ((held -= count) == 0) from->user_objects.erase(last);
    return CUDA_SUCCESS;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "the graph has no such object");
}

}  // namespace vgpu::cpu::api
