#include "run/work_estimate.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "search/settings.h"
#include "space/repeat_cells.h"

namespace nasshrink::run {
namespace {

using Stages = google::protobuf::RepeatedPtrField<v1::Stage>;

// Scoring by the angle and applying a rule cost next to nothing.
constexpr double kSmall = 1;

double Images(uint64_t limit, uint64_t all) { return static_cast<double>(limit == 0 ? all : std::min(limit, all)); }

double EvaluatedImages(const v1::EvaluateOptions& options, const DatasetInfo& dataset) {
  const uint64_t limit = options.re_bn().images() == 0 ? 20000 : options.re_bn().images();
  const bool re_bn = options.re_bn().average() != v1::ReBatchNorm::AVERAGE_OFF;
  return Images(options.images(), dataset.validation_images) + (re_bn ? Images(limit, dataset.train_images) : 0);
}

double TrainedImages(const v1::TrainOptions& options, uint64_t images) {
  return options.epochs() * Images(options.images(), images);
}

double ScoredImages(const v1::ScoreOptions& options, const DatasetInfo& dataset, const space::Space& space) {
  if (options.metric() != "accuracy") return 0;
  const double sampled = options.samples_per_operator() == 0 ? 1000 : options.samples_per_operator();
  return sampled * static_cast<double>(space.OperatorCount()) * EvaluatedImages(options.evaluate(), dataset);
}

StageImages RetrainedImages(const v1::RetrainStage& stage, const DatasetInfo& dataset) {
  const bool all = stage.use_all_training_images();
  const uint64_t images = dataset.train_images + (all ? dataset.validation_images : 0);
  const double children = std::max(1U, stage.top());
  StageImages counted;
  counted.trained = children * TrainedImages(stage.options(), images);
  counted.evaluated = children * static_cast<double>(dataset.test_images);
  if (stage.keep_best()) {
    counted.evaluated += children * stage.options().epochs() * static_cast<double>(dataset.validation_images);
  }
  return counted;
}

// How much longer than the space's network that of a retrained child is.
double Lengthened(const v1::RetrainStage& stage, const space::Space& space) {
  const size_t layers = stage.cells() == 0 ? 0 : space::LayersRepeated(space.network, stage.cells());
  return layers == 0 ? 1 : static_cast<double>(layers) / static_cast<double>(space.network.layers.size());
}

uint32_t DroppedEach(const Stages& body, const space::Space& space) {
  uint32_t dropped = 0;
  for (const v1::Stage& stage : body) {
    dropped += stage.shrink().rule().abs().drop();
    dropped += stage.shrink().rule().per_choice().drop() * static_cast<uint32_t>(space.choices.size());
  }
  return dropped;
}

}  // namespace

// If the operators left were spread evenly over the choices, c of them, T children would be left with c * T^(1/c).
double LeftIterations(const v1::LoopStage& loop, const space::Space& space, uint32_t iteration) {
  const v1::Until& until = loop.until();
  double left = 1e9;
  if (until.iterations() != 0) left = std::max(0.0, static_cast<double>(until.iterations()) - iteration);
  const uint32_t dropped = DroppedEach(loop.body(), space);
  const auto choices = static_cast<double>(space.choices.size());
  if (!until.children_at_most().empty() && dropped > 0 && choices > 0) {
    const double target = std::max(1.0, strtod(until.children_at_most().c_str(), nullptr));
    const double surplus = static_cast<double>(space.OperatorCount()) - choices * std::pow(target, 1 / choices);
    left = std::min(left, std::max(0.0, std::ceil(surplus / dropped)));
  }
  return left >= 1e9 ? 1 : left;
}

StageImages ImagesOf(const v1::Stage& stage, const DatasetInfo& dataset, const space::Space& space) {
  switch (stage.kind_case()) {
    case v1::Stage::kTrain:
      return {TrainedImages(stage.train().options(), dataset.train_images), 0};
    case v1::Stage::kScore:
      return {0, ScoredImages(stage.score().options(), dataset, space)};
    case v1::Stage::kSearch:
      return {0, static_cast<double>(search::TrialsOf(stage.search().options())) *
                     EvaluatedImages(stage.search().options().evaluate(), dataset)};
    case v1::Stage::kRetrain:
      return RetrainedImages(stage.retrain(), dataset);
    default:
      return {};
  }
}

namespace {

double ListWork(const Stages& stages, int from, const DatasetInfo& dataset, const space::Space& space) {
  double work = 0;
  for (int i = from; i < stages.size(); ++i) work += StageWork(stages[i], dataset, space, 0);
  return work;
}

}  // namespace

double StageWork(const v1::Stage& stage, const DatasetInfo& dataset, const space::Space& space, uint32_t iteration) {
  if (stage.has_loop()) {
    return LeftIterations(stage.loop(), space, iteration) * ListWork(stage.loop().body(), 0, dataset, space);
  }
  const StageImages images = ImagesOf(stage, dataset, space);
  const double longer = stage.has_retrain() ? Lengthened(stage.retrain(), space) : 1;
  return std::max(kSmall, longer * (kTrainingPasses * images.trained + images.evaluated));
}

double WorkBehind(const v1::RunPlan& plan, const v1::RunState& state, const DatasetInfo& dataset,
                  const space::Space& space) {
  const Stages* stages = &plan.stages();
  double work = 0;
  for (int depth = 0; depth < state.frames_size(); ++depth) {
    const v1::StageFrame& frame = state.frames(depth);
    if (frame.index() >= static_cast<uint32_t>(stages->size())) break;
    const auto index = static_cast<int>(frame.index());
    work += ListWork(*stages, index + 1, dataset, space);
    if (!(*stages)[index].has_loop()) break;
    if (depth + 1 < state.frames_size()) work += StageWork((*stages)[index], dataset, space, frame.iteration());
    stages = &(*stages)[index].loop().body();
  }
  return work;
}

}  // namespace nasshrink::run
