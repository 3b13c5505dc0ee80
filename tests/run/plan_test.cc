#include "run/plan.h"

#include <gtest/gtest.h>

#include "run/published_plans.h"
#include "run/synthetic_run.h"
#include "space/presets.h"

namespace nasshrink::run {
namespace {

using base::Code;

TEST(PlanTest, StageListHoldsThePublishedSystems) {
  for (const v1::RunPlan& plan : {tests::AbsPlan(), tests::PadNasPlan(), tests::SeNasPlan(), tests::AutoSpacePlan()}) {
    v1::RunPlan again;
    ASSERT_TRUE(again.ParseFromString(plan.SerializeAsString())) << plan.name();
    EXPECT_EQ(again.SerializeAsString(), plan.SerializeAsString()) << plan.name();
  }
}

TEST(PlanTest, AbsAndPadNasAreValidAndTheOthersNameWhatIsMissing) {
  EXPECT_TRUE(ValidatePlan(tests::AbsPlan()).ok()) << ValidatePlan(tests::AbsPlan()).message();
  EXPECT_TRUE(ValidatePlan(tests::PadNasPlan()).ok()) << ValidatePlan(tests::PadNasPlan()).message();
  EXPECT_TRUE(ValidatePlan(tests::SmallPlan(1)).ok());
  const auto message = [](const v1::RunPlan& plan, const char* part) {
    const base::Status status = ValidatePlan(plan);
    EXPECT_EQ(status.code(), Code::kUnimplemented) << plan.name();
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  };
  message(tests::SeNasPlan(), "snapshots");
  message(tests::AutoSpacePlan(), "stage kind 'evolve' is not part of this version");
  v1::RunPlan expand = tests::SmallPlan(1);
  expand.add_stages()->mutable_expand()->set_max_group(50);
  message(expand, "stage kind 'expand' is not part of this version");
  EXPECT_EQ(ValidatePlan(expand).details().field, "stages[5]");
}

// Shares of the children are resolved when the search begins, so a bound may be one alone.
TEST(PlanTest, ConstraintMayBeAShareOfTheChildren) {
  v1::RunPlan plan = tests::SmallPlan(1);
  v1::Constraint* constraint = plan.mutable_stages(2)->mutable_search()->mutable_options()->add_constraints();
  constraint->set_cost("macs");
  EXPECT_FALSE(ValidatePlan(plan).ok());
  constraint->set_max_quantile(0.2);
  EXPECT_TRUE(ValidatePlan(plan).ok()) << ValidatePlan(plan).message();
}

// Found before anything is trained.
TEST(PlanTest, AChainHasNoCellsToRepeat) {
  const auto chain = space::Preset("fairnas", v1::PresetOptions());
  ASSERT_TRUE(chain.ok()) << chain.status().message();
  v1::RunPlan plan;
  plan.add_stages()->mutable_retrain()->set_cells(6);
  EXPECT_EQ(CheckPlanFits(plan, *chain).details().field, "stages[0].retrain.cells");
  EXPECT_TRUE(CheckPlanFits(plan, tests::SmallSpace()).ok());
  plan.mutable_stages(0)->mutable_loop()->add_body()->mutable_deepen()->set_cells(2);
  EXPECT_EQ(CheckPlanFits(plan, *chain).details().field, "stages[0].loop.body[0].deepen.cells");
}

struct BadPlan {
  const char* field;
  const char* part;  // of the message
  void (*spoil)(v1::RunPlan*);
};

class BadPlanTest : public testing::TestWithParam<BadPlan> {};

TEST_P(BadPlanTest, NamesFieldAndWhatIsAllowed) {
  v1::RunPlan plan = tests::SmallPlan(1);
  GetParam().spoil(&plan);
  const base::Status status = ValidatePlan(plan);
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << status.message();
  EXPECT_EQ(status.details().field, GetParam().field);
  EXPECT_NE(status.message().find(GetParam().part), std::string::npos) << status.message();
}

v1::LoopStage* LoopOf(v1::RunPlan* plan) { return plan->mutable_stages(1)->mutable_loop(); }

const BadPlan kBadPlans[] = {
    {"schema_version", "allowed: 1", [](v1::RunPlan* plan) { plan->set_schema_version(2); }},
    {"space", "missing", [](v1::RunPlan* plan) { plan->clear_space(); }},
    {"stages", "no stage", [](v1::RunPlan* plan) { plan->clear_stages(); }},
    {"supernet.backend", "torch, table", [](v1::RunPlan* plan) { plan->mutable_supernet()->set_backend("jax"); }},
    {"supernet.truth", "table", [](v1::RunPlan* plan) { plan->mutable_supernet()->clear_truth(); }},
    {"supernet.init", "orthogonal", [](v1::RunPlan* plan) { plan->mutable_supernet()->set_init("zeros"); }},
    {"stages[5].kind", "retrain", [](v1::RunPlan* plan) { plan->add_stages()->set_key("nothing"); }},
    {"stages[0].train.options.epochs", "trains nothing",
     [](v1::RunPlan* plan) { plan->mutable_stages(0)->mutable_train()->mutable_options()->clear_epochs(); }},
    {"stages[0].train.options.strategy", "uniform, fair, proxyless, darts",
     [](v1::RunPlan* plan) { plan->mutable_stages(0)->mutable_train()->mutable_options()->set_strategy("sandwich"); }},
    {"stages[0].train.options.optimizer.learning_rate", "got -1",
     [](v1::RunPlan* plan) {
       plan->mutable_stages(0)->mutable_train()->mutable_options()->mutable_optimizer()->set_learning_rate(-1);
     }},
    {"stages[0].train.target", "proxyless or darts",
     [](v1::RunPlan* plan) { plan->mutable_stages(0)->mutable_train()->set_target("architecture"); }},
    {"stages[5].derive.options.rule", "argmax, darts",
     [](v1::RunPlan* plan) { plan->add_stages()->mutable_derive()->mutable_options()->set_rule("sample"); }},
    {"stages[1].loop.until", "never ends", [](v1::RunPlan* plan) { LoopOf(plan)->clear_until(); }},
    {"stages[1].loop.until.children_at_most", "1e6",
     [](v1::RunPlan* plan) { LoopOf(plan)->mutable_until()->set_children_at_most("1e6"); }},
    {"stages[1].loop.until.children_at_most", "1 or more",
     [](v1::RunPlan* plan) { LoopOf(plan)->mutable_until()->set_children_at_most("0"); }},
    {"stages[1].loop.body", "no stage", [](v1::RunPlan* plan) { LoopOf(plan)->clear_body(); }},
    {"stages[1].loop.body[0].score.options.metric", "angle, accuracy",
     [](v1::RunPlan* plan) {
       LoopOf(plan)->mutable_body(0)->mutable_score()->mutable_options()->set_metric("synflow");
     }},
    {"stages[1].loop.body[0].score.options.enumerate_up_to", "0..100000000",
     [](v1::RunPlan* plan) {
       LoopOf(plan)->mutable_body(0)->mutable_score()->mutable_options()->set_enumerate_up_to(100000001);
     }},
    {"stages[1].loop.body[0].score.options.samples_per_operator", "0..1000000",
     [](v1::RunPlan* plan) {
       LoopOf(plan)->mutable_body(0)->mutable_score()->mutable_options()->set_samples_per_operator(1000001);
     }},
    {"stages[1].loop.body[1].shrink.rule.abs.drop", "drop nothing",
     [](v1::RunPlan* plan) {
       LoopOf(plan)->mutable_body(1)->mutable_shrink()->mutable_rule()->mutable_abs()->Clear();
     }},
    {"stages[2].search.options.algorithm", "random, evolution, regularized_evolution",
     [](v1::RunPlan* plan) {
       plan->mutable_stages(2)->mutable_search()->mutable_options()->set_algorithm("annealing");
     }},
    {"stages[2].search.options.metrics[0]", "accuracy",
     [](v1::RunPlan* plan) { plan->mutable_stages(2)->mutable_search()->mutable_options()->set_metrics(0, "beauty"); }},
    {"stages[2].search.options.metrics", "two metrics or more",
     [](v1::RunPlan* plan) {
       plan->mutable_stages(2)->mutable_search()->mutable_options()->set_algorithm("nsga2");
       plan->mutable_stages(2)->mutable_search()->mutable_options()->mutable_metrics()->RemoveLast();
     }},
    {"stages[2].search.options.directions[0].metric", "cannot measure",
     [](v1::RunPlan* plan) {
       plan->mutable_stages(2)->mutable_search()->mutable_options()->add_metrics("energy");
       plan->mutable_stages(2)->mutable_search()->mutable_options()->add_directions()->set_metric("energy");
     }},
    {"stages[1].loop.body[1].shrink.rule.pad_nas.pool", "archive, population",
     [](v1::RunPlan* plan) {
       LoopOf(plan)->mutable_body(1)->mutable_shrink()->mutable_rule()->mutable_pad_nas()->set_pool("front");
     }},
    {"stages[2].search.options.constraints[0].cost", "macs, params, latency_ms",
     [](v1::RunPlan* plan) {
       plan->mutable_stages(2)->mutable_search()->mutable_options()->add_constraints()->set_cost("watts");
     }},
    {"stages[3].retrain.weight_average_decay", "1",
     [](v1::RunPlan* plan) { plan->mutable_stages(3)->mutable_retrain()->set_weight_average_decay(1); }},
    {"stages[4].export.file", "run.db",
     [](v1::RunPlan* plan) { plan->mutable_stages(4)->mutable_export_()->set_file("run.db"); }},
    {"stages[4].export.file", "../best",
     [](v1::RunPlan* plan) { plan->mutable_stages(4)->mutable_export_()->set_file("../best"); }},
    {"stages[4].export.format", "safetensors",
     [](v1::RunPlan* plan) { plan->mutable_stages(4)->mutable_export_()->set_format("pickle"); }},
    {"stages[2].key", "used twice", [](v1::RunPlan* plan) { plan->mutable_stages(2)->set_key(plan->stages(1).key()); }},
    {"stages[0].key", "stage key", [](v1::RunPlan* plan) { plan->mutable_stages(0)->set_key("a/b"); }},
};
INSTANTIATE_TEST_SUITE_P(Plans, BadPlanTest, testing::ValuesIn(kBadPlans));

TEST(PlanTest, RefusesDeepNesting) {
  v1::RunPlan plan = tests::SmallPlan(1);
  v1::Stage* stage = plan.add_stages();
  for (int depth = 0; depth < 12; ++depth) {
    stage->mutable_loop()->mutable_until()->set_iterations(1);
    stage = stage->mutable_loop()->add_body();
  }
  stage->mutable_reset_base();
  EXPECT_NE(ValidatePlan(plan).message().find("nested too deeply"), std::string::npos);
}

TEST(PlanTest, StagesWithoutKeyAreNumbered) {
  v1::RunPlan plan;
  plan.add_stages()->mutable_train();
  plan.add_stages()->mutable_score();
  plan.add_stages()->mutable_train();
  plan.add_stages()->set_key("last");
  EXPECT_EQ(StageName(plan.stages(), 0), "train");
  EXPECT_EQ(StageName(plan.stages(), 1), "score");
  EXPECT_EQ(StageName(plan.stages(), 2), "train2");
  EXPECT_EQ(StageName(plan.stages(), 3), "last");
}

}  // namespace
}  // namespace nasshrink::run
