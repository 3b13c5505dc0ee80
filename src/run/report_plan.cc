#include "run/report_plan.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace nasshrink::run {
namespace {

using Json = nlohmann::ordered_json;

// Fields at their default (0, empty, no children) are left out.
template <typename Value>
void Put(Json& tree, std::string_view key, const Value& value) {
  if (value != Value{}) tree[std::string(key)] = value;
}

void PutTree(Json& tree, std::string_view key, Json branch) {
  if (!branch.empty()) tree[std::string(key)] = std::move(branch);
}

void PutChoice(Json& tree, std::string_view key, int value, std::initializer_list<const char*> names) {
  if (value > 0 && static_cast<size_t>(value) < names.size()) tree[std::string(key)] = names.begin()[value];
}

Json AngleTree(const v1::AngleOptions& angle) {
  Json tree = Json::object();
  PutChoice(tree, "fixed_parts", angle.fixed_parts(), {"on", "off"});
  PutChoice(tree, "pool", angle.pool(), {"inv_area", "off"});
  PutChoice(tree, "disconnected", angle.disconnected(), {"zero", "fixed_only", "error"});
  PutChoice(tree, "scope", angle.scope(), {"block", "whole_network"});
  PutChoice(tree, "params", angle.params(), {"conv_only", "conv_bn", "all"});
  PutChoice(tree, "identity", angle.identity(), {"empty", "eye"});
  return tree;
}

Json EvaluateTree(const v1::EvaluateOptions& options) {
  Json tree = Json::object();
  Put(tree, "metrics", fmt::format("{}", fmt::join(options.metrics(), ", ")));
  PutTree(tree, "angle", AngleTree(options.angle()));
  Json re_bn = Json::object();
  PutChoice(re_bn, "average", options.re_bn().average(), {"cumulative", "exponential", "off"});
  Put(re_bn, "images", options.re_bn().images());
  Put(re_bn, "batch_size", options.re_bn().batch_size());
  Put(re_bn, "momentum", options.re_bn().momentum());
  Put(re_bn, "part", options.re_bn().part());
  PutTree(tree, "re_bn", std::move(re_bn));
  Put(tree, "batch_size", options.batch_size());
  Put(tree, "images", options.images());
  Put(tree, "part", options.part());
  return tree;
}

Json OptimizerTree(const v1::Optimizer& optimizer) {
  Json tree = Json::object();
  Put(tree, "name", optimizer.name());
  Put(tree, "learning_rate", optimizer.learning_rate());
  Put(tree, "final_learning_rate", optimizer.final_learning_rate());
  Put(tree, "schedule", optimizer.schedule());
  Put(tree, "schedule_epochs", optimizer.schedule_epochs());
  if (optimizer.has_momentum()) tree["momentum"] = optimizer.momentum();
  Put(tree, "nesterov", optimizer.nesterov());
  Put(tree, "weight_decay", optimizer.weight_decay());
  Put(tree, "weight_decay_on", optimizer.weight_decay_on());
  Put(tree, "clip_norm", optimizer.clip_norm());
  Put(tree, "clip_value", optimizer.clip_value());
  Put(tree, "warmup_steps", optimizer.warmup_steps());
  if (optimizer.has_beta1()) tree["beta1"] = optimizer.beta1();
  if (optimizer.has_beta2()) tree["beta2"] = optimizer.beta2();
  Put(tree, "epsilon", optimizer.epsilon());
  Put(tree, "schedule_by", optimizer.schedule_by());
  return tree;
}

Json ArchitectureTree(const v1::ArchitectureOptions& options) {
  Json tree = Json::object();
  Put(tree, "gradient", options.gradient());
  Put(tree, "order", options.order());
  PutTree(tree, "optimizer", OptimizerTree(options.optimizer()));
  if (options.has_frozen_epochs()) tree["frozen_epochs"] = options.frozen_epochs();
  Put(tree, "every", options.every());
  Put(tree, "batch_size", options.batch_size());
  Put(tree, "init_deviation", options.init_deviation());
  Put(tree, "cost", options.cost());
  Put(tree, "cost_form", options.cost_form());
  Put(tree, "cost_reference", options.cost_reference());
  Put(tree, "cost_weight", options.cost_weight());
  Put(tree, "cost_exponent", options.cost_exponent());
  Put(tree, "samples", options.samples());
  if (options.has_baseline_decay()) tree["baseline_decay"] = options.baseline_decay();
  Put(tree, "skip_dropout", options.skip_dropout());
  return tree;
}

Json AugmentationTree(const v1::Augmentation& augmentation) {
  Json tree = Json::object();
  Put(tree, "brightness", augmentation.brightness());
  Put(tree, "contrast", augmentation.contrast());
  Put(tree, "saturation", augmentation.saturation());
  if (augmentation.has_resized_crop()) {
    const v1::ResizedCrop& crop = augmentation.resized_crop();
    Json& part = tree["resized_crop"] = Json::object();
    Put(part, "min_area", crop.min_area());
    Put(part, "max_area", crop.max_area());
    Put(part, "min_ratio", crop.min_ratio());
    Put(part, "max_ratio", crop.max_ratio());
  }
  const v1::RandAugment& rand = augmentation.rand_augment();
  if (rand.operations() > 0) {
    Json& part = tree["rand_augment"] = Json::object();
    Put(part, "operations", rand.operations());
    if (rand.has_magnitude()) part["magnitude"] = rand.magnitude();
  }
  return tree;
}

Json ConstraintTree(const v1::Constraint& constraint) {
  Json tree = Json::object();
  Put(tree, "cost", constraint.cost());
  if (constraint.has_min()) tree["min"] = constraint.min();
  if (constraint.has_max()) tree["max"] = constraint.max();
  if (constraint.has_min_quantile()) tree["min_quantile"] = constraint.min_quantile();
  if (constraint.has_max_quantile()) tree["max_quantile"] = constraint.max_quantile();
  return tree;
}

Json ConstraintsTree(const google::protobuf::RepeatedPtrField<v1::Constraint>& constraints) {
  Json list = Json::array();
  for (const v1::Constraint& constraint : constraints) list.push_back(ConstraintTree(constraint));
  return list;
}

Json TrainTree(const v1::TrainOptions& options) {
  Json tree = Json::object();
  Put(tree, "epochs", options.epochs());
  Put(tree, "batch_size", options.batch_size());
  PutTree(tree, "optimizer", OptimizerTree(options.optimizer()));
  Put(tree, "strategy", options.strategy());
  Put(tree, "cell_sampling", options.cell_sampling());
  if (options.has_freeze_unsampled()) tree["freeze_unsampled"] = options.freeze_unsampled();
  Put(tree, "label_smoothing", options.label_smoothing());
  Put(tree, "crop_padding", options.crop_padding());
  Put(tree, "flip", options.flip());
  Put(tree, "cutout", options.cutout());
  PutTree(tree, "augmentation", AugmentationTree(options.augmentation()));
  Put(tree, "images", options.images());
  Put(tree, "average_snapshots", options.average_snapshots());
  Put(tree, "micro_batch_size", options.micro_batch_size());
  PutTree(tree, "constraints", ConstraintsTree(options.constraints()));
  Put(tree, "latency", options.latency().name());
  if (options.has_max_skipped_steps()) tree["max_skipped_steps"] = options.max_skipped_steps();
  Put(tree, "drop_path", options.drop_path());
  Put(tree, "classifier_dropout", options.classifier_dropout());
  Put(tree, "precision", options.precision());
  PutTree(tree, "architecture", ArchitectureTree(options.architecture()));
  return tree;
}

Json ScoreTree(const v1::ScoreOptions& options) {
  Json tree = Json::object();
  Put(tree, "metric", options.metric());
  PutTree(tree, "angle", AngleTree(options.angle()));
  Put(tree, "aggregation", options.aggregation());
  Put(tree, "seed", options.seed());
  Put(tree, "enumerate_up_to", options.enumerate_up_to());
  Put(tree, "sampling", options.sampling());
  Put(tree, "samples_per_operator", options.samples_per_operator());
  Put(tree, "significance", options.significance());
  Put(tree, "max_samples_per_operator", options.max_samples_per_operator());
  PutTree(tree, "evaluate", EvaluateTree(options.evaluate()));
  return tree;
}

Json RuleTree(const v1::ShrinkRule& rule) {
  Json tree = Json::object();
  switch (rule.rule_case()) {
    case v1::ShrinkRule::kAbs:
      tree["rule"] = "abs";
      Put(tree, "drop", rule.abs().drop());
      Put(tree, "significance", rule.abs().significance());
      break;
    case v1::ShrinkRule::kPerChoice:
      tree["rule"] = "per_choice";
      Put(tree, "drop", rule.per_choice().drop());
      Put(tree, "significance", rule.per_choice().significance());
      break;
    case v1::ShrinkRule::kPadNas:
      tree["rule"] = "pad_nas";
      Put(tree, "threshold", rule.pad_nas().threshold());
      Put(tree, "fronts", rule.pad_nas().fronts());
      Put(tree, "pool", rule.pad_nas().pool());
      break;
    case v1::ShrinkRule::kSeNas:
      tree["rule"] = "se_nas";
      Put(tree, "drop", rule.se_nas().drop());
      Put(tree, "significance", rule.se_nas().significance());
      Put(tree, "combination", rule.se_nas().combination());
      break;
    case v1::ShrinkRule::RULE_NOT_SET:
      break;
  }
  return tree;
}

Json EvolveTree(const v1::EvolveStage& stage) {
  Json tree = Json::object();
  Put(tree, "population", stage.population());
  Put(tree, "tournament", stage.tournament());
  Put(tree, "winners", stage.winners());
  Put(tree, "iterations", stage.iterations());
  Put(tree, "fitness_smoothing", stage.fitness_smoothing());
  Put(tree, "mutate_merge_or_ratio", stage.mutate_merge_or_ratio());
  Put(tree, "max_reference_distance", stage.max_reference_distance());
  Put(tree, "gate", stage.gate());
  return tree;
}

Json SearchTree(const v1::SearchOptions& options) {
  Json tree = Json::object();
  Put(tree, "algorithm", options.algorithm());
  Put(tree, "metrics", fmt::format("{}", fmt::join(options.metrics(), ", ")));
  Put(tree, "trials", options.trials());
  Json evolution = Json::object();
  Put(evolution, "population", options.evolution().population());
  Put(evolution, "generations", options.evolution().generations());
  Put(evolution, "top_k", options.evolution().top_k());
  Put(evolution, "mutations", options.evolution().mutations());
  Put(evolution, "crossovers", options.evolution().crossovers());
  Put(evolution, "mutation_probability", options.evolution().mutation_probability());
  Put(evolution, "sample_size", options.evolution().sample_size());
  PutTree(tree, "evolution", std::move(evolution));
  Json local = Json::object();
  Put(local, "radius", options.local_search().radius());
  Put(local, "improvement", options.local_search().improvement());
  PutTree(tree, "local_search", std::move(local));
  Json reinforce = Json::object();
  Put(reinforce, "learning_rate", options.reinforce().learning_rate());
  Put(reinforce, "baseline_decay", options.reinforce().baseline_decay());
  Put(reinforce, "logit_deviation", options.reinforce().logit_deviation());
  Put(reinforce, "cost_reference", options.reinforce().cost_reference());
  Put(reinforce, "cost_exponent", options.reinforce().cost_exponent());
  PutTree(tree, "reinforce", std::move(reinforce));
  Json nsga2 = Json::object();
  Put(nsga2, "crossover_probability", options.nsga2().crossover_probability());
  Put(nsga2, "eta", options.nsga2().eta());
  Put(nsga2, "mutation", options.nsga2().mutation());
  Put(nsga2, "infeasible", options.nsga2().infeasible());
  PutTree(tree, "nsga2", std::move(nsga2));
  Put(tree, "batch", options.batch());
  PutTree(tree, "constraints", ConstraintsTree(options.constraints()));
  Put(tree, "latency", options.latency().name());
  PutTree(tree, "evaluate", EvaluateTree(options.evaluate()));
  Put(tree, "seed", options.seed());
  return tree;
}

Json DeriveTree(const v1::DeriveOptions& options) {
  Json tree = Json::object();
  Put(tree, "rule", options.rule());
  Put(tree, "edges_per_node", options.edges_per_node());
  if (options.has_most_identities()) tree["most_identities"] = options.most_identities();
  return tree;
}

Json RetrainTree(const v1::RetrainStage& stage) {
  Json tree = TrainTree(stage.options());
  Put(tree, "use_all_training_images", stage.use_all_training_images());
  Put(tree, "top", stage.top());
  Put(tree, "weight_average_decay", stage.weight_average_decay());
  Put(tree, "weights", stage.weights());
  Put(tree, "keep_best", stage.keep_best());
  Put(tree, "scale_to_macs", stage.scale_to_macs());
  Put(tree, "cells", stage.cells());
  Put(tree, "auxiliary_weight", stage.auxiliary_weight());
  return tree;
}

Json StageTree(const v1::Stage& stage);

Json LoopTree(const v1::LoopStage& loop) {
  Json tree = Json::object();
  Json until = Json::object();
  Put(until, "children_at_most", loop.until().children_at_most());
  Put(until, "iterations", loop.until().iterations());
  Put(until, "nothing_dropped", loop.until().nothing_dropped());
  PutTree(tree, "until", std::move(until));
  Json body = Json::array();
  for (const v1::Stage& stage : loop.body()) body.push_back(StageTree(stage));
  PutTree(tree, "body", std::move(body));
  return tree;
}

// "key" and "kind" first, then the settings of that kind.
Json StageTree(const v1::Stage& stage) {
  Json tree = Json::object();
  Put(tree, "key", stage.key());
  const auto put_kind = [&tree](const char* kind, const Json& settings) {
    tree["kind"] = kind;
    tree.update(settings);
  };
  switch (stage.kind_case()) {
    case v1::Stage::kTrain:
      put_kind("train", TrainTree(stage.train().options()));
      Put(tree, "target", stage.train().target());
      Put(tree, "continue_schedule", stage.train().continue_schedule());
      Put(tree, "inherit_optimizer", stage.train().inherit_optimizer());
      Put(tree, "base_epoch", stage.train().base_epoch());
      Put(tree, "new_supernet", stage.train().new_supernet());
      break;
    case v1::Stage::kScore:
      put_kind("score", ScoreTree(stage.score().options()));
      break;
    case v1::Stage::kShrink:
      put_kind("shrink", RuleTree(stage.shrink().rule()));
      break;
    case v1::Stage::kExpand:
      put_kind("expand", {{"max_group", stage.expand().max_group()}});
      break;
    case v1::Stage::kEvolve:
      put_kind("evolve", EvolveTree(stage.evolve()));
      break;
    case v1::Stage::kSearch:
      put_kind("search", SearchTree(stage.search().options()));
      break;
    case v1::Stage::kResetBase:
      put_kind("reset_base", {{"after_dropped", stage.reset_base().after_dropped()}});
      break;
    case v1::Stage::kDeepen:
      put_kind("deepen", {{"cells", stage.deepen().cells()}, {"inherit", stage.deepen().inherit()}});
      break;
    case v1::Stage::kDerive:
      put_kind("derive", DeriveTree(stage.derive().options()));
      break;
    case v1::Stage::kRetrain:
      put_kind("retrain", RetrainTree(stage.retrain()));
      break;
    case v1::Stage::kExport:
      put_kind("export", Json::object());
      Put(tree, "format", stage.export_().format());
      Put(tree, "file", stage.export_().file());
      break;
    case v1::Stage::kLoop:
      put_kind("loop", LoopTree(stage.loop()));
      break;
    case v1::Stage::KIND_NOT_SET:
      break;
  }
  return tree;
}

}  // namespace

Json PlanTree(const v1::RunPlan& plan) {
  Json tree = Json::object();
  Put(tree, "name", plan.name());
  tree["seed"] = plan.seed();
  Json supernet = Json::object();
  supernet["backend"] = plan.supernet().backend().empty() ? "torch" : plan.supernet().backend();
  Put(supernet, "seed", plan.supernet().seed());
  Put(supernet, "init", plan.supernet().init());
  Put(supernet, "truth (architectures)", plan.supernet().truth().accuracy_size());
  tree["supernet"] = std::move(supernet);
  Json stages = Json::array();
  for (const v1::Stage& stage : plan.stages()) stages.push_back(StageTree(stage));
  PutTree(tree, "stages", std::move(stages));
  return tree;
}

}  // namespace nasshrink::run
