#include "evaluate.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "compare.h"
#include "data.h"

namespace ggml {
namespace {

/// One case's tensors on one backend.
class Instance {
 public:
  Instance(const Api& api, const Case& which)
      : api_(api),
        memory_(api.ggml_init({std::size_t{4} << 20, nullptr, true})),
        builder_(api, memory_) {
    output_ = which.build(builder_);
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() {
    if (buffer_ != nullptr) api_.ggml_backend_buffer_free(buffer_);
    api_.ggml_free(memory_);
  }

  const Tensor* output() const { return output_; }
  Type type() const { return builder_.output; }
  std::int64_t unordered() const { return builder_.unordered; }

  std::vector<float> compute(Backend* backend, const std::string& name) {
    CGraph* const graph = api_.ggml_new_graph(memory_);
    api_.ggml_build_forward_expand(graph, output_);
    buffer_ = api_.ggml_backend_alloc_ctx_tensors(memory_, backend);
    if (buffer_ == nullptr) throw std::runtime_error("no memory on the device");
    api_.ggml_backend_buffer_clear(buffer_, 0);
    for (std::size_t i = 0; i < builder_.inputs.size(); ++i) {
      const Input& input = builder_.inputs[i];
      const auto bytes = make_data(api_, input.type, input.shape, input.fill, seed_of(name, i));
      api_.ggml_backend_tensor_set(input.tensor, bytes.data(), 0, bytes.size());
    }
    const int status = api_.ggml_backend_graph_compute(backend, graph);
    if (status != 0)
      throw std::runtime_error("the graph ended with status " + std::to_string(status));
    std::vector<std::byte> bytes(api_.ggml_nbytes(output_));
    api_.ggml_backend_tensor_get(output_, bytes.data(), 0, bytes.size());
    return to_floats(api_, builder_.output, bytes);
  }

 private:
  const Api& api_;
  Context* memory_;
  Builder builder_;
  Tensor* output_ = nullptr;
  Buffer* buffer_ = nullptr;
};

Device* find_device(const Api& api, const std::string& name) {
  Device* const device = api.ggml_backend_dev_by_name(name.c_str());
  if (device == nullptr) throw std::runtime_error("there is no device " + name);
  return device;
}

}  // namespace

Devices::Devices(const Api& api, const std::string& name)
    : api_(api),
      tested_device_(find_device(api, name)),
      reference_device_(find_device(api, "CPU")),
      tested_(api.ggml_backend_dev_init(tested_device_, nullptr)),
      reference_(api.ggml_backend_dev_init(reference_device_, nullptr)) {
  if (tested_ == nullptr || reference_ == nullptr)
    throw std::runtime_error("a backend does not start");
  // One thread: its helpers spin, and take the time of whoever else runs.
  using SetThreads = void (*)(Backend*, int);
  const auto set_threads = reinterpret_cast<SetThreads>(api.ggml_backend_reg_get_proc_address(
      api.ggml_backend_dev_backend_reg(reference_device_), "ggml_backend_set_n_threads"));
  if (set_threads != nullptr) set_threads(reference_, 1);
}

Result Devices::evaluate(const Case& which) const {
  Instance tested(api_, which);
  Instance reference(api_, which);
  if (!api_.ggml_backend_dev_supports_op(tested_device_, tested.output()))
    return {Verdict::not_offered, "ggml-cuda does not offer it"};
  if (!api_.ggml_backend_dev_supports_op(reference_device_, reference.output()))
    return {Verdict::not_offered, "the CPU backend does not offer it"};
  auto expected = reference.compute(reference_, which.name);
  auto got = tested.compute(tested_, which.name);
  if (tested.unordered() != 0) {
    sort_groups(expected, tested.unordered());
    sort_groups(got, tested.unordered());
  }
  const Difference difference = compare(expected, got);
  if (!difference.broken.empty()) return {Verdict::wrong, difference.broken};
  char text[96];
  std::snprintf(text, sizeof text, "error %.3g, limit %.3g", difference.error, which.limit);
  return {difference.error <= which.limit ? Verdict::right : Verdict::wrong, text};
}

}  // namespace ggml
