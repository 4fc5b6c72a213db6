// Convolutions and pooling.
#include "cases.h"

namespace ggml {
namespace {

struct Window {
  int stride, padding, dilation;
};
constexpr Window kWindows[] = {{1, 0, 1}, {1, 1, 1}, {2, 1, 1}, {1, 2, 2}, {3, 2, 1}};

std::string text_of(const Window& w) {
  return "/s" + std::to_string(w.stride) + "p" + std::to_string(w.padding) + "d" +
         std::to_string(w.dilation);
}

}  // namespace

void add_convolution_cases(const Api& api, Cases& cases) {
  for (const Type kernel : {F32, F16})
    for (const Window& w : kWindows) {
      const std::string end = std::string("/") + api.ggml_type_name(kernel) + text_of(w);
      cases.push_back({"im2col" + end, kClose, [=](Builder& b) {
                         b.output = kernel;
                         Tensor* const k = b.input(F16, {3, 3, 4, 6});
                         return b.api.ggml_im2col(b.context, k, b.input({17, 12, 4, 2}), w.stride,
                                                  w.stride, w.padding, w.padding, w.dilation,
                                                  w.dilation, true, kernel);
                       }});
      cases.push_back({"conv_2d" + end, kLowPrecision, [=](Builder& b) {
                         Tensor* const k = b.input(kernel, {3, 3, 4, 6});
                         return b.api.ggml_conv_2d(b.context, k, b.input({17, 12, 4, 2}), w.stride,
                                                   w.stride, w.padding, w.padding, w.dilation,
                                                   w.dilation);
                       }});
      cases.push_back({"conv_2d_direct" + end, kLowPrecision, [=](Builder& b) {
                         Tensor* const k = b.input(kernel, {3, 3, 4, 6});
                         return b.api.ggml_conv_2d_direct(b.context, k, b.input({17, 12, 4, 2}),
                                                          w.stride, w.stride, w.padding, w.padding,
                                                          w.dilation, w.dilation);
                       }});
      cases.push_back({"conv_2d_dw_direct" + end, kLowPrecision, [=](Builder& b) {
                         Tensor* const k = b.input(kernel, {3, 3, 1, 8});
                         return b.api.ggml_conv_2d_dw_direct(b.context, k, b.input({17, 12, 8, 2}),
                                                             w.stride, w.stride, w.padding,
                                                             w.padding, w.dilation, w.dilation);
                       }});
    }
  cases.push_back({"conv_1d", kLowPrecision, [](Builder& b) {
                     Tensor* const k = b.input(F16, {3, 16, 8});
                     return b.api.ggml_conv_1d(b.context, k, b.input({50, 16}), 1, 1, 1);
                   }});
  for (const int stride : {1, 2, 3})
    cases.push_back(
        {"conv_transpose_1d/s" + std::to_string(stride), kLowPrecision, [stride](Builder& b) {
           Tensor* const k = b.input({3, 8, 16});
           return b.api.ggml_conv_transpose_1d(b.context, k, b.input({20, 16}), stride, 0, 1);
         }});
  for (const int stride : {1, 2})
    cases.push_back(
        {"conv_transpose_2d/s" + std::to_string(stride), kLowPrecision, [stride](Builder& b) {
           Tensor* const k = b.input(F16, {3, 3, 5, 8});
           return b.api.ggml_conv_transpose_2d_p0(b.context, k, b.input({10, 9, 8, 1}), stride);
         }});
  for (const int operation : {0, 1}) {
    const std::string name = operation == 0 ? "max" : "average";
    cases.push_back({"pool_2d/" + name, kRounded, [operation](Builder& b) {
                       return b.api.ggml_pool_2d(b.context, b.input({20, 17, 3, 2}), operation, 3,
                                                 2, 2, 2, 1, 1);
                     }});
    cases.push_back(
        {"pool_1d/" + name, kRounded, [operation](Builder& b) {
           return b.api.ggml_pool_1d(b.context, b.input({20, 17, 3}), operation, 3, 3, 0);
         }});
  }
}

}  // namespace ggml
