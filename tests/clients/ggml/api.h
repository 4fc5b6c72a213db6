#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// ggml as a program sees it that loads it at run time.
namespace ggml {

// ggml's own, behind pointers.
struct Context;
struct Tensor;
struct CGraph;
struct Device;
struct Registry;
struct Backend;
struct Buffer;

struct InitParams {
  std::size_t memory_size;
  void* memory;
  bool no_allocation;  ///< of the tensors' data
};

using LogCallback = void (*)(int level, const char* text, void* user);

struct TypeTraits {
  const char* name;
  std::int64_t block_size;
  std::int64_t block_size_interleave;
  std::size_t type_size;
  bool is_quantized;
  void (*to_float)(const void*, float*, std::int64_t);
  void (*from_float)(const float*, void*, std::int64_t);
};

/// Source: enum ggml_type.
enum Type : int {
  F32 = 0,
  F16 = 1,
  Q4_0 = 2,
  Q4_1 = 3,
  Q5_0 = 6,
  Q5_1 = 7,
  Q8_0 = 8,
  Q2_K = 10,
  Q3_K = 11,
  Q4_K = 12,
  Q5_K = 13,
  Q6_K = 14,
  IQ2_XXS = 16,
  IQ2_XS = 17,
  IQ3_XXS = 18,
  IQ1_S = 19,
  IQ4_NL = 20,
  IQ3_S = 21,
  IQ2_S = 22,
  IQ4_XS = 23,
  I32 = 26,
  I64 = 27,
  IQ1_M = 29,
  BF16 = 30,
  MXFP4 = 39,
};

/// The functions, found by name in the libraries of one folder.
class Api {
 public:
  /// Loads libggml-base and libggml of `folder`; backends are loaded by load_backends.
  /// Errors: std::runtime_error
  explicit Api(const std::string& folder);
  void load_backends() const { ggml_backend_load_all_from_path(folder_.c_str()); }

#define GGML_FUNCTION(result, name, parameters) result(*name) parameters = nullptr;
#define GGML_UNARY(name, from, to) Tensor* (*ggml_##name)(Context*, Tensor*) = nullptr;
#define GGML_GLU(name) Tensor* (*ggml_##name)(Context*, Tensor*) = nullptr;
#include "api.def"
#include "glu.def"
#include "unary.def"
#undef GGML_FUNCTION
#undef GGML_UNARY
#undef GGML_GLU

 private:
  std::string folder_;
};

}  // namespace ggml
