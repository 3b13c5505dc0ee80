#include "run/recipes.h"

#include <gtest/gtest.h>

#include "run/engine.h"
#include "run/plan.h"
#include "run/settings.h"
#include "run/synthetic_run.h"
#include "score/table_codec.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/count.h"
#include "space/summary.h"

namespace nasshrink::run {
namespace {

using base::Code;

v1::PlanOptions With(std::initializer_list<const char*> settings) {
  v1::PlanOptions options;
  for (const char* setting : settings) options.add_set(setting);
  return options;
}

// A preset that takes the setting, and a value for it.
std::pair<std::string, std::string> ShapedBy(const std::string& parameter) {
  if (parameter == "space.layers") return {"space=darts", "3"};
  if (parameter == "space.width_multiplier" || parameter == "space.depth_multiplier") {
    return {"space=mobilenet-proxyless-gpu", "0.5"};
  }
  return {"space=nas-bench-201", parameter == "space" ? "nas-bench-201" : "1"};
}

TEST(RecipesTest, IsAValidPlanForEveryListedParameter) {
  for (const RecipeInfo& recipe : Recipes()) {
    for (const char* tiny : {"tiny=0", "tiny=1"}) {
      const auto plan = PlanPreset(recipe.name, With({tiny}));
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      EXPECT_TRUE(ValidatePlan(*plan).ok()) << ValidatePlan(*plan).message();
    }
    for (const RecipeParameter& parameter : recipe.parameters) {
      const auto [space, value] = ShapedBy(parameter.name);
      const std::string setting = parameter.name + "=" + value;
      const auto plan = PlanPreset(recipe.name, With({space.c_str(), setting.c_str()}));
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

TEST(RecipesTest, PublishedAbsReadsAsItsTable) {
  const auto plan = PlanPreset("abs-spos", With({}));
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(space::Summarise(*space::SpaceFromMessage(plan->space())).children(), "221502229807900608");
  const v1::TrainOptions& first = plan->stages(0).train().options();
  EXPECT_EQ(first.epochs(), 100U);
  EXPECT_EQ(first.batch_size(), 512U);
  EXPECT_EQ(first.optimizer().learning_rate(), 0.25);
  EXPECT_EQ(first.optimizer().schedule(), "linear");
  EXPECT_EQ(first.optimizer().schedule_epochs(), 250U);
  EXPECT_EQ(first.optimizer().weight_decay_on(), "conv_and_linear");
  const v1::LoopStage& loop = plan->stages(1).loop();
  EXPECT_EQ(loop.until().children_at_most(), "1000000");
  EXPECT_EQ(loop.body(0).score().options().samples_per_operator(), 1000U);
  EXPECT_EQ(loop.body(1).shrink().rule().abs().drop(), 7U);
  EXPECT_EQ(loop.body(2).reset_base().after_dropped(), 50U);
  EXPECT_EQ(loop.body(3).train().options().epochs(), 5U);
  EXPECT_TRUE(loop.body(3).train().continue_schedule());
  EXPECT_TRUE(plan->stages(2).train().new_supernet());
  EXPECT_EQ(plan->stages(3).search().options().evolution().mutation_probability(), 0.5);
  EXPECT_EQ(plan->stages(4).retrain().top(), 2U);

  const auto fair = PlanPreset("abs-fairnas", With({}));
  EXPECT_EQ(fair->stages(1).loop().body(1).shrink().rule().per_choice().drop(), 1U);
  EXPECT_EQ(fair->stages(2).train().options().strategy(), "fair");
  const auto study = PlanPreset("abs-nas-bench-201", With({}));
  EXPECT_EQ(study->stages(2).shrink().rule().abs().drop(), 20U);
}

// Of P-DARTS's supernets and of its child.
void ExpectPdartsWeights(const v1::TrainOptions& options) {
  EXPECT_TRUE(options.flip());
  EXPECT_EQ(options.crop_padding(), 4U);
  const v1::Optimizer& optimizer = options.optimizer();
  EXPECT_EQ(optimizer.name(), "sgd");
  EXPECT_EQ(optimizer.learning_rate(), 0.025);
  EXPECT_EQ(optimizer.final_learning_rate(), 0);
  EXPECT_EQ(optimizer.schedule(), "cosine");
  EXPECT_EQ(optimizer.schedule_by(), "epoch");
  EXPECT_EQ(optimizer.momentum(), 0.9);
  EXPECT_EQ(optimizer.weight_decay(), 3e-4);
  EXPECT_EQ(optimizer.clip_norm(), 5);
}

void ExpectPdartsSupernet(const v1::TrainStage& stage) {
  const v1::TrainOptions& options = stage.options();
  ExpectPdartsWeights(options);
  EXPECT_EQ(options.epochs(), 25U);
  EXPECT_EQ(options.batch_size(), 96U);
  EXPECT_EQ(options.strategy(), "darts");
  EXPECT_LE(options.architecture().order(), 1U) << "first order, the default";
  EXPECT_EQ(options.architecture().frozen_epochs(), 10U);
  const v1::Optimizer& optimizer = options.architecture().optimizer();
  EXPECT_EQ(optimizer.name(), "adam");
  EXPECT_EQ(optimizer.learning_rate(), 6e-4);
  EXPECT_EQ(optimizer.beta1(), 0.5);
  EXPECT_EQ(optimizer.beta2(), 0.999);
  EXPECT_EQ(optimizer.weight_decay(), 1e-3);
  EXPECT_EQ(optimizer.clip_norm(), 5);
}

v1::RunPlan PdartsOnColours() {
  v1::PlanOptions options;
  options.mutable_dataset()->set_channels(3);
  const auto plan = PlanPreset("pdarts", options);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  return *plan;
}

TEST(RecipesTest, PdartsSearchesAsPublished) {
  const v1::RunPlan plan = PdartsOnColours();
  const auto space = space::SpaceFromMessage(plan.space());
  EXPECT_EQ(space->network.layers.size(), 1U + 5U + 2U);
  EXPECT_EQ(space->network.layers[0].out_channels, 3U * 16U);
  EXPECT_TRUE(CheckPlanFits(plan, *space).ok()) << CheckPlanFits(plan, *space).message();
  std::vector<double> dropout;
  std::vector<uint32_t> cells, drops;
  for (const v1::Stage& stage : plan.stages()) {
    if (stage.has_train()) {
      ExpectPdartsSupernet(stage.train());
      dropout.push_back(stage.train().options().architecture().skip_dropout());
    }
    if (stage.has_score()) {
      EXPECT_EQ(stage.score().options().metric(), "magnitude");
    }
    if (stage.has_deepen()) {
      cells.push_back(3 * stage.deepen().cells() + 2);
      EXPECT_FALSE(stage.deepen().inherit());
    }
    if (stage.has_shrink()) drops.push_back(stage.shrink().rule().per_choice().drop());
  }
  EXPECT_EQ(dropout, (std::vector<double>{0.0, 0.4, 0.7}));
  EXPECT_EQ(cells, (std::vector<uint32_t>{11, 17}));
  EXPECT_EQ(drops, (std::vector<uint32_t>{3, 2}));
}

TEST(RecipesTest, PdartsTrainsItsChildAsPublished) {
  const v1::RunPlan plan = PdartsOnColours();
  const v1::DeriveOptions& derive = plan.stages(plan.stages_size() - 3).derive().options();
  EXPECT_EQ(derive.rule(), "darts");
  EXPECT_EQ(derive.most_identities(), 2U);
  const v1::RetrainStage& retrain = plan.stages(plan.stages_size() - 2).retrain();
  ExpectPdartsWeights(retrain.options());
  EXPECT_EQ(3 * retrain.cells() + 2, 20U);
  EXPECT_EQ(retrain.options().epochs(), 600U);
  EXPECT_EQ(retrain.options().batch_size(), 128U);
  EXPECT_EQ(retrain.options().cutout(), 16U);
  EXPECT_EQ(retrain.options().drop_path(), 0.3);
  EXPECT_EQ(retrain.auxiliary_weight(), 0.4);
  EXPECT_TRUE(retrain.use_all_training_images());
}

// Sizes of the space after each shrinking in the plan's first two stages, of which the second is a loop; on back end
// "table" with these scalars.
std::vector<std::string> SizesOfLoop(v1::RunPlan plan, const space::Space& space, const score::FactorTable& table) {
  while (plan.stages_size() > 2) plan.mutable_stages()->RemoveLast();
  plan.mutable_supernet()->set_backend("table");
  v1::Truth* truth = plan.mutable_supernet()->mutable_truth();
  const space::Architecture child = space::NthChild(space, 0);
  truth->set_choices(static_cast<uint32_t>(child.size()));
  truth->mutable_candidates()->Add(child.begin(), child.end());
  truth->add_accuracy(50);
  score::TableToMessage(space, table, truth->mutable_table());
  truth->mutable_table()->clear_space();
  tests::ScratchFolder folder;
  RunRequest request;
  request.plan = std::move(plan);
  request.folder = folder / "run";
  const auto run = Run::Start(std::move(request));
  EXPECT_TRUE(run.ok()) << run.status().message();
  const base::Status ended = (*run)->Wait(-1);
  EXPECT_TRUE(ended.ok()) << ended.message();
  std::vector<std::string> sizes;
  const v1::RunResult result = *(*run)->Result();
  for (const v1::ShrinkStep& step : result.history()) sizes.push_back(step.children_after());
  return sizes;
}

// The published sizes 6^19, 5^19, 4^19, 3^19, 2^19: it stops there, though the paper's printed 10^5 would go on.
TEST(RecipesTest, AbsOnFairNasStopsAtTwoOperatorsALayer) {
  const auto plan = PlanPreset("abs-fairnas", With({}));
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const auto space = space::SpaceFromMessage(plan->space());
  score::FactorTable table;
  table.columns = {"dot", "current", "base"};
  table.fixed = {9, 10, 10};
  for (uint32_t choice = 0; choice < space->choices.size(); ++choice) {
    score::Factor& factor = table.factors.emplace_back();
    factor.choices = {choice};
    for (size_t candidate = 0; candidate < space->choices[choice].candidates.size(); ++candidate) {
      const double dot = 1 - 0.01 * static_cast<double>((candidate * 7 + choice) % 11);
      factor.rows.insert(factor.rows.end(), {dot, 1, 1});
    }
  }
  const auto sizes = SizesOfLoop(*plan, *space, table);
  EXPECT_EQ(sizes, (std::vector<std::string>{"19073486328125", "274877906944", "1162261467", "524288"}));
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
