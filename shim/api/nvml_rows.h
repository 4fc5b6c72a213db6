// Reads nvml.def with the row macros that the includer defined; those that it did not define expand
// to nothing. No include guard: each reader includes it anew.
#ifndef NVML_CALL
#define NVML_CALL(symbol, params)
#endif
#ifndef NVML_ALWAYS
#define NVML_ALWAYS(symbol, params)
#endif
#ifndef NVML_ALIAS
#define NVML_ALIAS(symbol, target)
#endif
#ifndef NVML_TEXT
#define NVML_TEXT(symbol, params)
#endif
#ifndef NVML_NAME
#define NVML_NAME(symbol)
#endif

#include "shim/api/nvml.def"

#undef NVML_CALL
#undef NVML_ALWAYS
#undef NVML_ALIAS
#undef NVML_TEXT
#undef NVML_NAME
