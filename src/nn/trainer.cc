#include "nn/trainer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/random.h"
#include "base/safetensors.h"
#include "nn/batch_source.h"
#include "nn/head.h"
#include "nn/sampling.h"
#include "nn/sgd.h"

namespace nasshrink::nn {
namespace {

constexpr char kSnapshotFormat[] = "nasshrink-trainer-1";
// The framework's default momentum of running statistics.
constexpr double kStatisticsMomentum = 0.1;

base::Status CheckRange(const char* field, double value, double low, double high, const char* allowed) {
  if (value >= low && value <= high) return {};
  return base::Invalid(field, value, allowed, "the number is out of range");
}

base::Status CheckOptions(const run::TrainOptions& options) {
  constexpr double kMost = std::numeric_limits<double>::max();
  const run::OptimizerOptions& optimizer = options.optimizer;
  NASSHRINK_RETURN_IF_ERROR(CheckRange("batch_size", options.batch_size, 1, 65536, "1..65536"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.learning_rate", optimizer.learning_rate, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("optimizer.final_learning_rate", optimizer.final_learning_rate, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.momentum", optimizer.momentum, 0, 1, "0..1"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.weight_decay", optimizer.weight_decay, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.clip_norm", optimizer.clip_norm, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("optimizer.clip_value", optimizer.clip_value, 0, kMost, "0 or above"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("label_smoothing", options.label_smoothing, 0, 1, "0..1"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("crop_padding", options.crop_padding, 0, 1024, "0..1024"));
  return CheckRange("weight_average_decay", options.weight_average_decay, 0, 0.9999999, "0 or above, below 1");
}

// Rows of [channels, height, width] become rows of [height, width, channels].
std::vector<float> ChannelsLast(const float* images, const Shape& shape) {
  std::vector<float> out(static_cast<size_t>(shape.size()));
  const int64_t plane = static_cast<int64_t>(shape.height) * shape.width;
  for (int64_t image = 0; image < shape.images; ++image) {
    const float* source = images + image * plane * shape.channels;
    float* target = out.data() + image * plane * shape.channels;
    for (int c = 0; c < shape.channels; ++c) {
      for (int64_t p = 0; p < plane; ++p) target[p * shape.channels + c] = source[c * plane + p];
    }
  }
  return out;
}

template <typename T>
base::Status AddTensor(const char* name, const char* dtype, const std::vector<T>& values,
                       base::SafetensorsWriter* writer) {
  return writer->Add(name, dtype, {static_cast<int64_t>(values.size())},
                     {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
}

template <typename T>
base::Status CopyTensor(const base::SafetensorsImage& image, const char* name, const char* dtype, size_t count,
                        std::vector<T>* out) {
  const base::SafetensorsTensor* tensor = image.Find(name);
  if (tensor == nullptr || tensor->dtype != dtype || tensor->data.size() != count * sizeof(T)) {
    return base::Error(base::Code::kDataLoss, "the trainer's snapshot has no tensor '{}' of {} {} values", name, count,
                       dtype);
  }
  out->resize(count);
  std::copy_n(tensor->data.data(), tensor->data.size(), reinterpret_cast<char*>(out->data()));
  return {};
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

base::Status PathTrainer::Prepare() {
  step_ = options_.first_step;
  const Layout& layout = state_->plan.layout;
  momentum_.assign(layout.weights, 0.0F);
  gradients_.assign(layout.weights, 0.0F);
  touched_.assign(layout.parameters.size(), 0);
  Weights& weights = state_->weights;
  if (options_.weight_average_decay > 0) {
    if (weights.average.empty()) weights.average = weights.current;
  } else {
    weights.average.clear();
  }
  return {};
}

base::Status PathTrainer::CheckBatch(const run::TensorView& inputs, const run::TensorView& targets) const {
  const space::Network& network = state_->plan.space.network;
  const std::string allowed =
      fmt::format("float32 [batch, {}, {}, {}]", network.input_channels, network.input_height, network.input_width);
  if (inputs.dtype != run::DType::kFloat32 || inputs.shape.size() != 4 || inputs.shape[0] < 1 ||
      inputs.shape[1] != network.input_channels || inputs.shape[2] != network.input_height ||
      inputs.shape[3] != network.input_width || inputs.data == nullptr) {
    return base::Invalid("inputs", fmt::format("[{}]", fmt::join(inputs.shape, ", ")), allowed,
                         "the batch is not what the network takes");
  }
  if (targets.dtype != run::DType::kInt64 || targets.shape.size() != 1 || targets.shape[0] != inputs.shape[0] ||
      targets.data == nullptr) {
    return base::Invalid("targets", fmt::format("[{}]", fmt::join(targets.shape, ", ")),
                         fmt::format("int64 [{}]", inputs.shape[0]), "the targets do not fit the inputs");
  }
  const auto* labels = static_cast<const int64_t*>(targets.data);
  for (int64_t i = 0; i < targets.shape[0]; ++i) {
    if (labels[i] < 0 || labels[i] >= network.classes) {
      return base::Invalid(fmt::format("targets[{}]", i), labels[i], fmt::format("0..{}", network.classes - 1),
                           "the label is out of range");
    }
  }
  return {};
}

base::Result<run::StepOutcome> PathTrainer::Step(const run::TensorView& inputs, const run::TensorView& targets) {
  NASSHRINK_RETURN_IF_ERROR(CheckBatch(inputs, targets));
  run::StepOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&]() -> base::Status {
    const Shape shape{inputs.shape[0], static_cast<int>(inputs.shape[2]), static_cast<int>(inputs.shape[3]),
                      static_cast<int>(inputs.shape[1])};
    const std::vector<float> images = ChannelsLast(static_cast<const float*>(inputs.data), shape);
    NASSHRINK_ASSIGN_OR_RETURN(outcome, StepOn(images.data(), static_cast<const int64_t*>(targets.data), shape.images));
    return {};
  }));
  return outcome;
}

base::Result<run::StepOutcome> PathTrainer::StepOn(const float* images, const int64_t* targets, int64_t count) {
  const NetworkPlan& plan = state_->plan;
  Weights& weights = state_->weights;
  run::StepOutcome outcome;
  outcome.step = step_;
  outcome.learning_rate = LearningRate(options_.optimizer, step_, options_.schedule_steps);
  outcome.architectures = options_.per_cell_rejecting
                              ? SamplePerCell(plan, options_.seed, step_)
                              : std::vector<space::Architecture>{SampleShared(plan.space, options_.seed, step_)};
  const Program program = CompileProgram(plan, outcome.architectures);
  Pass<float> pass(plan, program, weights.current.data(), state_->pool, true);
  const std::vector<float>& logits = pass.Forward(images, count, nullptr);
  const int classes = program.classifier.classes;
  logit_gradient_.resize(logits.size());
  const LossOutcome loss =
      CrossEntropy(count, classes, logits.data(), targets, options_.label_smoothing, logit_gradient_.data());
  outcome.loss = loss.loss;
  outcome.accuracy = 100.0 * static_cast<double>(loss.correct) / static_cast<double>(count);
  if (!std::isfinite(loss.loss)) {
    return base::Error(base::Code::kOutOfRange, "the loss of step {} is not finite; the step was not applied", step_);
  }
  pass.Backward(logit_gradient_.data(), gradients_.data());
  outcome.gradient_norm = GradientNorm(plan.layout, program.parameters, gradients_.data());
  if (!std::isfinite(outcome.gradient_norm)) {
    return base::Error(base::Code::kOutOfRange, "a gradient of step {} is not finite; the step was not applied", step_);
  }
  ClipGradients(plan.layout, program.parameters, options_.optimizer, outcome.gradient_norm, gradients_.data());
  ApplySgd(plan.layout, program.parameters, options_.optimizer, outcome.learning_rate, gradients_.data(),
           momentum_.data(), weights.current.data());
  if (!options_.freeze_unsampled) MoveUnsampled(program, outcome.learning_rate);
  CommitMoments(pass.moments());
  if (options_.weight_average_decay > 0) {
    // Early on the average follows faster, so that the first weights do not linger (our decision).
    const auto age = static_cast<double>(step_);
    UpdateAverage(std::min(options_.weight_average_decay, (1 + age) / (10 + age)), weights.current, &weights.average);
  }
  ++step_;
  ++weights.steps;
  return outcome;
}

// What PyTorch's SGD does to tensors whose gradient is zero instead of absent: momentum and decay go on.
void PathTrainer::MoveUnsampled(const Program& program, double rate) {
  std::vector<uint32_t> unsampled;
  auto sampled = program.parameters.begin();
  for (uint32_t i = 0; i < touched_.size(); ++i) {
    if (sampled != program.parameters.end() && *sampled == i) {
      touched_[i] = 1;
      ++sampled;
    } else if (touched_[i] != 0) {
      unsampled.push_back(i);
    }
  }
  ApplySgd(state_->plan.layout, unsampled, options_.optimizer, rate, nullptr, momentum_.data(),
           state_->weights.current.data());
}

void PathTrainer::CommitMoments(const std::vector<NormMoments>& moments) {
  Weights& weights = state_->weights;
  for (const NormMoments& norm : moments) {
    const Statistics& statistics = state_->plan.layout.statistics[norm.statistics];
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

uint64_t PathTrainer::StepsPerEpoch(const run::Dataset& dataset) const {
  const auto images = ImageDataset::From(&dataset);
  if (!images.ok()) return 0;
  uint64_t count = (*images)->CountOf(options_.part);
  if (options_.images != 0) count = std::min(count, options_.images);
  return (count + options_.batch_size - 1) / options_.batch_size;
}

base::Result<run::EpochOutcome> PathTrainer::Epoch(run::Dataset& dataset, uint32_t epoch, const base::Cancel* cancel,
                                                   const run::StepProgress& progress) {
  NASSHRINK_ASSIGN_OR_RETURN(const ImageDataset* images, ImageDataset::From(&dataset));
  NASSHRINK_RETURN_IF_ERROR(CheckDataset(state_->plan, images->info()));
  run::EpochOutcome outcome;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(outcome, RunEpoch(*images, epoch, cancel, progress));
    return {};
  }));
  return outcome;
}

base::Result<run::EpochOutcome> PathTrainer::RunEpoch(const ImageDataset& dataset, uint32_t epoch,
                                                      const base::Cancel* cancel, const run::StepProgress& progress) {
  NASSHRINK_ASSIGN_OR_RETURN(PartImages part, dataset.Images(options_.part, options_.images));
  base::Philox random(options_.seed, base::Purpose::kShuffle, epoch);
  const std::vector<uint32_t> order = base::Permutation(static_cast<uint32_t>(part.images.size()), random);
  PartImages shuffled;
  shuffled.test = part.test;
  for (const uint32_t i : order) shuffled.images.push_back(part.images[i]);

  BatchSource batches(dataset, std::move(shuffled), options_.batch_size, AugmentationOf(options_, epoch));
  const uint64_t total = batches.count();
  run::EpochOutcome outcome;
  double correct = 0;
  for (uint64_t done = 0; done < total; ++done) {
    if (base::Triggered(cancel)) return base::Status(base::Code::kCancelled, "training was cancelled");
    NASSHRINK_ASSIGN_OR_RETURN(const Batch* batch, batches.Next(cancel));
    const auto step = StepOn(batch->images.data(), batch->targets.data(), static_cast<int64_t>(batch->count));
    if (step.ok()) {
      ++outcome.steps;
      outcome.images += batch->count;
      outcome.loss += step->loss * static_cast<double>(batch->count);
      correct += step->accuracy * static_cast<double>(batch->count);
      outcome.learning_rate = step->learning_rate;
    } else if (step.status().code() == base::Code::kOutOfRange) {
      ++outcome.skipped_steps;
      // The schedule and the sampled paths go on; nothing else has moved.
      ++step_;
    } else {
      return step.status();
    }
    if (progress) progress(done + 1, total);
  }
  state_->pool.Trim();
  if (outcome.steps == 0) {
    return base::Error(base::Code::kOutOfRange,
                       "epoch {}: the loss was not finite in any of its {} steps, so nothing was trained; check the "
                       "images and the learning rate",
                       epoch, total);
  }
  outcome.loss /= static_cast<double>(outcome.images);
  outcome.train_accuracy = correct / static_cast<double>(outcome.images);
  return outcome;
}

base::Status PathTrainer::WriteSnapshot(std::string* bytes) const {
  base::SafetensorsWriter writer;
  writer.SetMetadata("format", kSnapshotFormat);
  writer.SetMetadata("step", fmt::format("{}", step_));
  NASSHRINK_RETURN_IF_ERROR(AddTensor("momentum", "F32", momentum_, &writer));
  NASSHRINK_RETURN_IF_ERROR(AddTensor("touched", "U8", touched_, &writer));
  *bytes = writer.Finish();
  return {};
}

base::Result<std::string> PathTrainer::Snapshot() const {
  std::string bytes;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&] { return WriteSnapshot(&bytes); }));
  return bytes;
}

base::Status PathTrainer::Restore(std::string_view snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage image, base::ParseSafetensors(snapshot));
  const auto format = image.metadata.find("format");
  const auto step_text = image.metadata.find("step");
  if (format == image.metadata.end() || format->second != kSnapshotFormat || step_text == image.metadata.end()) {
    return base::Error(base::Code::kDataLoss, "the bytes are no trainer's snapshot ({})", kSnapshotFormat);
  }
  uint64_t step = 0;
  const char* begin = step_text->second.data();
  const char* end = begin + step_text->second.size();
  const auto parsed = std::from_chars(begin, end, step);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return base::Error(base::Code::kDataLoss, "the trainer's snapshot has the step '{}'", step_text->second);
  }
  std::vector<float> momentum;
  std::vector<uint8_t> touched;
  NASSHRINK_RETURN_IF_ERROR(CopyTensor(image, "momentum", "F32", momentum_.size(), &momentum));
  NASSHRINK_RETURN_IF_ERROR(CopyTensor(image, "touched", "U8", touched_.size(), &touched));
  return state_->executor.Run([&] {
    momentum_ = std::move(momentum);
    touched_ = std::move(touched);
    step_ = step;
    return base::Status();
  });
}

}  // namespace nasshrink::nn
