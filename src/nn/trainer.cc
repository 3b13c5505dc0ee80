#include "nn/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/instruction_sets.h"
#include "base/random.h"
#include "base/safetensors.h"
#include "nn/batch_source.h"
#include "nn/caller_batch.h"
#include "nn/head.h"
#include "nn/heap_trim.h"
#include "nn/held_out.h"
#include "nn/optimizer_state.h"
#include "nn/strategy.h"

namespace nasshrink::nn {
namespace {

constexpr char kSnapshotFormat[] = "nasshrink-trainer-2";
// How often, in steps, malloc is asked what it holds without use, and how much that may be. Ours: giving back costs a
// step a fifth of its time, and what piles up in so many steps is little beside the activations.
constexpr uint64_t kTrimSteps = 32;
constexpr uint64_t kMostFreeHeap = uint64_t{64} << 20;
constexpr char kSkipped[] = "skipped_in_a_row";

base::Status CheckRange(const char* field, double value, double low, double high, const char* allowed) {
  if (value >= low && value <= high) return {};
  return base::Invalid(field, value, allowed, "the number is out of range");
}

base::Status CheckOptions(const run::TrainOptions& options) {
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kBelowOne = 0.9999999;
  const run::OptimizerOptions& optimizer = options.optimizer;
  NASSHRINK_RETURN_IF_ERROR(CheckRange("batch_size", options.batch_size, 1, 65536, "1..65536"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.learning_rate", optimizer.learning_rate, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("optimizer.final_learning_rate", optimizer.final_learning_rate, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.momentum", optimizer.momentum, 0, 1, "0..1"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.beta1", optimizer.beta1, 0, kBelowOne, "0 or above, below 1"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.beta2", optimizer.beta2, 0, kBelowOne, "0 or above, below 1"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.epsilon", optimizer.epsilon, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.weight_decay", optimizer.weight_decay, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.clip_norm", optimizer.clip_norm, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.clip_value", optimizer.clip_value, 0, kMost, "0 or above"));
  if (options.halved && !base::HasBFloat16()) {
    return base::Status(base::Code::kFailedPrecondition, "this processor does not multiply bfloat16 numbers")
        .WithField("precision", "bfloat16", "float32, or a CPU with AVX512-BF16");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckRange("label_smoothing", options.label_smoothing, 0, 1, "0..1"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("crop_padding", options.crop_padding, 0, 1024, "0..1024"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("auxiliary_weight", options.auxiliary_weight, 0, kMost, "0 or above"));
  return CheckRange("weight_average_decay", options.weight_average_decay, 0, kBelowOne, "0 or above, below 1");
}

base::Result<base::SafetensorsImage> ParseSnapshot(std::string_view snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(base::SafetensorsImage image, base::ParseSafetensors(snapshot));
  const auto format = image.metadata.find("format");
  if (format != image.metadata.end() && format->second == kSnapshotFormat) return image;
  return base::Error(base::Code::kDataLoss, "the bytes are no trainer's snapshot ({})", kSnapshotFormat);
}

}  // namespace

base::Status CheckDataset(const NetworkPlan& plan, const run::DatasetInfo& info) {
  const space::Network& network = plan.space.network;
  if (info.channels != network.input_channels || info.height != network.input_height ||
      info.width != network.input_width) {
    return base::Invalid("dataset", fmt::format("{}x{}x{}", info.channels, info.height, info.width),
                         fmt::format("{}x{}x{}", network.input_channels, network.input_height, network.input_width),
                         "the images are not what the network takes");
  }
  if (info.classes > network.classes) {
    return base::Invalid("dataset", fmt::format("{} classes", info.classes), fmt::format("at most {}", network.classes),
                         "the network has fewer classes");
  }
  return {};
}

base::Result<std::unique_ptr<run::Trainer>> PathTrainer::Make(std::shared_ptr<SupernetState> state,
                                                              const run::TrainOptions& options) {
  NASSHRINK_RETURN_IF_ERROR(CheckOptions(options));
  std::unique_ptr<PathTrainer> trainer(new PathTrainer(std::move(state), options));
  NASSHRINK_RETURN_IF_ERROR(trainer->state_->executor.Run([&] { return trainer->Prepare(); }));
  return std::unique_ptr<run::Trainer>(std::move(trainer));
}

PathTrainer::~PathTrainer() {
  // Activations go back to the pool on the thread that took them.
  const base::Status freed = state_->executor.Run([this] {
    step_.reset();
    return base::Status();
  });
  static_cast<void>(freed);
}

base::Status PathTrainer::Prepare() {
  if (options_.auxiliary_weight > 0 && !state_->plan.auxiliary_layer.has_value()) {
    return base::Status(base::Code::kFailedPrecondition, "the network was made without an auxiliary head")
        .WithField("auxiliary_weight", fmt::format("{}", options_.auxiliary_weight), "0");
  }
  step_ = std::make_unique<TrainingStep>(*state_, options_, MakeStrategy(*state_, options_));
  Weights& weights = state_->weights;
  if (step_->has_architecture() && !weights.architecture) {
    weights.architecture = InitialParameters(state_->plan.space, options_.architecture.init_deviation, options_.seed);
  }
  if (options_.weight_average_decay > 0) {
    if (weights.average.empty()) weights.average = weights.current;
  } else {
    weights.average.clear();
  }
  return {};
}

base::Status PathTrainer::CheckWhole() const {
  if (!step_->begun()) return {};
  return base::Status(base::Code::kFailedPrecondition,
                      "a step was begun with forward and backward and has not been applied");
}

base::Result<run::StepOutcome> PathTrainer::Step(const run::TensorView& inputs, const run::TensorView& targets) {
  NASSHRINK_RETURN_IF_ERROR(CheckInputs(state_->plan.space.network, inputs));
  NASSHRINK_RETURN_IF_ERROR(CheckTargets(state_->plan.space.network, targets, inputs.shape[0]));
  NASSHRINK_RETURN_IF_ERROR(CheckWhole());
  run::StepOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&]() -> base::Status {
    const Shape shape = ShapeOf(inputs);
    const std::vector<float> images = ChannelsLast(static_cast<const float*>(inputs.data), shape);
    NASSHRINK_ASSIGN_OR_RETURN(outcome, StepOn(images.data(), static_cast<const int64_t*>(targets.data), shape.images));
    return {};
  }));
  return outcome;
}

