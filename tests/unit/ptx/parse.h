#pragma once

#include <string>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::ptx::test {

/// What every module starts with; it is one line, so bodies begin on line 2 or later.
inline const std::string kHeader = ".version 7.5 .target sm_75 .address_size 64\n";

/// A module of `text` behind the header.
inline Module module_of(const std::string& text) { return parse_module(kHeader + text); }

/// A module, and the one function in it that has a body, parsed.
struct Parsed {
  explicit Parsed(const std::string& text) : module(module_of(text)) {
    for (Function& f : module.functions) {
      parse_body(module, f);
      if (!f.external) function = &f;
    }
  }
  const Instruction& at(std::size_t n) const { return function->body.at(n); }

  Module module;
  const Function* function = nullptr;
};

/// Registers of every kind, for bodies that only show one instruction.
inline const std::string kRegisters =
    ".reg .pred %p<4>; .reg .b16 %h<8>; .reg .b32 %r<8>; .reg .b64 %rd<8>; .reg .f32 %f<8>;"
    ".reg .f64 %fd<8>; .reg .u32 %u<4>; .reg .s64 %sd<4>;\n";

/// The function `f` with `body` behind kRegisters: its first line is line 3.
inline std::string kernel(const std::string& body) {
  return ".entry f(.param .u64 a) {" + kRegisters + body + "\n}";
}

/// What goes wrong in `text`, or "" when nothing does.
inline std::string error_of(const std::string& text) {
  try {
    Module module = parse_module(text);
    for (Function& f : module.functions) parse_body(module, f);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace vgpu::ptx::test
