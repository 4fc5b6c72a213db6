#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <cstdio>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "tests/benches/contender.h"

namespace vgpu::benches {
namespace {

// The same three kernels as in kernels.ptx.h.
constexpr const char* kSource = R"(
kernel void vector_add(global const float* a, global const float* b, global float* c, int n) {
  const int i = get_global_id(0);
  if (i < n) c[i] = a[i] + b[i];
}

kernel void reduction(global const float* a, global float* sums, int n) {
  local float partial[256];
  const int mine = get_local_id(0);
  float sum = 0;
  for (int i = get_global_id(0); i < n; i += get_global_size(0)) sum += a[i];
  partial[mine] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = get_local_size(0) / 2; step > 0; step /= 2) {
    if (mine < step) partial[mine] += partial[mine + step];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (mine == 0) sums[get_group_id(0)] = partial[0];
}

kernel void matrix_mul(global const float* a, global const float* b, global float* c, int n) {
  local float tile_a[16][16], tile_b[16][16];
  const int x = get_local_id(0), y = get_local_id(1);
  const int col = get_group_id(0) * 16 + x, row = get_group_id(1) * 16 + y;
  float sum = 0;
  for (int k = 0; k < n; k += 16) {
    tile_a[y][x] = a[row * n + k + x];
    tile_b[y][x] = b[(k + y) * n + col];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < 16; ++i) sum = fma(tile_a[y][i], tile_b[i][x], sum);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  c[row * n + col] = sum;
}
)";

void check(cl_int status, const char* what) {
  if (status != CL_SUCCESS)
    throw std::runtime_error(std::string("OpenCL: ") + what + " is " + std::to_string(status));
}

struct Queue {
  cl_context context = nullptr;
  cl_command_queue commands = nullptr;
  cl_program program = nullptr;

  cl_mem buffer(std::size_t count, const float* from = nullptr) const {
    cl_int status = 0;
    cl_mem made =
        clCreateBuffer(context, CL_MEM_READ_WRITE, count * sizeof(float), nullptr, &status);
    check(status, "clCreateBuffer");
    if (from != nullptr)
      check(clEnqueueWriteBuffer(commands, made, CL_TRUE, 0, count * sizeof(float), from, 0,
                                 nullptr, nullptr),
            "clEnqueueWriteBuffer");
    return made;
  }

  std::vector<float> download(cl_mem from, std::size_t count) const {
    std::vector<float> values(count);
    check(clEnqueueReadBuffer(commands, from, CL_TRUE, 0, count * sizeof(float), values.data(), 0,
                              nullptr, nullptr),
          "clEnqueueReadBuffer");
    return values;
  }

  template <typename... Arguments>
  cl_kernel kernel(const char* name, Arguments... arguments) const {
    cl_int status = 0;
    cl_kernel made = clCreateKernel(program, name, &status);
    check(status, name);
    cl_uint index = 0;
    (check(clSetKernelArg(made, index++, sizeof arguments, &arguments), "clSetKernelArg"), ...);
    return made;
  }

  void launch(cl_kernel kernel, cl_uint dimensions, std::size_t global, std::size_t local) const {
    const std::size_t sizes[] = {global, global};
    const std::size_t groups[] = {local, local};
    check(clEnqueueNDRangeKernel(commands, kernel, dimensions, nullptr, sizes, groups, 0, nullptr,
                                 nullptr),
          "clEnqueueNDRangeKernel");
    check(clFinish(commands), "clFinish");
  }
};

std::shared_ptr<const Queue> make_queue(cl_device_id device) {
  auto queue = std::make_shared<Queue>();
  cl_int status = 0;
  queue->context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &status);
  check(status, "clCreateContext");
  queue->commands = clCreateCommandQueue(queue->context, device, 0, &status);
  check(status, "clCreateCommandQueue");
  const char* source = kSource;
  queue->program = clCreateProgramWithSource(queue->context, 1, &source, nullptr, &status);
  check(status, "clCreateProgramWithSource");
  check(clBuildProgram(queue->program, 1, &device, "", nullptr, nullptr), "clBuildProgram");
  return queue;
}

}  // namespace

void add_opencl(const Input& input, std::vector<Contender>& contenders) {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  if (clGetPlatformIDs(1, &platform, nullptr) != CL_SUCCESS ||
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_CPU, 1, &device, nullptr) != CL_SUCCESS) {
    std::printf("SKIP: pocl: no OpenCL device for this processor\n");
    return;
  }
  const auto queue = make_queue(device);
  constexpr cl_int kCount = Input::kCount;
  constexpr cl_int kSide = Input::kSide;
  constexpr std::size_t kProduct = std::size_t{Input::kSide} * Input::kSide;
  const cl_mem a = queue->buffer(kCount, input.a.data());
  const cl_mem b = queue->buffer(kCount, input.b.data());
  const cl_mem c = queue->buffer(kCount);
  const cl_mem product = queue->buffer(kProduct);
  const cl_mem sums = queue->buffer(Input::kBlocks);

  contenders.push_back({"vector_add", "pocl",
                        [=, kernel = queue->kernel("vector_add", a, b, c, kCount)] {
                          queue->launch(kernel, 1, kCount, Input::kBlock);
                        },
                        [=] { return queue->download(c, kCount); }});
  contenders.push_back({"matrix_mul", "pocl",
                        [=, kernel = queue->kernel("matrix_mul", a, b, product, kSide)] {
                          queue->launch(kernel, 2, kSide, Input::kTile);
                        },
                        [=] { return queue->download(product, kProduct); }});
  contenders.push_back({"reduction", "pocl",
                        [=, kernel = queue->kernel("reduction", a, sums, kCount)] {
                          queue->launch(kernel, 1, std::size_t{Input::kBlocks} * Input::kBlock,
                                        Input::kBlock);
                        },
                        [=] {
                          const auto parts = queue->download(sums, Input::kBlocks);
                          return std::vector{std::accumulate(parts.begin(), parts.end(), 0.0f)};
                        }});
}

}  // namespace vgpu::benches
