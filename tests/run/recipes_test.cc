#include "run/recipes.h"

#include <gtest/gtest.h>

#include "run/plan.h"
#include "run/settings.h"
#include "run/synthetic_run.h"
#include "space/codec.h"
#include "space/count.h"

namespace nasshrink::run {
namespace {

using base::Code;

v1::PlanOptions With(std::initializer_list<const char*> settings) {
  v1::PlanOptions options;
  for (const char* setting : settings) options.add_set(setting);
  return options;
}

TEST(RecipesTest, AbsIsAValidPlanForEveryListedParameter) {
  for (const RecipeInfo& recipe : Recipes()) {
    for (const char* tiny : {"tiny=0", "tiny=1"}) {
      const auto plan = PlanPreset(recipe.name, With({tiny}));
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      EXPECT_TRUE(ValidatePlan(*plan).ok()) << ValidatePlan(*plan).message();
    }
    for (const RecipeParameter& parameter : recipe.parameters) {
      const std::string setting = parameter.name + (parameter.name == "space" ? "=nas-bench-201" : "=1");
      const auto plan = PlanPreset(recipe.name, With({setting.c_str()}));
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      EXPECT_TRUE(ValidatePlan(*plan).ok()) << setting << ": " << ValidatePlan(*plan).message();
    }
  }
}

TEST(RecipesTest, SpaceFollowsTheDataSet) {
  v1::PlanOptions options = With({"space.channels=4", "space.cells=2"});
  options.mutable_dataset()->set_channels(1);
  options.mutable_dataset()->set_height(28);
  options.mutable_dataset()->set_width(28);
  options.mutable_dataset()->set_classes(7);
  const auto plan = PlanPreset("abs", options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const v1::Network& network = plan->space().network();
  EXPECT_EQ(network.input_channels(), 1U);
  EXPECT_EQ(network.input_height(), 28U);
  EXPECT_EQ(network.input_width(), 28U);
  EXPECT_EQ(network.classes(), 7U);
  EXPECT_EQ(network.layers(0).out_channels(), 4U);
  EXPECT_FALSE(plan->stages(0).train().options().flip());
  options.mutable_dataset()->set_channels(3);
  EXPECT_TRUE(PlanPreset("abs", options)->stages(0).train().options().flip());
}

TEST(RecipesTest, SpaceAsAMessageIsTakenAsItIs) {
  v1::PlanOptions options = With({"epochs=7"});
  space::SpaceToMessage(tests::SmallSpace(), options.mutable_space());
  const auto plan = PlanPreset("abs", options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->space().SerializeAsString(), options.space().SerializeAsString());
  options.add_set("space.cells=2");
  EXPECT_EQ(PlanPreset("abs", options).status().code(), Code::kInvalidArgument);
}

TEST(RecipesTest, SettingsReachTheStages) {
  const auto plan = PlanPreset(
      "abs", With({"epochs=9", "batch_size=32", "drop=3", "trials=12", "seed=5", "stages[0].train.options.flip=true",
                   "stages[search].search.options.evaluate.re_bn.average=OFF",
                   "stages[shrink].loop.body[0].score.options.angle.disconnected=FIXED_ONLY",
                   "stages[search].search.options.metrics=angle,accuracy"}));
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->seed(), 5U);
  EXPECT_EQ(plan->stages(0).train().options().epochs(), 9U);
  EXPECT_TRUE(plan->stages(0).train().options().flip());
  EXPECT_EQ(plan->stages(1).loop().body(2).train().options().batch_size(), 32U);
  EXPECT_EQ(plan->stages(1).loop().body(1).shrink().rule().abs().drop(), 3U);
  EXPECT_EQ(plan->stages(1).loop().body(0).score().options().angle().disconnected(),
            v1::AngleOptions::DISCONNECTED_FIXED_ONLY);
  const v1::SearchOptions& search = plan->stages(2).search().options();
  EXPECT_EQ(search.trials(), 12U);
  EXPECT_EQ(search.evaluate().re_bn().average(), v1::ReBatchNorm::AVERAGE_OFF);
  ASSERT_EQ(search.metrics_size(), 2);
  EXPECT_EQ(search.metrics(0), "angle");
  EXPECT_EQ(plan->stages(3).retrain().options().batch_size(), 32U);
}

TEST(RecipesTest, SettingsReachWhatTrainingLeavesOut) {
  const auto plan = PlanPreset("abs", With({"stages[retrain].retrain.options.drop_path=0.2",
                                            "stages[train].train.options.architecture.skip_dropout=0.4"}));
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->stages(3).retrain().options().drop_path(), 0.2);
  EXPECT_EQ(plan->stages(0).train().options().architecture().skip_dropout(), 0.4);
}

TEST(RecipesTest, ScheduleIsAsLongAsTheTrainingUnlessSet) {
  const auto schedule = [](std::initializer_list<const char*> settings) {
    const auto plan = PlanPreset("abs", With(settings));
    EXPECT_TRUE(plan.ok() && ValidatePlan(*plan).ok()) << plan.status().message();
    return std::pair(plan->stages(0).train().options().optimizer().schedule_epochs(),
                     plan->stages(1).loop().body(2).train().options().optimizer().schedule_epochs());
  };
  EXPECT_EQ(schedule({}), std::pair(6U, 6U));
  EXPECT_EQ(schedule({"tiny=1"}), std::pair(4U, 4U));
  EXPECT_EQ(schedule({"epochs=40"}), std::pair(43U, 43U));
  EXPECT_EQ(schedule({"epochs=40", "stage_epochs=10"}), std::pair(70U, 70U));
  EXPECT_EQ(schedule({"schedule_epochs=50", "epochs=40"}), std::pair(50U, 50U));
  EXPECT_EQ(schedule({"stages[0].train.options.optimizer.schedule_epochs=50", "epochs=40"}), std::pair(50U, 43U));
  EXPECT_EQ(schedule({"epochs=1000000"}), std::pair(1000000U, 1000000U));
}

TEST(RecipesTest, BadSettingsNameWhatIsKnown) {
  const auto message = [](const char* setting) {
    const auto plan = PlanPreset("abs", With({setting}));
    EXPECT_EQ(plan.status().code(), Code::kInvalidArgument) << setting;
    return plan.status().message();
  };
  EXPECT_NE(message("epoch=1").find("stage_epochs"), std::string::npos);
  EXPECT_NE(message("epochs").find("PATH=VALUE"), std::string::npos);
  EXPECT_NE(message("epochs=-1").find("'-1'"), std::string::npos);
  EXPECT_NE(message("stages[9].train.options.epochs=1").find("stages[train]"), std::string::npos);
  EXPECT_NE(message("stages[0].train.options.learning=1").find("batch_size"), std::string::npos);
  EXPECT_NE(message("stages[0].score.options.metric=angle").find("another kind"), std::string::npos);
  EXPECT_NE(message("stages[0].train.options.flip=maybe").find("false"), std::string::npos);
  EXPECT_NE(message("stages[0].train.options.optimizer.momentum=nan").find("finite"), std::string::npos);
  EXPECT_NE(message("stages[0].train.options.epochs.x=1").find("single value"), std::string::npos);
  EXPECT_NE(message("stages[2].search.options.evaluate.re_bn.average.x=OFF").find("single value"), std::string::npos);
  EXPECT_NE(message("stages[2].search.options.metrics[1]=angle").find("single value"), std::string::npos);
  EXPECT_NE(message("tiny=2").find("0..1"), std::string::npos);
  EXPECT_EQ(PlanPreset("abs", With({"space=moon"})).status().code(), Code::kNotFound);
  const base::Status unknown = PlanPreset("bas", With({})).status();
  EXPECT_EQ(unknown.code(), Code::kNotFound);
  EXPECT_NE(unknown.message().find("abs"), std::string::npos);
}

TEST(SettingsTest, FieldOfAnErrorIsTheWholePath) {
  v1::RunPlan plan = tests::SmallPlan(1);
  EXPECT_EQ(ApplySetting("stages[0].train.options.optimizer.momentum", "x", &plan).details().field,
            "stages[0].train.options.optimizer.momentum");
  EXPECT_EQ(ApplySetting("stages[0].train.options.speed", "1", &plan).details().field, "stages[0].train.options.speed");
  EXPECT_EQ(ApplySetting("stages[0]", "1", &plan).details().field, "stages[0]");
  EXPECT_EQ(ApplySetting("supernet", "1", &plan).details().field, "supernet");
}

}  // namespace
}  // namespace nasshrink::run
