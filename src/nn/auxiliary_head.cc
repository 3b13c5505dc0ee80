#include "nn/auxiliary_head.h"

#include <algorithm>

namespace nasshrink::nn {
namespace {

using space::InScope;
using space::Tensor;

constexpr std::string_view kName = "auxiliary_head";
constexpr uint32_t kMiddleChannels = 128;
constexpr uint32_t kFeatures = 768;

// The published pools are 5x5 with stride 3 on 8x8 pixels (CIFAR) and with stride 2 on 7x7 (ImageNet): windows in the
// four corners. Five eighths of the side, rounded up, is 5 for both and scales to other sizes (our decision).
uint32_t CornerSide(const space::Shape& shape) { return (5 * std::min(shape.height, shape.width) + 7) / 8; }

Tensor ConvolvedAndRectified(const char* convolution, const char* norm, const Tensor& in, const space::Shape& out,
                             uint32_t kernel, NamedBuilder* builder) {
  space::Window window;
  window.kernel = kernel;
  const Tensor made = builder->Normalise(norm, builder->Convolve(convolution, in, out, window), space::Affine::kAlways);
  return builder->Activate(made, space::Function::kRelu);
}

}  // namespace

Tensor BuildAuxiliaryHead(const Tensor& in, uint32_t classes, NamedBuilder* builder) {
  const InScope scope(builder, kName);
  Tensor made = builder->Activate(in, space::Function::kRelu);
  made = builder->CornerMeans(made, CornerSide(in.shape));
  {
    const InScope features(builder, "features");
    made = ConvolvedAndRectified("2", "3", made, {kMiddleChannels, 2, 2}, 1, builder);
    made = ConvolvedAndRectified("5", "6", made, {kFeatures, 1, 1}, 2, builder);
  }
  return builder->Linear("classifier", made, {classes, 1, 1}, true);
}

bool IsOfAuxiliaryHead(std::string_view tensor) {
  return tensor.size() > kName.size() && tensor.substr(0, kName.size()) == kName && tensor[kName.size()] == '.';
}

}  // namespace nasshrink::nn