base::Result<run::ForwardOutcome> PathTrainer::Forward(const run::TensorView& inputs) {
  NASSHRINK_RETURN_IF_ERROR(CheckInputs(state_->plan.space.network, inputs));
  if (options_.auxiliary_weight > 0) {
    return base::Status(base::Code::kFailedPrecondition, "the loss of an auxiliary head is the trainer's own");
  }
  run::ForwardOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&] {
    const Shape shape = ShapeOf(inputs);
    images_ = ChannelsLast(static_cast<const float*>(inputs.data), shape);
    rows_ = shape.images;
    outcome.logits = step_->Forward(images_.data(), rows_);
    outcome.rows = rows_;
    outcome.classes = step_->classes();
    outcome.architectures = step_->path();
    return base::Status();
  }));
  return outcome;
}

base::Status PathTrainer::Backward(const run::TensorView& logit_gradient) {
  return state_->executor.Run([&]() -> base::Status {
    if (!step_->forwarded()) {
      return base::Status(base::Code::kFailedPrecondition, "backward needs a forward before it");
    }
    const std::vector<int64_t> shape = {rows_, step_->classes()};
    if (logit_gradient.dtype != run::DType::kFloat32 || logit_gradient.shape != shape ||
        logit_gradient.data == nullptr) {
      return base::Invalid("logit_gradient", fmt::format("[{}]", fmt::join(logit_gradient.shape, ", ")),
                           fmt::format("float32 [{}]", fmt::join(shape, ", ")), "the gradient is not the logits' own");
    }
    step_->Backward(static_cast<const float*>(logit_gradient.data));
    return {};
  });
}

