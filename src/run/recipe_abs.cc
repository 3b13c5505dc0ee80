// The recipe "abs": angle-based search-space shrinking (ABS Sec. 3.3, Algorithm 1) as a plan.
#include <algorithm>

#include "run/recipe.h"

namespace nasshrink::run {
namespace {

// The most a plan may have.
constexpr uint64_t kMostScheduleEpochs = 1000000;

// How much work a recipe does. The numbers are our decision: what fits two processors in minutes.
struct AbsSize {
  uint32_t epochs, stage_epochs, retrain_epochs;
  uint32_t batch_size;
  uint32_t images;  // of the training part; 0 for all
  uint32_t drop;
  const char* children_at_most;
  uint32_t trials;
  uint32_t evaluate_images;
};
constexpr AbsSize kAbs = {3, 1, 5, 128, 0, 5, "1000", 60, 2000};
constexpr AbsSize kAbsTiny = {1, 1, 1, 64, 512, 8, "1000", 8, 256};

void SetTraining(const AbsSize& size, const RecipeInput& input, uint32_t epochs, v1::TrainOptions* options) {
  options->set_epochs(epochs);
  options->set_batch_size(size.batch_size);
  options->set_images(size.images);
  options->set_strategy("uniform");
  if (input.coloured) {
    options->set_crop_padding(4);
    options->set_flip(true);
  }
  v1::Optimizer* optimizer = options->mutable_optimizer();
  optimizer->set_name("sgd");
  optimizer->set_learning_rate(0.1);
  optimizer->set_schedule("cosine");
  optimizer->set_momentum(0.9);
  optimizer->set_nesterov(true);
  optimizer->set_weight_decay(5e-4);
}

void AddAbsTraining(const AbsSize& size, const RecipeInput& input, uint32_t epochs, bool continued, v1::Stage* stage) {
  v1::TrainOptions* options = stage->mutable_train()->mutable_options();
  SetTraining(size, input, epochs, options);
  options->mutable_optimizer()->set_final_learning_rate(0.001);
  stage->mutable_train()->set_continue_schedule(continued);
}

void AddAbsLoop(const AbsSize& size, const RecipeInput& input, v1::Stage* stage) {
  stage->set_key("shrink");
  v1::LoopStage* loop = stage->mutable_loop();
  loop->mutable_until()->set_children_at_most(size.children_at_most);
  loop->mutable_until()->set_nothing_dropped(true);
  v1::Stage* score = loop->add_body();
  score->set_key("score");
  score->mutable_score()->mutable_options()->set_metric("angle");
  score->mutable_score()->mutable_options()->set_aggregation("mean");
  v1::Stage* drop = loop->add_body();
  drop->set_key("drop");
  drop->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(size.drop);
  v1::Stage* train = loop->add_body();
  train->set_key("train_again");
  AddAbsTraining(size, input, size.stage_epochs, true, train);
}

void AddSearch(const AbsSize& size, v1::Stage* stage) {
  stage->set_key("search");
  v1::SearchOptions* options = stage->mutable_search()->mutable_options();
  options->set_algorithm("evolution");
  options->add_metrics("accuracy");
  options->set_trials(size.trials);
  v1::EvolutionOptions* evolution = options->mutable_evolution();
  evolution->set_population(std::min(20U, size.trials));
  evolution->set_top_k(std::min(10U, size.trials));
  evolution->set_mutation_probability(0.1);
  v1::EvaluateOptions* evaluate = options->mutable_evaluate();
  evaluate->set_images(size.evaluate_images);
  evaluate->mutable_re_bn()->set_images(size.evaluate_images);
}

void AddRetrain(const AbsSize& size, const RecipeInput& input, v1::Stage* stage) {
  stage->set_key("retrain");
  v1::RetrainStage* retrain = stage->mutable_retrain();
  SetTraining(size, input, size.retrain_epochs, retrain->mutable_options());
  retrain->set_use_all_training_images(true);
  retrain->set_top(1);
}

// ABS (Sec. 3.3, Algorithm 1): train, then score by the angle, drop the worst and train on while the space is too
// large; search in what is left and train the best child from scratch.
v1::RunPlan AbsPlan(const RecipeInput& input) {
  const AbsSize& size = input.tiny ? kAbsTiny : kAbs;
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name("abs");
  plan.mutable_supernet()->set_backend("torch");
  plan.mutable_supernet()->set_init("kaiming_uniform");
  v1::Stage* train = plan.add_stages();
  train->set_key("train");
  AddAbsTraining(size, input, size.epochs, false, train);
  AddAbsLoop(size, input, plan.add_stages());
  AddSearch(size, plan.add_stages());
  AddRetrain(size, input, plan.add_stages());
  v1::Stage* exported = plan.add_stages();
  exported->set_key("export");
  exported->mutable_export_()->set_format("safetensors");
  exported->mutable_export_()->set_file("best.safetensors");
  return plan;
}

const std::vector<ShortName>& AbsNames() {
  static const auto* const kNames = new std::vector<ShortName>{
      {"epochs", "integer", "epochs of the first training", {"stages[train].train.options.epochs"}},
      {"stage_epochs",
       "integer",
       "epochs after each shrinking",
       {"stages[shrink].loop.body[train_again].train.options.epochs"}},
      {"retrain_epochs", "integer", "epochs of the final training", {"stages[retrain].retrain.options.epochs"}},
      {"schedule_epochs",
       "integer",
       "length of the supernet's learning-rate schedule; 0, the default, is epochs and three times stage_epochs",
       {"stages[train].train.options.optimizer.schedule_epochs",
        "stages[shrink].loop.body[train_again].train.options.optimizer.schedule_epochs"}},
      {"batch_size",
       "integer",
       "images a step",
       {"stages[train].train.options.batch_size", "stages[shrink].loop.body[train_again].train.options.batch_size",
        "stages[retrain].retrain.options.batch_size"}},
      {"learning_rate",
       "number",
       "first learning rate",
       {"stages[train].train.options.optimizer.learning_rate",
        "stages[shrink].loop.body[train_again].train.options.optimizer.learning_rate",
        "stages[retrain].retrain.options.optimizer.learning_rate"}},
      {"images",
       "integer",
       "training images used, 0 for all",
       {"stages[train].train.options.images", "stages[shrink].loop.body[train_again].train.options.images",
        "stages[retrain].retrain.options.images"}},
      {"drop", "integer", "operators dropped at a time (k)", {"stages[shrink].loop.body[drop].shrink.rule.abs.drop"}},
      {"children_at_most",
       "integer",
       "stop shrinking at this size (T)",
       {"stages[shrink].loop.until.children_at_most"}},
      {"trials", "integer", "children evaluated by the search", {"stages[search].search.options.trials"}},
      {"evaluate_images",
       "integer",
       "validation and Re-BN images a child",
       {"stages[search].search.options.evaluate.images", "stages[search].search.options.evaluate.re_bn.images"}},
      {"top", "integer", "children trained from scratch", {"stages[retrain].retrain.top"}},
  };
  return *kNames;
}

// One schedule over the first training and the usual two or three that follow it, unless the settings say otherwise.
void SetSchedule(v1::RunPlan* plan) {
  v1::TrainOptions* first = plan->mutable_stages(0)->mutable_train()->mutable_options();
  auto* body = plan->mutable_stages(1)->mutable_loop()->mutable_body();
  v1::TrainOptions* again = body->rbegin()->mutable_train()->mutable_options();
  const uint64_t epochs = first->epochs() + uint64_t{3} * again->epochs();
  for (v1::TrainOptions* options : {first, again}) {
    if (options->optimizer().schedule_epochs() != 0) continue;
    options->mutable_optimizer()->set_schedule_epochs(static_cast<uint32_t>(std::min(epochs, kMostScheduleEpochs)));
  }
}

// Smaller than published.
void SmallNasBench201(const RecipeInput& input, v1::PresetOptions* shape) {
  if (input.space != "nas-bench-201") return;
  if (shape->channels() == 0) shape->set_channels(8);
  if (shape->cells() == 0) shape->set_cells(1);
}

}  // namespace

const Recipe& AbsRecipe() {
  static const Recipe kRecipe = {
      "abs",
      "angle-based search-space shrinking: train, score by the angle, drop, train on; search; retrain; export",
      "nas-bench-201",
      AbsPlan,
      AbsNames,
      SmallNasBench201,
      SetSchedule};
  return kRecipe;
}

}  // namespace nasshrink::run
