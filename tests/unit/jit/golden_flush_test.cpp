#include <doctest/doctest.h>

#include "shim/cpu/jit/lower_flush.h"
#include "tests/unit/jit/golden_reference.h"

namespace vgpu::golden {

namespace {

bool may_flush(const std::string& text, const std::string& outs, const std::string& ins) {
  Form form;
  form.text = text;
  form.outs = outs;
  form.ins = ins;
  ptx::Module module = ptx::parse_module(module_of(form));
  ptx::Function& function = *module.find_function("k");
  ptx::parse_body(module, function);
  return jit::may_flush_by_mode(function.body);
}

constexpr const char* kFlushed = "add.ftz.f32 %o0, %i0, %i0; ";

}  // namespace

TEST_CASE("flush: a kernel of .ftz instructions may flush by the processor's mode") {
  CHECK(may_flush(kFlushed, "f", "f"));
  CHECK(may_flush(std::string(kFlushed) + "cvt.rn.f16.f32 %o1, %i0;", "fH", "f"));
  CHECK(may_flush(std::string(kFlushed) + "cvt.f32.f16 %o0, %i1;", "f", "fH"));
  CHECK(may_flush(std::string(kFlushed) + "cvt.rn.f32.s32 %o0, %i0;", "f", "f"));
  CHECK(may_flush(std::string(kFlushed) + "mul.f16x2 %o0, %i0, %i0;", "f", "f"));
  CHECK(may_flush(std::string(kFlushed) + "tanh.approx.f32 %o0, %i0;", "f", "f"));
}

TEST_CASE("flush: what subnormals change, and does not flush, forbids the mode") {
  CHECK_FALSE(may_flush(std::string(kFlushed) + "mul.f32 %o0, %i0, %i0;", "f", "f"));
  CHECK_FALSE(may_flush(std::string(kFlushed) + "setp.lt.f32 %o1, %i0, 0f00000000;", "fp", "f"));
  CHECK_FALSE(may_flush(std::string(kFlushed) + "add.f64 %o1, %i1, %i1;", "fF", "fF"));
  CHECK_FALSE(may_flush(std::string(kFlushed) + "fma.rn.bf16 %o1, %i1, %i1, %i1;", "fB", "fB"));
  CHECK_FALSE(may_flush(std::string(kFlushed) + "cvt.f64.f32 %o1, %i0;", "fF", "f"));
  CHECK_FALSE(may_flush(std::string(kFlushed) + "cvt.rpi.s32.f32 %o0, %i0;", "f", "f"));
}

TEST_CASE("flush: without any .ftz there is nothing to gain") {
  CHECK_FALSE(may_flush("add.s32 %o0, %i0, %i0;", "w", "w"));
}

}  // namespace vgpu::golden
