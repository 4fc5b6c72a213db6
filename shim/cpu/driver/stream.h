#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/driver/queue.h"

namespace vgpu::cpu {

class Capture;
class Context;
struct GraphNode;

/// An ordered sequence of work in a context.
struct Stream {
  enum class Kind : std::uint8_t { legacy, per_thread, created };

  Stream(std::shared_ptr<Context> owner, Kind which, unsigned flags_given, int priority_given);

  /// Ordered with the legacy default stream, both ways.
  bool blocking() const noexcept { return (flags & CU_STREAM_NON_BLOCKING) == 0; }

  const std::shared_ptr<Context> context;
  const Kind kind;
  const unsigned flags;
  const int priority;
  const std::uint64_t id;
  const std::shared_ptr<Queue> queue = std::make_shared<Queue>();
  std::atomic<bool> destroyed{false};

  // The capture that the stream takes part in, and what its next node comes after. Guarded by
  // graph_mutex().
  std::shared_ptr<Capture> capture;
  std::vector<std::shared_ptr<GraphNode>> frontier;
  std::map<CUstreamAttrID, CUstreamAttrValue> attributes;  ///< as set; guarded by graph_mutex()
  // What cuStreamGetCaptureInfo has told of it.
  std::vector<CUgraphNode> told_nodes;
  std::vector<CUgraphEdgeData> told_edges;
};

/// The stream behind a handle: 0 and the special handles mean a default stream of `context`.
/// Errors: INVALID_HANDLE.
std::shared_ptr<Stream> find_stream(CUstream handle, const std::shared_ptr<Context>& context);

/// The stream that an operation without a stream argument runs on.
std::shared_ptr<Stream> default_stream(const std::shared_ptr<Context>& context);

}  // namespace vgpu::cpu
