#include "nn/training_step.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/random.h"
#include "nn/optimizer_state.h"
#include "nn/schedule.h"

namespace nasshrink::nn {
namespace {

// The framework's default momentum of running statistics.
constexpr double kStatisticsMomentum = 0.1;

}  // namespace

TrainingStep::TrainingStep(SupernetState& state, const run::TrainOptions& options, std::unique_ptr<Strategy> strategy)
    : state_(state),
      options_(options),
      strategy_(std::move(strategy)),
      architecture_(MakeArchitectureStep(state, options)),
      optimizer_(MakeOptimizer(state.plan.layout, options.optimizer)),
      step_(options.first_step),
      gradients_(state.plan.layout) {
  state_.memory.Add(LastingBytes());
}

uint64_t TrainingStep::LastingBytes() const {
  size_t arrays = optimizer_->slots().size() + 2;  // gradients: of a pass, and their sum
  if (architecture_ != nullptr) arrays += options_.architecture.order == 2 ? 3 : 1;
  return arrays * state_.plan.layout.weights * sizeof(float);
}

const std::vector<float>& TrainingStep::Forward(const float* images, int64_t count) {
  pass_.reset();
  path_ = strategy_->Draw(step_, gradients_.passes() % paths());
  std::optional<GatedMixture> mixed = strategy_->Mixed();
  program_ = Compile(mixed);
  gates_ = mixed ? std::move(mixed->gates) : std::vector<float>();
  pass_ = std::make_unique<Pass<float>>(state_.plan, program_, state_.weights.current.data(), state_.pool, true);
  pass_->SetHalved(options_.halved);
  if (options_.classifier_dropout > 0) {
    DrawFeatureScale(count);
    pass_->SetFeatureScale(feature_scale_.data());
  }
  if (program_.drops > 0) {
    image_scales_ = DrawImageScales(DropOf(mixed.has_value(), gradients_.passes()), program_.drops, count);
    pass_->SetImageScales(image_scales_.data());
  }
  return pass_->Forward(images, count, nullptr, gates_.data());
}

ImageDrop TrainingStep::DropOf(bool mixed, uint32_t pass) const {
  return {mixed ? SkipDropoutAt(options_.architecture, epoch_) : DropPathAt(options_, step_), options_.seed, step_,
          pass};
}

Program TrainingStep::Compile(const std::optional<GatedMixture>& mixed) const {
  const bool drops = DropOf(mixed.has_value(), 0).on();
  if (mixed) return CompileMixture(state_.plan, mixed->mixture, drops ? Drops::kIdentities : Drops::kNone);
  return CompileProgram(state_.plan, path_, drops ? Drops::kOperators : Drops::kNone,
                        options_.auxiliary_weight > 0 ? Heads::kBoth : Heads::kClassifier);
}

// Inverted dropout (Srivastava et al. 2014): what is kept is scaled up, so that evaluation needs no change.
void TrainingStep::DrawFeatureScale(int64_t count) {
  const double keep = 1 - options_.classifier_dropout;
  feature_scale_.resize(static_cast<size_t>(count) * static_cast<size_t>(program_.classifier.in));
  base::Philox random(options_.seed, base::Purpose::kDropout, step_, gradients_.passes());
  for (float& scale : feature_scale_) scale = random.Uniform() < keep ? static_cast<float>(1 / keep) : 0.0F;
}

void TrainingStep::Backward(const float* logit_gradient, const float* auxiliary_gradient) {
  if (gradients_.passes() < paths()) drawn_.insert(drawn_.end(), path_.begin(), path_.end());
  gradients_.Add(program_, pass_.get(), logit_gradient, auxiliary_gradient);
  pass_.reset();
}

void TrainingStep::Discard() {
  pass_.reset();
  gradients_.Clear();
  drawn_.clear();
}

base::Status TrainingStep::Apply(run::StepOutcome* outcome) {
  const Layout& layout = state_.plan.layout;
  Weights& weights = state_.weights;
  const std::vector<uint32_t>& parameters = gradients_.parameters();
  const double rate = LearningRate(options_.optimizer, step_, options_.schedule_steps);
  const double norm = GradientNorm(layout, parameters, gradients_.data());
  if (!std::isfinite(norm)) {
    Discard();
    return base::Error(base::Code::kOutOfRange, "a gradient of step {} is not finite; the step was not applied", step_);
  }
  ClipGradients(layout, parameters, options_.optimizer, norm, gradients_.data());
  optimizer_->Step(parameters, rate, gradients_.data(), weights.current.data());
  if (!options_.freeze_unsampled) optimizer_->StepOthers(parameters, rate, weights.current.data());
  for (const auto& moments : gradients_.moments()) CommitMoments(moments);
  if (options_.weight_average_decay > 0) {
    // Early on the average follows faster, so that the first weights do not linger (our decision).
    const auto age = static_cast<double>(step_);
    UpdateAverage(std::min(options_.weight_average_decay, (1 + age) / (10 + age)), weights.current, &weights.average);
  }
  outcome->step = step_;
  outcome->learning_rate = rate;
  outcome->gradient_norm = norm;
  outcome->architectures = std::move(drawn_);
  Discard();
  ++step_;
  ++weights.steps;
  return {};
}

void TrainingStep::CommitMoments(const std::vector<NormMoments>& moments) {
  Weights& weights = state_.weights;
  for (const NormMoments& norm : moments) {
    const Statistics& statistics = state_.plan.layout.statistics[norm.statistics];
    const double unbiased =
        norm.count > 1 ? static_cast<double>(norm.count) / static_cast<double>(norm.count - 1) : 1.0;
    for (size_t c = 0; c < statistics.channels; ++c) {
      float& mean = weights.running_mean[statistics.offset + c];
      float& variance = weights.running_variance[statistics.offset + c];
      mean = static_cast<float>((1 - kStatisticsMomentum) * mean + kStatisticsMomentum * norm.mean[c]);
      variance =
          static_cast<float>((1 - kStatisticsMomentum) * variance + kStatisticsMomentum * norm.variance[c] * unbiased);
    }
  }
}

base::Status TrainingStep::MoveArchitecture(const LabelledBatch& held_out, const LabelledBatch& training,
                                            run::StepOutcome* outcome) {
  ArchitectureBatches batches;
  batches.held_out = held_out;
  batches.training = training;
  batches.rate = LearningRate(options_.optimizer, step_, options_.schedule_steps);
  batches.optimizer = optimizer_.get();
  batches.drop = DropOf(true, kArchitecturePass);
  return architecture_->Take(batches, outcome);
}

base::Status TrainingStep::Write(base::SafetensorsWriter* writer) const {
  writer->SetMetadata("step", fmt::format("{}", step_));
  return WriteOptimizer(state_.plan.layout, *optimizer_, writer);
}

base::Status TrainingStep::Read(const base::SafetensorsImage& image) {
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t step, NumberOf(image, "step"));
  NASSHRINK_RETURN_IF_ERROR(ReadOptimizer(state_.plan.layout, image, optimizer_.get()));
  Discard();
  step_ = step;
  return {};
}

base::Status TrainingStep::Adopt(const base::SafetensorsImage& image) {
  return AdoptOptimizer(state_.plan.layout, image, optimizer_.get());
}

}  // namespace nasshrink::nn
