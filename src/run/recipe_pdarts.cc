// The recipe "pdarts": P-DARTS (Chen et al., ICCV 2019, Sec. 3 and 4.2, and its published code) as a plan.
//
// DARTS's supernet is trained three times, deeper each time and with fewer operators on every edge; architecture
// parameters say which go. The child has at most two identities in its normal cell and is trained from scratch.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "run/recipe.h"

namespace nasshrink::run {
namespace {

// Cells in a row between the reductions: 5, 11 and 17 cells in all.
constexpr std::array<uint32_t, 3> kCells = {1, 3, 5};
constexpr std::array<double, 3> kSkipDropout = {0.0, 0.4, 0.7};
// 8 operators are left after the first stage as 5, after the second as 3; "none" is one of them and stays.
constexpr std::array<uint32_t, 2> kDrop = {3, 2};
constexpr uint32_t kRetrainedCells = 6;  // 20 cells in all

struct PdartsSize {
  uint32_t epochs, frozen_epochs, batch_size;
  uint32_t images;  // of the training part; 0 for all
  uint32_t most_cells;
  uint32_t retrain_epochs, retrain_batch_size, retrained_cells;
};
constexpr PdartsSize kPublished = {25, 10, 96, 0, kCells[2], 600, 128, kRetrainedCells};
constexpr PdartsSize kTiny = {1, 0, 16, 64, 2, 1, 16, 2};

void SetWeights(v1::TrainOptions* options, const PdartsSize& size, const RecipeInput& input) {
  options->set_images(size.images);
  if (input.coloured) {
    options->set_crop_padding(4);
    options->set_flip(true);
  }
  v1::Optimizer* optimizer = options->mutable_optimizer();
  optimizer->set_name("sgd");
  optimizer->set_learning_rate(0.025);
  optimizer->set_schedule("cosine");
  optimizer->set_schedule_by("epoch");
  optimizer->set_momentum(0.9);
  optimizer->set_weight_decay(3e-4);
  optimizer->set_clip_norm(5);
}

void AddTraining(size_t number, const PdartsSize& size, const RecipeInput& input, v1::Stage* stage) {
  stage->set_key(fmt::format("train_{}", number + 1));
  v1::TrainOptions* options = stage->mutable_train()->mutable_options();
  SetWeights(options, size, input);
  options->set_epochs(size.epochs);
  options->set_batch_size(size.batch_size);
  options->set_strategy("darts");
  v1::ArchitectureOptions* architecture = options->mutable_architecture();
  architecture->set_frozen_epochs(size.frozen_epochs);
  architecture->set_skip_dropout(kSkipDropout[number]);
  v1::Optimizer* optimizer = architecture->mutable_optimizer();
  optimizer->set_name("adam");
  optimizer->set_learning_rate(6e-4);
  optimizer->set_beta1(0.5);
  optimizer->set_beta2(0.999);
  optimizer->set_weight_decay(1e-3);
  optimizer->set_clip_norm(5);
}

void AddShrinking(size_t number, const PdartsSize& size, v1::RunPlan* plan) {
  v1::Stage* score = plan->add_stages();
  score->set_key(fmt::format("score_{}", number + 1));
  score->mutable_score()->mutable_options()->set_metric("magnitude");
  v1::Stage* drop = plan->add_stages();
  drop->set_key(fmt::format("drop_{}", number + 1));
  v1::PerChoiceRule* rule = drop->mutable_shrink()->mutable_rule()->mutable_per_choice();
  rule->set_drop(kDrop[number]);
  rule->set_keep_none(true);
  v1::Stage* deepen = plan->add_stages();
  deepen->set_key(fmt::format("deepen_{}", number + 2));
  deepen->mutable_deepen()->set_cells(std::min(kCells[number + 1], size.most_cells));
}

void AddRetrain(const PdartsSize& size, const RecipeInput& input, v1::Stage* stage) {
  stage->set_key("retrain");
  v1::RetrainStage* retrain = stage->mutable_retrain();
  v1::TrainOptions* options = retrain->mutable_options();
  SetWeights(options, size, input);
  options->set_epochs(size.retrain_epochs);
  options->set_batch_size(size.retrain_batch_size);
  options->set_cutout(16);
  options->set_drop_path(0.3);
  retrain->set_cells(size.retrained_cells);
  retrain->set_auxiliary_weight(0.4);
  retrain->set_use_all_training_images(true);
}

v1::RunPlan PdartsPlan(const RecipeInput& input) {
  const PdartsSize& size = input.tiny ? kTiny : kPublished;
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name("pdarts");
  plan.mutable_supernet()->set_backend("torch");
  for (size_t number = 0; number < kCells.size(); ++number) {
    AddTraining(number, size, input, plan.add_stages());
    if (number < kDrop.size()) AddShrinking(number, size, &plan);
  }
  v1::Stage* derive = plan.add_stages();
  derive->set_key("derive");
  derive->mutable_derive()->mutable_options()->set_rule("darts");
  derive->mutable_derive()->mutable_options()->set_most_identities(2);
  AddRetrain(size, input, plan.add_stages());
  v1::Stage* exported = plan.add_stages();
  exported->set_key("export");
  exported->mutable_export_()->set_format("safetensors");
  exported->mutable_export_()->set_file("best.safetensors");
  return plan;
}

const std::vector<ShortName>& Names() {
  static const auto* const kNames = new std::vector<ShortName>{
      {"epochs",
       "integer",
       "epochs of each of the three trainings",
       {"stages[train_1].train.options.epochs", "stages[train_2].train.options.epochs",
        "stages[train_3].train.options.epochs"}},
      {"frozen_epochs",
       "integer",
       "of them, those before architecture parameters move",
       {"stages[train_1].train.options.architecture.frozen_epochs",
        "stages[train_2].train.options.architecture.frozen_epochs",
        "stages[train_3].train.options.architecture.frozen_epochs"}},
      {"batch_size",
       "integer",
       "images a step of the three trainings",
       {"stages[train_1].train.options.batch_size", "stages[train_2].train.options.batch_size",
        "stages[train_3].train.options.batch_size"}},
      {"retrain_epochs", "integer", "epochs of the final training", {"stages[retrain].retrain.options.epochs"}},
      {"retrain_batch_size", "integer", "images a step of it", {"stages[retrain].retrain.options.batch_size"}},
      {"most_identities",
       "integer",
       "identities that the normal cell may have",
       {"stages[derive].derive.options.most_identities"}},
  };
  return *kNames;
}

// As deep as kCells says.
void FirstShape(const RecipeInput& input, v1::PresetOptions* shape) {
  const bool darts = input.space.compare(0, 5, "darts") == 0;
  if (!darts) return;
  if (shape->layers() == 0) shape->set_layers(3 * kCells[0] + 2);
  if (shape->stem().empty()) shape->set_stem("cifar");
  if (shape->channels() == 0) shape->set_channels(input.tiny ? 4 : 16);
}

void Nothing(v1::RunPlan* /*plan*/) {}

}  // namespace

const Recipe& PdartsRecipe() {
  static const Recipe kRecipe = {
      "pdarts",      "P-DARTS, as published: DARTS's supernet of 5, 11 and 17 cells with 8, 5 and 3 operators an edge",
      "darts-edges", PdartsPlan,
      Names,         FirstShape,
      Nothing};
  return kRecipe;
}

}  // namespace nasshrink::run
