#include "run/published_plans.h"

#include "run/synthetic_run.h"
#include "space/codec.h"

namespace nasshrink::tests {
namespace {

v1::RunPlan NewPlan(const char* name) {
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name(name);
  plan.set_seed(1);
  space::SpaceToMessage(SmallSpace(), plan.mutable_space());
  return plan;
}

v1::TrainOptions* AddTraining(v1::Stage* stage, uint32_t epochs, double learning_rate, const char* schedule) {
  v1::TrainOptions* options = stage->mutable_train()->mutable_options();
  options->set_epochs(epochs);
  options->set_label_smoothing(0.1);
  options->mutable_optimizer()->set_learning_rate(learning_rate);
  options->mutable_optimizer()->set_schedule(schedule);
  options->mutable_optimizer()->set_weight_decay(4e-5);
  options->mutable_optimizer()->set_weight_decay_on("conv_and_linear");
  return options;
}

void AddRetrain(v1::Stage* stage, uint32_t top) {
  stage->mutable_retrain()->mutable_options()->set_epochs(240);
  stage->mutable_retrain()->mutable_options()->mutable_optimizer()->set_learning_rate(0.5);
  stage->mutable_retrain()->set_top(top);
}

v1::OperatorDef Operator(const char* kind) {
  v1::OperatorDef op;
  op.set_kind(kind);
  return op;
}

v1::SearchOptions* AddSearch(v1::Stage* stage, const char* algorithm, const char* cost, double min, double max) {
  v1::SearchOptions* options = stage->mutable_search()->mutable_options();
  options->set_algorithm(algorithm);
  options->add_metrics("accuracy");
  v1::Constraint* constraint = options->add_constraints();
  constraint->set_cost(cost);
  if (min > 0) constraint->set_min(min);
  constraint->set_max(max);
  return options;
}

void AddParetoSearch(v1::Stage* stage) {
  v1::SearchOptions* search = AddSearch(stage, "nsga2", "latency_ms", 50, 100);
  search->add_metrics("latency_ms");
  search->mutable_evolution()->set_population(64);
  search->mutable_evolution()->set_generations(40);
  v1::LatencyEntry* entry = search->mutable_latency()->add_entries();
  entry->set_choice(1);
  entry->set_candidate(2);
  entry->set_mean_ms(1.5);
}

}  // namespace

v1::RunPlan AbsPlan() {
  v1::RunPlan plan = NewPlan("abs");
  AddTraining(plan.add_stages(), 100, 0.25, "linear")->mutable_optimizer()->set_schedule_epochs(250);
  v1::LoopStage* loop = plan.add_stages()->mutable_loop();
  loop->mutable_until()->set_children_at_most("1000000");
  v1::ScoreOptions* score = loop->add_body()->mutable_score()->mutable_options();
  score->set_metric("angle");
  score->set_samples_per_operator(1000);
  loop->add_body()->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(7);
  loop->add_body()->mutable_reset_base()->set_after_dropped(50);
  v1::Stage* train = loop->add_body();
  AddTraining(train, 5, 0.25, "linear")->mutable_optimizer()->set_schedule_epochs(250);
  train->mutable_train()->set_continue_schedule(true);
  AddTraining(plan.add_stages(), 100, 0.25, "linear");
  v1::SearchOptions* search = AddSearch(plan.add_stages(), "evolution", "macs", 0, 475e6);
  search->mutable_evolution()->set_mutation_probability(0.5);
  AddRetrain(plan.add_stages(), 2);
  return plan;
}

v1::RunPlan PadNasPlan() {
  v1::RunPlan plan = NewPlan("pad-nas");
  AddTraining(plan.add_stages(), 120, 0.5, "linear");
  for (const uint32_t epochs : {80U, 40U}) {
    AddParetoSearch(plan.add_stages());
    v1::PadNasRule* rule = plan.add_stages()->mutable_shrink()->mutable_rule()->mutable_pad_nas();
    rule->set_threshold(0.01);
    rule->set_fronts(9);
    rule->set_pool("archive");
    AddTraining(plan.add_stages(), epochs, 0.1, "linear");
  }
  AddParetoSearch(plan.add_stages());
  AddRetrain(plan.add_stages(), 5);
  return plan;
}

v1::RunPlan SeNasPlan() {
  v1::RunPlan plan = NewPlan("se-nas");
  AddTraining(plan.add_stages(), 100, 0.5, "linear")->set_average_snapshots(10);
  v1::LoopStage* loop = plan.add_stages()->mutable_loop();
  loop->mutable_until()->set_children_at_most("100000");
  v1::ScoreOptions* score = loop->add_body()->mutable_score()->mutable_options();
  score->set_metric("accuracy");
  score->set_samples_per_operator(1000);
  v1::SeNasRule* rule = loop->add_body()->mutable_shrink()->mutable_rule()->mutable_se_nas();
  rule->set_drop(10);
  rule->set_combination("times_sd");
  loop->add_body()->mutable_expand()->set_max_group(50);
  AddTraining(loop->add_body(), 5, 0.5, "linear")->set_average_snapshots(10);
  AddSearch(plan.add_stages(), "evolution", "macs", 0, 600e6);
  AddRetrain(plan.add_stages(), 1);
  return plan;
}

v1::RunPlan AutoSpacePlan() {
  v1::RunPlan plan = NewPlan("auto-space");
  v1::CellGrammar* grammar = plan.mutable_space()->mutable_choices(0)->mutable_grammar();
  grammar->set_nodes(4);
  for (const char* kind : {"conv", "depthwise", "identity", "zero"}) *grammar->add_operators() = Operator(kind);
  for (const uint32_t ratio : {1U, 3U, 6U}) grammar->add_ratios(ratio);
  for (const bool near_reference : {true, false}) {
    v1::LoopStage* loop = plan.add_stages()->mutable_loop();
    loop->mutable_until()->set_iterations(60);
    v1::EvolveStage* evolve = loop->add_body()->mutable_evolve();
    evolve->set_population(32);
    evolve->set_tournament(3);
    evolve->set_winners(9);
    evolve->set_iterations(200);
    evolve->set_fitness_smoothing(0.5);
    evolve->set_mutate_merge_or_ratio(0.25);
    if (!near_reference) continue;
    evolve->set_max_reference_distance(0.5);
    evolve->mutable_reference()->set_nodes(4);
    evolve->mutable_reference()->set_ratio(6);
    v1::CandidateEdge* edge = evolve->mutable_reference()->add_edges();
    edge->set_to(1);
    *edge->mutable_op() = Operator("depthwise");
  }
  v1::Stage* gates = plan.add_stages();
  gates->mutable_train()->mutable_options()->set_epochs(60);
  gates->mutable_train()->mutable_options()->set_strategy("proxyless");
  gates->mutable_train()->set_target("architecture");
  AddSearch(plan.add_stages(), "proxyless", "macs", 0, 340e6);
  AddRetrain(plan.add_stages(), 1);
  return plan;
}

}  // namespace nasshrink::tests
