// Gradients of every family of spaces against differences of the loss, in double.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "nn/pass.h"
#include "nn/small_spaces.h"

namespace nasshrink::nn {
namespace {

constexpr int64_t kImages = 4;

std::vector<double> Normals(size_t count, uint64_t seed) {
  base::Philox random(seed, base::Purpose::kSynthetic);
  std::vector<double> values(count);
  for (double& value : values) value = random.Normal();
  return values;
}

double Allowed(double expected) { return 1e-5 + 1e-5 * std::abs(expected); }

// A network with random weights, whose loss is a fixed random projection of the logits.
class Differences {
 public:
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

  double Loss() {
    Pass<double> pass(plan_, program_, weights_.data(), pool_, false);
    const std::vector<double>& logits = pass.Forward(images_.data(), kImages, nullptr, gates.data());
    double loss = 0;
    for (size_t i = 0; i < logits.size(); ++i) loss += projection_[i] * logits[i];
    return loss;
  }
  void Backward() {
    Pass<double> pass(plan_, program_, weights_.data(), pool_, true);
    pass.Forward(images_.data(), kImages, nullptr, gates.data());
    gradients.assign(weights_.size(), 0.0);
    gate_gradients.assign(gates.size(), 0.0);
    pass.Backward(projection_.data(), gradients.data(), gate_gradients.data());
  }
  // Along one random direction of the parameter.
  void Check(const Parameter& parameter) {
    const std::vector<double> direction = Normals(parameter.size, parameter.offset + 11);
    double expected = 0;
    for (size_t i = 0; i < parameter.size; ++i) expected += gradients[parameter.offset + i] * direction[i];
    const auto at = [&](double step) {
      for (size_t i = 0; i < parameter.size; ++i) weights_[parameter.offset + i] += step * direction[i];
      const double loss = Loss();
      for (size_t i = 0; i < parameter.size; ++i) weights_[parameter.offset + i] -= step * direction[i];
      return loss;
    };
    // A corner of an activation or pool inside the step spoils a difference; a wrong gradient agrees with none.
    double closest = 0;
    for (const double step : {1e-6, 1e-7, 1e-5, 1e-8}) {
      const double difference = (at(step) - at(-step)) / (2 * step);
      if (step == 1e-6 || std::abs(difference - expected) < std::abs(closest - expected)) closest = difference;
      if (std::abs(closest - expected) < Allowed(expected)) break;
    }
    EXPECT_NEAR(closest, expected, Allowed(expected)) << parameter.name;
  }

  std::vector<double> gradients;
  std::vector<double> gate_gradients;

 private:
  const NetworkPlan& plan_;
  const Program& program_;
  BufferPool pool_;
  std::vector<double> weights_, images_, projection_;
};

void CheckChild(const space::Space& space, bool stand_alone, const std::vector<space::Architecture>& cells) {
  const auto plan = PlanNetwork(space, stand_alone);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const Program program = CompileProgram(*plan, cells);
  const c10::InferenceMode inference;
  Differences differences(*plan, program);
  differences.Backward();
  for (const uint32_t index : program.parameters) differences.Check(plan->layout.parameters[index]);
}

TEST(Gradients, AgreeWithDifferencesInEverySpace) {
  at::set_num_threads(1);
  base::Philox random(1, base::Purpose::kSampleSpace);
  for (const NamedSpace& named : SmallSpaces()) {
    const space::Architecture child = RandomChild(named.space, random);
    SCOPED_TRACE(named.name + ": " + space::CodesOf(named.space, child));
    CheckChild(named.space, false, {child});
  }
}

TEST(Gradients, AgreeWithDifferencesForEveryOperatorOfTheGraphSpace) {
  at::set_num_threads(1);
  const space::Space space = SmallGraphs();
  for (const uint32_t second : space.choices[1].alive) {
    const space::Architecture child = {second < 6 ? second : 0, second};
    SCOPED_TRACE(space::CodesOf(space, child));
    CheckChild(space, false, {child});
  }
}

}  // namespace
}  // namespace nasshrink::nn
