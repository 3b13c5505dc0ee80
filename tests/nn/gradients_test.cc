// Gradients of every family of spaces against differences of the loss, in double.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <vector>

#include "nn/differences.h"
#include "nn/small_spaces.h"

namespace nasshrink::nn {
namespace {

void CheckChild(const space::Space& space, bool stand_alone, const std::vector<space::Architecture>& cells) {
  const auto plan = PlanNetwork(space, stand_alone);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const Program program = CompileProgram(*plan, cells);
  const c10::InferenceMode inference;
  Differences differences(*plan, program);
  differences.Backward();
  differences.CheckParameters();
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

TEST(Gradients, AgreeWithDifferencesWhenFeaturesAreScaled) {
  at::set_num_threads(1);
  base::Philox random(2, base::Purpose::kSampleSpace);
  const space::Space space = SmallSpaces().front().space;
  const auto supernet = PlanNetwork(space, false);
  const space::Architecture child = RandomChild(space, random);
  const Program program = CompileProgram(*supernet, {child});
  const c10::InferenceMode inference;
  Differences differences(*supernet, program);
  differences.feature_scale.assign(static_cast<size_t>(Differences::kImages * program.classifier.in), 0.0);
  for (size_t i = 0; i < differences.feature_scale.size(); ++i) differences.feature_scale[i] = i % 3 == 0 ? 0 : 1.5;
  differences.Backward();
  differences.CheckParameters();
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
