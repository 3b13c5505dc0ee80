#include "nn/step_memory.h"

#include <gtest/gtest.h>

#include "nn/small_spaces.h"

namespace nasshrink::nn {
namespace {

TEST(StepMemory, OfASpaceBoundsItsChildren) {
  base::Philox random(4, base::Purpose::kSampleSpace);
  for (const NamedSpace& named : SmallSpaces()) {
    const auto plan = PlanNetwork(named.space, false);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const uint64_t most = StepFloats(*plan, 8);
    for (int i = 0; i < 20; ++i) {
      const space::Architecture child = RandomChild(named.space, random);
      EXPECT_LE(StepFloats(CompileProgram(*plan, {child}), 8), most)
          << named.name << ": " << space::CodesOf(named.space, child);
    }
  }
}

TEST(StepMemory, GrowsWithTheBatch) {
  const auto plan = PlanNetwork(SmallPreset("fairnas"), false);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(StepFloats(*plan, 16), 2 * StepFloats(*plan, 8));
}

}  // namespace
}  // namespace nasshrink::nn
