// Derivatives of a network's loss by differences, in double: what the backward pass is held against.
#ifndef NASSHRINK_TESTS_NN_DIFFERENCES_H_
#define NASSHRINK_TESTS_NN_DIFFERENCES_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "nn/pass.h"

namespace nasshrink::nn {

inline std::vector<double> Normals(size_t count, uint64_t seed) {
  base::Philox random(seed, base::Purpose::kSynthetic);
  std::vector<double> values(count);
  for (double& value : values) value = random.Normal();
  return values;
}

// A network with random weights, whose loss is a fixed random projection of the logits.
class Differences {
 public:
  static constexpr int64_t kImages = 3;

  Differences(const NetworkPlan& plan, const Program& program) : plan_(plan), program_(program) {
    Weights initial;
    EXPECT_TRUE(Initialise(plan.layout, "kaiming_uniform", 3, &initial).ok());
    weights_.assign(initial.current.begin(), initial.current.end());
    const std::vector<double> noise = Normals(weights_.size(), 5);
    for (const Parameter& parameter : plan.layout.parameters) {
      if (parameter.kind == ParameterKind::kConv || parameter.kind == ParameterKind::kLinear) continue;
      for (size_t i = 0; i < parameter.size; ++i) weights_[parameter.offset + i] += 0.3 * noise[parameter.offset + i];
    }
    const space::Shape& shape = plan.shapes[0];
    images_ = Normals(static_cast<size_t>(kImages) * shape.channels * shape.height * shape.width, 6);
    projection_ = Normals(static_cast<size_t>(kImages) * plan.space.network.classes, 7);
  }

  std::vector<double> gates;
  std::vector<double> feature_scale;
  std::vector<double> image_scales;

  double Loss() {
    Pass<double> pass(plan_, program_, weights_.data(), pool_, false);
    pass.SetFeatureScale(feature_scale.empty() ? nullptr : feature_scale.data());
    pass.SetImageScales(image_scales.data());
    const std::vector<double>& logits = pass.Forward(images_.data(), kImages, nullptr, gates.data());
    double loss = 0;
    for (size_t i = 0; i < logits.size(); ++i) loss += projection_[i] * logits[i];
    return loss;
  }
  void Backward() {
    Pass<double> pass(plan_, program_, weights_.data(), pool_, true);
    pass.SetFeatureScale(feature_scale.empty() ? nullptr : feature_scale.data());
    pass.SetImageScales(image_scales.data());
    pass.Forward(images_.data(), kImages, nullptr, gates.data());
    gradients.assign(weights_.size(), 0.0);
    gate_gradients.assign(gates.size(), 0.0);
    pass.Backward(projection_.data(), gradients.data(), gate_gradients.data());
  }
  // All parameters of the program along one random direction, to which each contributes alike. Where that does not
  // agree, one parameter after the other, so that the failure has a name.
  void CheckParameters() {
    std::vector<double> direction(weights_.size(), 0.0);
    for (const uint32_t index : program_.parameters) {
      const Parameter& parameter = plan_.layout.parameters[index];
      const std::vector<double> own = Normals(parameter.size, parameter.offset + 11);
      double square = 0;
      for (size_t i = 0; i < parameter.size; ++i) {
        square += gradients[parameter.offset + i] * gradients[parameter.offset + i];
      }
      for (size_t i = 0; i < parameter.size; ++i) {
        direction[parameter.offset + i] = own[i] / (1e-3 + std::sqrt(square));
      }
    }
    if (Agrees(&weights_, gradients, direction)) return;
    for (const uint32_t index : program_.parameters) {
      const Parameter& parameter = plan_.layout.parameters[index];
      const std::vector<double> own = Normals(parameter.size, parameter.offset + 11);
      std::fill(direction.begin(), direction.end(), 0.0);
      std::copy(own.begin(), own.end(), direction.begin() + static_cast<ptrdiff_t>(parameter.offset));
      EXPECT_TRUE(Agrees(&weights_, gradients, direction)) << parameter.name;
    }
  }
  void CheckGates() {
    if (Agrees(&gates, gate_gradients, Normals(gates.size(), 13))) return;
    for (size_t gate = 0; gate < gates.size(); ++gate) {
      std::vector<double> direction(gates.size(), 0.0);
      direction[gate] = 1;
      EXPECT_TRUE(Agrees(&gates, gate_gradients, direction)) << "gate " << gate;
    }
  }

  std::vector<double> gradients;
  std::vector<double> gate_gradients;

 private:
  // A corner of an activation or pool inside the step spoils a difference; a wrong gradient agrees with none.
  bool Agrees(std::vector<double>* values, const std::vector<double>& gradient, const std::vector<double>& direction) {
    double expected = 0;
    for (size_t i = 0; i < gradient.size(); ++i) expected += gradient[i] * direction[i];
    const std::vector<double> before = *values;
    const auto loss = [&](double step) {
      for (size_t i = 0; i < before.size(); ++i) (*values)[i] = before[i] + step * direction[i];
      return Loss();
    };
    bool agrees = false;
    for (const double step : {1e-6, 1e-7, 1e-5, 1e-8}) {
      const double difference = (loss(step) - loss(-step)) / (2 * step);
      agrees = std::abs(difference - expected) < 1e-5 * (1 + std::abs(expected));
      if (agrees) break;
    }
    *values = before;
    return agrees;
  }

  const NetworkPlan& plan_;
  const Program& program_;
  BufferPool pool_;
  std::vector<double> weights_, images_, projection_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_DIFFERENCES_H_
