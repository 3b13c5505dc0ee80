// The recipes "abs-*": ABS with its published settings, one plan a table of the paper (ABS Sec. 4.1 and published
// code).
//
// A supernet is trained; operators are scored by the mean angle of 1,000 sampled children each and the worst dropped
// until at most 10^6 children are left (the paper says 10^5, which its own results contradict; the code has 10^6). A
// new supernet of what is left is then trained, searched, and its best two children trained from scratch.
//
// The published code scores and searches on ImageNet; `tiny` takes a narrow network and a few images, to see it work.
#include "run/recipe.h"

namespace nasshrink::run {
namespace {

enum class Rule : uint8_t { kWorst, kPerChoice };

struct Published {
  Rule rule;
  uint32_t drop;  // in all, or of every choice
  uint32_t epochs, stage_epochs, schedule_epochs;
  uint32_t batch_size;
  double rate, final_rate;
  const char* schedule;
  bool nesterov;
  double weight_decay;
  const char* decay_on;
  double label_smoothing, clip_value;
  bool reset_base;       // once, after more than 50 operators
  const char* strategy;  // of the supernet that is searched
  double most_macs;      // of the children found; 0 for any
};

// SPOS-type training on ImageNet for the spaces of layers; 400 epochs planned for DARTS; CIFAR-10 for NAS-Bench-201.
constexpr Published kSpos = {Rule::kWorst,      7,   100, 5,    250,       512,  0.25, 5e-4, "linear", false, 4e-5,
                             "conv_and_linear", 0.1, 5,   true, "uniform", 475e6};
constexpr Published kFairNas = {Rule::kPerChoice,  1,   100, 5,    250,    512,  0.25, 5e-4, "linear", false, 4e-5,
                                "conv_and_linear", 0.1, 5,   true, "fair", 330e6};
constexpr Published kDarts = {Rule::kPerChoice,  1,   150, 20,    400,       512, 0.2, 5e-4, "linear", false, 4e-5,
                              "conv_and_linear", 0.1, 5,   false, "uniform", 0};
constexpr Published kNasBench201 = {Rule::kWorst, 20,   100,   1, 100, 64,    0.025,     0.001, "cosine",
                                    true,         5e-4, "all", 0, 0,   false, "uniform", 0};

// What `tiny` takes in place of it.
constexpr uint32_t kTinyImages = 2048;
constexpr uint32_t kTinyEvaluated = 512;
constexpr uint32_t kTinyBatch = 32;
constexpr uint32_t kTinySamples = 50;
constexpr double kTinyRate = 0.05;

v1::TrainOptions* AddTraining(const Published& published, const RecipeInput& input, uint32_t epochs, const char* key,
                              v1::Stage* stage) {
  stage->set_key(key);
  v1::TrainOptions* options = stage->mutable_train()->mutable_options();
  options->set_epochs(input.tiny ? 1 : epochs);
  options->set_batch_size(input.tiny ? kTinyBatch : published.batch_size);
  if (input.tiny) options->set_images(kTinyImages);
  options->set_label_smoothing(published.label_smoothing);
  options->set_flip(input.coloured);
  v1::Optimizer* optimizer = options->mutable_optimizer();
  optimizer->set_name("sgd");
  optimizer->set_learning_rate(input.tiny ? kTinyRate : published.rate);
  optimizer->set_final_learning_rate(published.final_rate);
  optimizer->set_schedule(published.schedule);
  optimizer->set_schedule_epochs(input.tiny ? 3 : published.schedule_epochs);
  optimizer->set_momentum(0.9);
  optimizer->set_nesterov(published.nesterov);
  optimizer->set_weight_decay(published.weight_decay);
  optimizer->set_weight_decay_on(published.decay_on);
  optimizer->set_clip_value(published.clip_value);
  return options;
}

void AddLoop(const Published& published, const RecipeInput& input, v1::Stage* stage) {
  stage->set_key("shrink");
  v1::LoopStage* loop = stage->mutable_loop();
  loop->mutable_until()->set_children_at_most("1000000");
  loop->mutable_until()->set_nothing_dropped(true);
  v1::Stage* score = loop->add_body();
  score->set_key("score");
  v1::ScoreOptions* scores = score->mutable_score()->mutable_options();
  scores->set_metric("angle");
  scores->set_aggregation("mean");
  scores->set_samples_per_operator(input.tiny ? kTinySamples : 1000);
  v1::Stage* drop = loop->add_body();
  drop->set_key("drop");
  if (published.rule == Rule::kWorst) {
    drop->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(published.drop);
  } else {
    drop->mutable_shrink()->mutable_rule()->mutable_per_choice()->set_drop(published.drop);
  }
  if (published.reset_base) {
    v1::Stage* reset = loop->add_body();
    reset->set_key("reset_base");
    reset->mutable_reset_base()->set_after_dropped(50);
  }
  v1::Stage* train = loop->add_body();
  AddTraining(published, input, published.stage_epochs, "train_again", train);
  train->mutable_train()->set_continue_schedule(true);
}

// NAS-Bench-201 starts below 10^6 children: one step of 20 operators.
void AddOneStep(const Published& published, v1::RunPlan* plan) {
  v1::Stage* score = plan->add_stages();
  score->set_key("score");
  score->mutable_score()->mutable_options()->set_metric("angle");
  score->mutable_score()->mutable_options()->set_aggregation("mean");
  v1::Stage* drop = plan->add_stages();
  drop->set_key("drop");
  drop->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(published.drop);
}

// SPOS's evolution (Sec. 3.4) with the mutation probability of ABS's code.
void AddSearch(const Published& published, const RecipeInput& input, v1::Stage* stage) {
  stage->set_key("search");
  v1::SearchOptions* search = stage->mutable_search()->mutable_options();
  search->set_algorithm("evolution");
  search->add_metrics("accuracy");
  search->set_trials(input.tiny ? 8 : 1000);
  search->mutable_evolution()->set_population(input.tiny ? 4 : 50);
  search->mutable_evolution()->set_top_k(input.tiny ? 2 : 10);
  search->mutable_evolution()->set_mutation_probability(0.5);
  if (input.tiny) {
    search->mutable_evaluate()->set_images(kTinyEvaluated);
    search->mutable_evaluate()->mutable_re_bn()->set_images(kTinyEvaluated);
  }
  if (input.tiny || published.most_macs == 0) return;
  v1::Constraint* constraint = search->add_constraints();
  constraint->set_cost("macs");
  constraint->set_max(published.most_macs);
}

void AddRetrain(const Published& published, const RecipeInput& input, v1::Stage* stage) {
  v1::Stage made;
  AddTraining(published, input, 240, "retrain", &made);
  stage->set_key("retrain");
  *stage->mutable_retrain()->mutable_options() = made.train().options();
  stage->mutable_retrain()->mutable_options()->mutable_optimizer()->clear_schedule_epochs();
  stage->mutable_retrain()->set_use_all_training_images(true);
  stage->mutable_retrain()->set_top(2);
}

v1::RunPlan PlanOf(const char* name, const Published& published, const RecipeInput& input) {
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name(name);
  plan.mutable_supernet()->set_backend("torch");
  AddTraining(published, input, published.epochs, "train", plan.add_stages());
  if (&published == &kNasBench201) {
    AddOneStep(published, &plan);
  } else {
    AddLoop(published, input, plan.add_stages());
  }
  v1::Stage* anew = plan.add_stages();
  AddTraining(published, input, 100, "train_anew", anew)->set_strategy(published.strategy);
  anew->mutable_train()->mutable_options()->mutable_optimizer()->clear_schedule_epochs();
  anew->mutable_train()->set_new_supernet(true);
  AddSearch(published, input, plan.add_stages());
  AddRetrain(published, input, plan.add_stages());
  v1::Stage* exported = plan.add_stages();
  exported->set_key("export");
  exported->mutable_export_()->set_format("safetensors");
  exported->mutable_export_()->set_file("best.safetensors");
  return plan;
}

const std::vector<ShortName>& Names() {
  static const auto* const kNames = new std::vector<ShortName>{
      {"epochs", "integer", "epochs of the first training", {"stages[train].train.options.epochs"}},
      {"search_epochs",
       "integer",
       "epochs of the supernet that is searched",
       {"stages[train_anew].train.options.epochs"}},
      {"retrain_epochs", "integer", "epochs of the final training", {"stages[retrain].retrain.options.epochs"}},
      {"batch_size",
       "integer",
       "images a step, but for stages inside the loop",
       {"stages[train].train.options.batch_size", "stages[train_anew].train.options.batch_size",
        "stages[retrain].retrain.options.batch_size"}},
      {"trials", "integer", "children evaluated by the search", {"stages[search].search.options.trials"}},
      {"top", "integer", "children trained from scratch", {"stages[retrain].retrain.top"}},
  };
  return *kNames;
}

// Narrow, and as deep as stages allow.
void TinyShape(const RecipeInput& input, v1::PresetOptions* shape) {
  if (!input.tiny) return;
  if (input.space == "darts" || input.space == "darts-shared") {
    if (shape->channels() == 0) shape->set_channels(4);
    if (shape->layers() == 0) shape->set_layers(3);
    if (shape->stem().empty()) shape->set_stem("cifar");
  } else if (input.space == "nas-bench-201") {
    if (shape->channels() == 0) shape->set_channels(4);
    if (shape->cells() == 0) shape->set_cells(1);
  } else if (shape->width_multiplier() == 0) {
    shape->set_width_multiplier(0.25);
  }
}

void Nothing(v1::RunPlan* /*plan*/) {}

}  // namespace

const std::vector<Recipe>& PublishedAbsRecipes() {
  static const auto* const kRecipes = new std::vector<Recipe>{
      {"abs-spos", "ABS before SPOS, as published: MobileNet blocks, 7 operators at a time, evolution below 475 M",
       "mobilenet-proxyless-gpu", [](const RecipeInput& input) { return PlanOf("abs-spos", kSpos, input); }, Names,
       TinyShape, Nothing},
      {"abs-fairnas", "ABS before FairNAS, as published: one operator of every layer at a time, strict fairness",
       "fairnas", [](const RecipeInput& input) { return PlanOf("abs-fairnas", kFairNas, input); }, Names, TinyShape,
       Nothing},
      {"abs-darts", "ABS on DARTS cells, as published: one operator of every edge at a time", "darts-shared",
       [](const RecipeInput& input) { return PlanOf("abs-darts", kDarts, input); }, Names, TinyShape, Nothing},
      {"abs-nas-bench-201", "ABS's study on NAS-Bench-201, as published: 20 of 30 operators in one step",
       "nas-bench-201", [](const RecipeInput& input) { return PlanOf("abs-nas-bench-201", kNasBench201, input); },
       Names, TinyShape, Nothing},
  };
  return *kRecipes;
}

}  // namespace nasshrink::run
