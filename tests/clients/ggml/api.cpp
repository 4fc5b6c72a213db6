#include "api.h"

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace ggml {
namespace {

/// `libggml-base.so` has a fixed name; the other is libggml.so or, with npm,
/// libggml.cuda.vX.Y.Z.so.
std::vector<void*> open_libraries(const std::string& folder) {
  std::vector<std::filesystem::path> paths{folder + "/libggml-base.so"};
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("libggml.")) paths.push_back(entry.path());
  std::vector<void*> opened;
  for (const auto& path : paths) {
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    opened.push_back(library);
  }
  return opened;
}

template <class Function>
void find(const std::vector<void*>& libraries, const char* name, Function& function) {
  for (void* const library : libraries)
    if (void* const found = dlsym(library, name)) {
      function = reinterpret_cast<Function>(found);
      return;
    }
  throw std::runtime_error(std::string("this ggml has no ") + name);
}

}  // namespace

Api::Api(const std::string& folder) : folder_(folder) {
  const std::vector<void*> libraries = open_libraries(folder);
#define GGML_FUNCTION(result, name, parameters) find(libraries, #name, name);
#define GGML_UNARY(name, from, to) find(libraries, "ggml_" #name, ggml_##name);
#define GGML_GLU(name) find(libraries, "ggml_" #name, ggml_##name);
#include "api.def"
#include "glu.def"
#include "unary.def"
#undef GGML_FUNCTION
#undef GGML_UNARY
#undef GGML_GLU
}

}  // namespace ggml