base::Result<run::StepOutcome> PathTrainer::Apply() {
  run::StepOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&]() -> base::Status {
    if (!step_->whole() || step_->forwarded()) {
      return base::Error(base::Code::kFailedPrecondition,
                         "a step takes {} pairs of forward and backward or a multiple of it, and has had {}",
                         step_->paths(), step_->gradients().passes());
    }
    return step_->Apply(&outcome);
  }));
  return outcome;
}

base::Result<run::NamedTensor> PathTrainer::Gradient(std::string_view name) const {
  const auto& parameters = state_->plan.layout.parameters;
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const Parameter& parameter) { return parameter.name == name; });
  if (found == parameters.end()) {
    return base::Error(base::Code::kNotFound, "the supernet has no weight '{}'", name);
  }
  const auto index = static_cast<uint32_t>(found - parameters.begin());
  const GradientSum& sum = step_->gradients();
  run::NamedTensor gradient{std::vector<float>(found->size, 0.0F), found->shape};
  if (std::binary_search(sum.parameters().begin(), sum.parameters().end(), index)) {
    std::copy_n(sum.values().data() + found->offset, found->size, gradient.values.data());
  }
  return gradient;
}

base::Result<run::StepOutcome> PathTrainer::StepOn(const float* images, const int64_t* targets, int64_t count) {
  const space::Network& network = state_->plan.space.network;
  const int64_t image_size = static_cast<int64_t>(network.input_height) * network.input_width * network.input_channels;
  const int64_t piece = options_.micro_batch_size == 0 ? count : options_.micro_batch_size;
  run::StepOutcome outcome;
  for (int64_t first = 0; first < count; first += piece) {
    const int64_t size = std::min(piece, count - first);
    for (uint32_t path = 0; path < step_->paths(); ++path) {
      base::Status status = AddPass(images + first * image_size, targets + first, size,
                                    static_cast<double>(size) / static_cast<double>(count), &outcome);
      if (status.ok()) continue;
      step_->Discard();
      return status;
    }
  }
  outcome.loss /= step_->paths();
  outcome.accuracy /= step_->paths();
  NASSHRINK_RETURN_IF_ERROR(step_->Apply(&outcome));
  if (step_->step() % kTrimSteps == 0) TrimHeap(kMostFreeHeap);
  return outcome;
}

base::Status PathTrainer::AddPass(const float* images, const int64_t* targets, int64_t count, double share,
                                  run::StepOutcome* outcome) {
  const std::vector<float>& logits = step_->Forward(images, count);
  logit_gradient_.resize(logits.size());
  LossOutcome loss =
      CrossEntropy(count, step_->classes(), logits.data(), targets, options_.label_smoothing, logit_gradient_.data());
  if (const std::vector<float>* auxiliary = step_->auxiliary_logits(); auxiliary != nullptr) {
    auxiliary_gradient_.resize(auxiliary->size());
    const LossOutcome other = CrossEntropy(count, step_->classes(), auxiliary->data(), targets,
                                           options_.label_smoothing, auxiliary_gradient_.data());
    loss.loss += options_.auxiliary_weight * other.loss;
    const auto weight = static_cast<float>(share * options_.auxiliary_weight);
    for (float& gradient : auxiliary_gradient_) gradient *= weight;
  }
  if (!std::isfinite(loss.loss)) {
    return base::Error(base::Code::kOutOfRange, "the loss of step {} is not finite; the step was not applied",
                       step_->step());
  }
  if (share != 1) {
    for (float& gradient : logit_gradient_) gradient *= static_cast<float>(share);
  }
  step_->Backward(logit_gradient_.data(), auxiliary_gradient_.data());
  outcome->loss += share * loss.loss;
  outcome->accuracy += share * 100.0 * static_cast<double>(loss.correct) / static_cast<double>(count);
  return {};
}

