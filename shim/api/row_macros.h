#pragma once

/// What a reader of cuda.def needs to make declarations and calls out of a row's parameter list
/// `((role, type, name), (role, type, name, size), ...)`.

#define CU_EXPAND1(...) CU_EXPAND2(CU_EXPAND2(CU_EXPAND2(__VA_ARGS__)))
#define CU_EXPAND2(...) CU_EXPAND3(CU_EXPAND3(CU_EXPAND3(__VA_ARGS__)))
#define CU_EXPAND3(...) __VA_ARGS__
#define CU_PARENS ()

// m(x) for each x, separated by commas; at most sixteen, which no entry point exceeds.
#define CU_EACH(m, ...) __VA_OPT__(CU_EXPAND1(CU_EACH_STEP(m, __VA_ARGS__)))
#define CU_EACH_STEP(m, x, ...) m x __VA_OPT__(, CU_EACH_AGAIN CU_PARENS(m, __VA_ARGS__))
#define CU_EACH_AGAIN() CU_EACH_STEP

#define CU_DECLARE(role, type, name, ...) type name
#define CU_PASS(role, type, name, ...) name
#define CU_UNPACK(...) __VA_ARGS__

/// `type name, type name`: what stands in a declaration's parentheses.
#define CU_DECLARATIONS(params) CU_EACH(CU_DECLARE, CU_UNPACK params)
/// `name, name`: what stands in a call's parentheses.
#define CU_NAMES(params) CU_EACH(CU_PASS, CU_UNPACK params)
