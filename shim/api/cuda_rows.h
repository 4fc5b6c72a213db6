// Reads cuda.def with the row macros that the includer defined; those that it did not define expand
// to nothing. No include guard: each reader includes it anew.
#ifndef CU_CALL
#define CU_CALL(base, since, symbol, params)
#endif
#ifndef CU_TWIN
#define CU_TWIN(base, since, symbol, pt_since, suffix, params)
#endif
#ifndef CU_FRONT
#define CU_FRONT(base, since, symbol, params)
#endif
#ifndef CU_ALIAS
#define CU_ALIAS(base, since, symbol, target)
#endif
#ifndef CU_NAME
#define CU_NAME(base, since, flavour, symbol)
#endif
#ifndef CU_EXPORT
#define CU_EXPORT(symbol)
#endif
#ifndef CU_DATA
#define CU_DATA(symbol, bytes)
#endif

#include "shim/api/cuda.def"

#undef CU_CALL
#undef CU_TWIN
#undef CU_FRONT
#undef CU_ALIAS
#undef CU_NAME
#undef CU_EXPORT
#undef CU_DATA