uint64_t PathTrainer::StepsPerEpoch(const run::Dataset& dataset) const {
  const auto images = ImageDataset::From(&dataset);
  if (!images.ok()) return 0;
  uint64_t count = (*images)->CountOf(options_.part);
  if (options_.images != 0) count = std::min(count, options_.images);
  return (count + options_.batch_size - 1) / options_.batch_size;
}

base::Result<run::EpochOutcome> PathTrainer::Epoch(run::Dataset& dataset, const run::EpochRequest& request) {
  NASSHRINK_ASSIGN_OR_RETURN(const ImageDataset* images, ImageDataset::From(&dataset));
  NASSHRINK_RETURN_IF_ERROR(CheckDataset(state_->plan, images->info()));
  NASSHRINK_RETURN_IF_ERROR(CheckWhole());
  run::EpochOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(outcome, RunEpoch(*images, request));
    return {};
  }));
  return outcome;
}

base::Result<run::EpochOutcome> PathTrainer::RunEpoch(const ImageDataset& dataset, const run::EpochRequest& request) {
  NASSHRINK_ASSIGN_OR_RETURN(PartImages part, dataset.Images(options_.part, options_.images));
  base::Philox random(options_.seed, base::Purpose::kShuffle, request.epoch);
  const std::vector<uint32_t> order = base::Permutation(static_cast<uint32_t>(part.images.size()), random);
  PartImages shuffled;
  shuffled.test = part.test;
  for (const uint32_t i : order) shuffled.images.push_back(part.images[i]);

  // The images of the batches that are done are left out; changes of pictures are drawn by image, so the rest is the
  // same.
  step_->BeginEpoch(request.epoch);
  const uint64_t total = (shuffled.images.size() + options_.batch_size - 1) / options_.batch_size;
  run::EpochOutcome outcome = request.begun;
  uint64_t done = outcome.steps + outcome.skipped_steps;
  const uint64_t gone = std::min<uint64_t>(done * options_.batch_size, shuffled.images.size());
  shuffled.images.erase(shuffled.images.begin(), shuffled.images.begin() + static_cast<ptrdiff_t>(gone));
  BatchSource batches(dataset, std::move(shuffled), options_.batch_size, AugmentationOf(options_, request.epoch));
  std::optional<HeldOutBatches> held_out;
  if (step_->has_architecture() && request.epoch >= options_.architecture.frozen_epochs) {
    NASSHRINK_ASSIGN_OR_RETURN(held_out,
                               HeldOutBatches::Make(dataset, options_.architecture.batch_size, options_.seed));
  }
  for (; done < total; ++done) {
    const auto batch = batches.Next(request.cancel);
    if (batch.status().code() == base::Code::kCancelled) return outcome;
    NASSHRINK_RETURN_IF_ERROR(batch.status());
    const LabelledBatch labelled{(*batch)->images.data(), (*batch)->targets.data(),
                                 static_cast<int64_t>((*batch)->count)};
    base::Result<run::StepOutcome> step = MoveArchitecture(held_out ? &*held_out : nullptr, labelled);
    if (step.ok()) step = StepOn(labelled.images, labelled.targets, labelled.count);
    NASSHRINK_RETURN_IF_ERROR(Count(step, (*batch)->count, request, &outcome));
    if (request.progress) request.progress(done + 1, total);
  }
  state_->pool.Trim();
  if (outcome.steps == 0) {
    return base::Error(base::Code::kOutOfRange,
                       "epoch {}: the loss was not finite in any of its {} steps, so nothing was trained; check the "
                       "images and the learning rate",
                       request.epoch, total);
  }
  outcome.complete = true;
  return outcome;
}

