#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "tests/benches/contender.h"
#include "tests/benches/kernels.ptx.h"

namespace vgpu::benches {
namespace {

using DevicePtr = std::uint64_t;
using Handle = void*;

/// The driver's entry points, found by name: no CUDA header is needed.
class Driver {
 public:
  explicit Driver(void* library) : library_(library) {}

  template <typename... Arguments>
  void call(const char* name, Arguments... arguments) const {
    auto* function = reinterpret_cast<int (*)(Arguments...)>(dlsym(library_, name));
    if (function == nullptr) throw std::runtime_error(std::string("no ") + name);
    const int status = function(arguments...);
    if (status != 0) throw std::runtime_error(name + (" is " + std::to_string(status)));
  }

  DevicePtr allocate(std::size_t bytes) const {
    DevicePtr at = 0;
    call("cuMemAlloc_v2", &at, bytes);
    return at;
  }

  DevicePtr upload(const std::vector<float>& values) const {
    const DevicePtr at = allocate(values.size() * sizeof(float));
    call("cuMemcpyHtoD_v2", at, static_cast<const void*>(values.data()),
         values.size() * sizeof(float));
    return at;
  }

  std::vector<float> download(DevicePtr at, std::size_t count) const {
    std::vector<float> values(count);
    call("cuMemcpyDtoH_v2", static_cast<void*>(values.data()), at, count * sizeof(float));
    return values;
  }

  Handle function(Handle module, const char* name) const {
    Handle found = nullptr;
    call("cuModuleGetFunction", &found, module, name);
    return found;
  }

  void launch(Handle function, unsigned blocks_x, unsigned blocks_y, unsigned threads_x,
              unsigned threads_y, void** params) const {
    call("cuLaunchKernel", function, blocks_x, blocks_y, 1u, threads_x, threads_y, 1u, 0u, Handle{},
         params, static_cast<void**>(nullptr));
    call("cuCtxSynchronize");
  }

 private:
  void* library_;
};

/// Parameters of one launch, kept as long as launches point at them.
struct Params {
  DevicePtr a, b, c;
  unsigned count;
  void* all[4] = {&a, &b, &c, &count};
  void* of_reduction[3] = {&a, &c, &count};
};

std::shared_ptr<Params> make_params(DevicePtr a, DevicePtr b, DevicePtr c, unsigned count) {
  auto params = std::make_shared<Params>();
  params->a = a;
  params->b = b;
  params->c = c;
  params->count = count;
  return params;
}

/// The product of the matrices' values as f16: they are small multiples of 1/8.
void add_tensor(const std::shared_ptr<const Driver>& driver, DevicePtr a, DevicePtr b,
                std::vector<Contender>& contenders) {
  constexpr unsigned kSide = Input::kSide;
  constexpr unsigned kFragments = 32;  // rows and columns of a warp
  Handle module = nullptr;
  const std::string ptx = tensor_ptx();
  driver->call("cuModuleLoadData", &module, static_cast<const void*>(ptx.c_str()));
  const Handle halve = driver->function(module, "halve");
  DevicePtr halves[2] = {};
  for (int n = 0; n < 2; ++n) {
    halves[n] = driver->allocate(std::size_t{kSide} * kSide * 2);
    DevicePtr from = n == 0 ? a : b;
    void* params[] = {&from, &halves[n]};
    driver->launch(halve, kSide * kSide / Input::kBlock, 1, Input::kBlock, 1, params);
  }
  const DevicePtr product = driver->allocate(std::size_t{kSide} * kSide * sizeof(float));
  contenders.push_back({"matrix_f16", "device",
                        [=, function = driver->function(module, "matrix_f16"),
                         params = make_params(halves[0], halves[1], product, kSide)] {
                          driver->launch(function, kSide / kFragments, kSide / kFragments,
                                         kFragments, 1, params->all);
                        },
                        [=] { return driver->download(product, std::size_t{kSide} * kSide); }});
}

}  // namespace

void add_device(const Input& input, std::vector<Contender>& contenders) {
  void* library = dlopen("libcuda.so.1", RTLD_NOW);
  if (library == nullptr) {
    std::printf("SKIP: device: no libcuda.so.1 (run this under vgpu-run)\n");
    return;
  }
  const auto driver = std::make_shared<const Driver>(library);
  int device = 0;
  Handle context = nullptr;
  Handle module = nullptr;
  driver->call("cuInit", 0u);
  driver->call("cuDeviceGet", &device, 0);
  driver->call("cuCtxCreate_v2", &context, 0u, device);
  const std::string ptx = kernels_ptx();
  driver->call("cuModuleLoadData", &module, static_cast<const void*>(ptx.c_str()));

  const DevicePtr a = driver->upload(input.a);
  const DevicePtr b = driver->upload(input.b);
  const DevicePtr c = driver->allocate(input.a.size() * sizeof(float));
  constexpr unsigned kSide = Input::kSide;
  const DevicePtr product = driver->allocate(kSide * kSide * sizeof(float));
  const DevicePtr sums = driver->allocate(Input::kBlocks * sizeof(float));

  contenders.push_back({"vector_add", "device",
                        [=, function = driver->function(module, "vector_add"),
                         params = make_params(a, b, c, Input::kCount)] {
                          driver->launch(function, Input::kCount / Input::kBlock, 1, Input::kBlock,
                                         1, params->all);
                        },
                        [=] { return driver->download(c, Input::kCount); }});
  contenders.push_back({"matrix_mul", "device",
                        [=, function = driver->function(module, "matrix_mul"),
                         params = make_params(a, b, product, kSide)] {
                          constexpr unsigned kTiles = kSide / Input::kTile;
                          driver->launch(function, kTiles, kTiles, Input::kTile, Input::kTile,
                                         params->all);
                        },
                        [=] { return driver->download(product, std::size_t{kSide} * kSide); }});
  add_tensor(driver, a, b, contenders);
  contenders.push_back({"reduction", "device",
                        [=, function = driver->function(module, "reduction"),
                         params = make_params(a, 0, sums, Input::kCount)] {
                          driver->launch(function, Input::kBlocks, 1, Input::kBlock, 1,
                                         params->of_reduction);
                        },
                        [=] {
                          const auto parts = driver->download(sums, Input::kBlocks);
                          return std::vector{std::accumulate(parts.begin(), parts.end(), 0.0f)};
                        }});
}

}  // namespace vgpu::benches