base::Result<run::StepOutcome> PathTrainer::MoveArchitecture(HeldOutBatches* held_out, const LabelledBatch& training) {
  run::StepOutcome outcome;
  if (held_out == nullptr || step_->step() % options_.architecture.every != 0) return outcome;
  NASSHRINK_ASSIGN_OR_RETURN(const LabelledBatch batch, held_out->Get(state_->weights.architecture->steps));
  NASSHRINK_RETURN_IF_ERROR(step_->MoveArchitecture(batch, training, &outcome));
  return outcome;
}

base::Status PathTrainer::Count(const base::Result<run::StepOutcome>& step, size_t images,
                                const run::EpochRequest& request, run::EpochOutcome* outcome) {
  if (step.ok()) {
    skipped_in_a_row_ = 0;
    ++outcome->steps;
    outcome->images += images;
    outcome->loss_sum += step->loss * static_cast<double>(images);
    outcome->accuracy_sum += step->accuracy * static_cast<double>(images);
    outcome->learning_rate = step->learning_rate;
    return {};
  }
  if (step.status().code() != base::Code::kOutOfRange) return step.status();
  ++outcome->skipped_steps;
  ++skipped_in_a_row_;
  if (request.skipped) {
    NASSHRINK_RETURN_IF_ERROR(request.skipped(step_->step(), step.status()));
  }
  if (options_.max_skipped_steps != 0 && skipped_in_a_row_ >= options_.max_skipped_steps) {
    return base::Error(base::Code::kOutOfRange,
                       "{} steps in a row, up to step {}, had a loss or gradient that is not finite; check the images "
                       "and the learning rate",
                       skipped_in_a_row_, step_->step());
  }
  step_->Skip();
  return {};
}

base::Result<std::string> PathTrainer::Snapshot() const {
  NASSHRINK_RETURN_IF_ERROR(CheckWhole());
  std::string bytes;
  const base::Status status = state_->executor.Run([&]() -> base::Status {
    base::SafetensorsWriter writer;
    writer.SetMetadata("format", kSnapshotFormat);
    writer.SetMetadata(kSkipped, fmt::format("{}", skipped_in_a_row_));
    NASSHRINK_RETURN_IF_ERROR(step_->Write(&writer));
    bytes = writer.Finish();
    return {};
  });
  if (!status.ok()) return status;
  return bytes;
}

base::Status PathTrainer::Restore(std::string_view snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage image, ParseSnapshot(snapshot));
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t skipped, NumberOf(image, kSkipped));
  return state_->executor.Run([&]() -> base::Status {
    NASSHRINK_RETURN_IF_ERROR(step_->Read(image));
    skipped_in_a_row_ = static_cast<uint32_t>(skipped);
    return {};
  });
}

base::Result<run::StepOutcome> PathTrainer::ArchitectureStep(const run::TensorView& inputs,
                                                             const run::TensorView& targets) {
  if (!step_->has_architecture()) {
    return base::Status(base::Code::kFailedPrecondition, "the training strategy has no architecture parameters");
  }
  if (options_.architecture.order == 2) {
    return base::Status(base::Code::kFailedPrecondition,
                        "a step of second order needs a training batch beside the held-out one; train by epochs");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckInputs(state_->plan.space.network, inputs));
  NASSHRINK_RETURN_IF_ERROR(CheckTargets(state_->plan.space.network, targets, inputs.shape[0]));
  NASSHRINK_RETURN_IF_ERROR(CheckWhole());
  run::StepOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&] {
    const Shape shape = ShapeOf(inputs);
    const std::vector<float> images = ChannelsLast(static_cast<const float*>(inputs.data), shape);
    return step_->MoveArchitecture({images.data(), static_cast<const int64_t*>(targets.data), shape.images}, {},
                                   &outcome);
  }));
  return outcome;
}

base::Status PathTrainer::Adopt(std::string_view snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage image, ParseSnapshot(snapshot));
  return state_->executor.Run([&] { return step_->Adopt(image); });
}

}  // namespace nasshrink::nn
