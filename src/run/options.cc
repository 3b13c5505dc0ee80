#include "run/options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace nasshrink::run {
namespace {

using base::Invalid;
using base::Status;

// The bounds keep sizes and rates inside what 32-bit indices and float weights can carry.
constexpr uint32_t kMostBatch = 1 << 20;
constexpr uint32_t kMostPixels = 4096;
constexpr uint32_t kMostClasses = 65536;
// Of augmentation; plan.proto says what they bound.
constexpr double kMostJitter = 10;
constexpr double kLeastArea = 0.0001;
constexpr double kMostRatio = 100;
constexpr uint32_t kMostOperations = 14;
constexpr double kMostMagnitude = 10;

Status CheckRange(std::string_view field, double value, double low, double high) {
  if (std::isfinite(value) && value >= low && value <= high) return {};
  return Invalid(field, value, fmt::format("{}..{}", low, high), "is out of range");
}

Status CheckAtMost(std::string_view field, uint64_t value, uint64_t high) {
  if (value <= high) return {};
  return Invalid(field, value, fmt::format("0..{}", high), "is out of range");
}

Status CheckMeans(std::string_view field, const google::protobuf::RepeatedField<double>& values, double above) {
  for (int i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || values[i] <= above) {
      return Invalid(fmt::format("{}[{}]", field, i), values[i], fmt::format("finite, above {}", above),
                     "cannot normalise images");
    }
  }
  return {};
}

template <typename Value>
Value Or(Value value, Value otherwise) {
  return value == Value{} ? otherwise : value;
}

base::Result<OptimizerOptions::Schedule> ResolveSchedule(const std::string& name) {
  if (name.empty() || name == "cosine") return OptimizerOptions::Schedule::kCosine;
  if (name == "linear") return OptimizerOptions::Schedule::kLinear;
  if (name == "constant") return OptimizerOptions::Schedule::kConstant;
  return CheckName("schedule", name, {"cosine", "linear", "constant"});
}

base::Result<OptimizerOptions> ResolveOptimizer(const v1::Optimizer& message) {
  NASSHRINK_RETURN_IF_ERROR(CheckName("name", Or<std::string>(message.name(), "sgd"), {"sgd", "adam"}));
  if (message.name() == "adam") {
    return base::Error(base::Code::kUnimplemented, "optimizer 'adam' is not part of this version")
        .WithField("name", "adam", "sgd");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckRange("learning_rate", message.learning_rate(), 0, 1000));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("final_learning_rate", message.final_learning_rate(), 0, 1000));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("momentum", message.momentum(), 0, 0.999999));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("weight_decay", message.weight_decay(), 0, 1));
  NASSHRINK_RETURN_IF_ERROR(
      CheckName("weight_decay_on", Or<std::string>(message.weight_decay_on(), "all"), {"all", "conv_and_linear"}));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("clip_norm", message.clip_norm(), 0, 1e9));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("clip_value", message.clip_value(), 0, 1e9));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("schedule_epochs", message.schedule_epochs(), 1000000));
  NASSHRINK_ASSIGN_OR_RETURN(const auto schedule, ResolveSchedule(message.schedule()));

  OptimizerOptions options;
  options.learning_rate = Or(message.learning_rate(), options.learning_rate);
  options.final_learning_rate = message.final_learning_rate();
  options.schedule = schedule;
  if (message.has_momentum()) options.momentum = message.momentum();
  options.nesterov = message.nesterov();
  if (options.nesterov && options.momentum == 0) {
    return Invalid("nesterov", true, "false without momentum", "needs a momentum above 0");
  }
  options.weight_decay = message.weight_decay();
  options.decay_all = message.weight_decay_on() != "conv_and_linear";
  options.clip_norm = message.clip_norm();
  options.clip_value = message.clip_value();
  options.warmup_steps = message.warmup_steps();
  return options;
}

base::Result<AugmentationOptions> ResolveAugmentation(const v1::Augmentation& message) {
  AugmentationOptions options;
  options.brightness = message.brightness();
  options.contrast = message.contrast();
  options.saturation = message.saturation();
  NASSHRINK_RETURN_IF_ERROR(CheckRange("brightness", options.brightness, 0, kMostJitter));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("contrast", options.contrast, 0, kMostJitter));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("saturation", options.saturation, 0, kMostJitter));
  const v1::ResizedCrop& crop = message.resized_crop();
  options.resized_crop = message.has_resized_crop();
  options.max_area = Or(crop.max_area(), options.max_area);
  options.min_area = Or(crop.min_area(), std::min(options.min_area, options.max_area));
  options.max_ratio = Or(crop.max_ratio(), options.max_ratio);
  options.min_ratio = Or(crop.min_ratio(), std::min(options.min_ratio, options.max_ratio));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("resized_crop.max_area", options.max_area, kLeastArea, 1));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("resized_crop.min_area", options.min_area, kLeastArea, options.max_area));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("resized_crop.max_ratio", options.max_ratio, 1 / kMostRatio, kMostRatio));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("resized_crop.min_ratio", options.min_ratio, 1 / kMostRatio, options.max_ratio));
  const v1::RandAugment& rand = message.rand_augment();
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("rand_augment.operations", rand.operations(), kMostOperations));
  options.rand_augment_operations = rand.operations();
  if (rand.has_magnitude()) options.rand_augment_magnitude = rand.magnitude();
  NASSHRINK_RETURN_IF_ERROR(CheckRange("rand_augment.magnitude", options.rand_augment_magnitude, 0, kMostMagnitude));
  return options;
}

base::Result<Part> ResolvePart(const std::string& field, const std::string& name) {
  NASSHRINK_RETURN_IF_ERROR(CheckName(field, name, {"validation", "test", "train"}));
  return name == "test" ? Part::kTest : name == "train" ? Part::kTrain : Part::kValidation;
}

}  // namespace

Status CheckName(std::string_view field, std::string_view value, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), value) != names.end()) return {};
  return Invalid(field, fmt::format("'{}'", value), fmt::format("{}", fmt::join(names, ", ")), "is an unknown name");
}

base::Result<DatasetOptions> ResolveDataset(const v1::DatasetOptions& message) {
  DatasetOptions options;
  if (message.source().empty()) {
    return Invalid("source", "''",
                   "fashion-mnist, cifar10-bin:DIR, cifar10-jpeg:DIR, idx:IMAGES,LABELS, images:DIR, synthetic:CLASSES",
                   "names no data set");
  }
  options.source = message.source();
  if (message.has_validation_fraction()) options.validation_fraction = message.validation_fraction();
  NASSHRINK_RETURN_IF_ERROR(CheckRange("validation_fraction", options.validation_fraction, 0, 0.9));
  options.seed = message.seed();
  options.limit_train = message.limit_train();
  options.limit_test = message.limit_test();
  NASSHRINK_RETURN_IF_ERROR(CheckMeans("mean", message.mean(), -1e9));
  NASSHRINK_RETURN_IF_ERROR(CheckMeans("deviation", message.deviation(), 0));
  if (message.mean_size() != message.deviation_size()) {
    return Invalid("deviation", message.deviation_size(), fmt::format("{} as in mean", message.mean_size()),
                   "has another number of channels than mean");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("random_labels", message.random_labels(), kMostClasses));
  options.random_labels = message.random_labels();
  options.mean.assign(message.mean().begin(), message.mean().end());
  options.deviation.assign(message.deviation().begin(), message.deviation().end());
  return options;
}

void DatasetOptionsToMessage(const DatasetOptions& options, v1::DatasetOptions* message) {
  message->Clear();
  message->set_source(options.source);
  message->set_validation_fraction(options.validation_fraction);
  message->set_seed(options.seed);
  message->set_limit_train(static_cast<uint32_t>(options.limit_train));
  message->set_limit_test(static_cast<uint32_t>(options.limit_test));
  message->set_random_labels(options.random_labels);
  message->mutable_mean()->Add(options.mean.begin(), options.mean.end());
  message->mutable_deviation()->Add(options.deviation.begin(), options.deviation.end());
}

void DatasetToMessage(const DatasetInfo& info, v1::DatasetSummary* message) {
  message->Clear();
  message->set_source(info.source);
  message->set_channels(info.channels);
  message->set_height(info.height);
  message->set_width(info.width);
  message->set_classes(info.classes);
  message->set_train_images(info.train_images);
  message->set_validation_images(info.validation_images);
  message->set_test_images(info.test_images);
  message->set_sha256(info.sha256);
  message->mutable_mean()->Add(info.mean.begin(), info.mean.end());
  message->mutable_deviation()->Add(info.deviation.begin(), info.deviation.end());
}

base::Result<SupernetOptions> ResolveSupernet(const v1::SupernetOptions& message, uint64_t plan_seed) {
  SupernetOptions options;
  NASSHRINK_RETURN_IF_ERROR(CheckName("backend", Or<std::string>(message.backend(), "torch"), {"torch", "table"}));
  options.init = Or<std::string>(message.init(), options.init);
  NASSHRINK_RETURN_IF_ERROR(CheckName("init", options.init, {"kaiming_uniform", "kaiming", "xavier", "orthogonal"}));
  options.seed = Or(static_cast<uint64_t>(message.seed()), plan_seed);
  return options;
}

void SupernetToMessage(const SupernetInfo& info, v1::SupernetSummary* message) {
  message->set_backend(info.backend);
  message->set_parameters(info.parameters);
  message->set_bytes(info.bytes);
  message->set_steps(info.steps);
  message->clear_tensors();
  for (const TensorInfo& tensor : info.tensors) {
    v1::TensorSummary* summary = message->add_tensors();
    summary->set_name(tensor.name);
    summary->set_dtype(tensor.dtype);
    for (const int64_t size : tensor.shape) summary->add_shape(static_cast<uint64_t>(size));
  }
}

base::Result<TrainOptions> ResolveTrain(const v1::TrainOptions& message) {
  const std::string strategy = Or<std::string>(message.strategy(), "uniform");
  NASSHRINK_RETURN_IF_ERROR(CheckName("strategy", strategy, {"uniform", "fair", "proxyless", "darts"}));
  if (strategy != "uniform") {
    return base::Error(base::Code::kUnimplemented, "training strategy '{}' is not part of this version", strategy)
        .WithField("strategy", strategy, "uniform");
  }
  if (message.average_snapshots() != 0) {
    return base::Error(base::Code::kUnimplemented, "averaging snapshots is not part of this version")
        .WithField("average_snapshots", std::to_string(message.average_snapshots()), "0");
  }
  const std::string cells = Or<std::string>(message.cell_sampling(), "shared");
  NASSHRINK_RETURN_IF_ERROR(CheckName("cell_sampling", cells, {"shared", "per_cell_rejecting"}));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("epochs", message.epochs(), 1000000));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("batch_size", message.batch_size(), kMostBatch));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("label_smoothing", message.label_smoothing(), 0, 0.999));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("crop_padding", message.crop_padding(), kMostPixels));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("cutout", message.cutout(), kMostPixels));

  TrainOptions options;
  auto optimizer = ResolveOptimizer(message.optimizer());
  if (!optimizer.ok()) return Status(optimizer.status()).Under("optimizer.");
  options.optimizer = *optimizer;
  options.batch_size = Or(message.batch_size(), options.batch_size);
  options.per_cell_rejecting = cells == "per_cell_rejecting";
  if (message.has_freeze_unsampled()) options.freeze_unsampled = message.freeze_unsampled();
  options.label_smoothing = message.label_smoothing();
  options.crop_padding = message.crop_padding();
  options.flip = message.flip();
  options.cutout = message.cutout();
  options.images = message.images();
  auto augmentation = ResolveAugmentation(message.augmentation());
  if (!augmentation.ok()) return Status(augmentation.status()).Under("augmentation.");
  options.augmentation = *augmentation;
  return options;
}

base::Result<TrainOptions> ResolveTrainer(const v1::TrainerOptions& message) {
  auto options = ResolveTrain(message.train());
  if (!options.ok()) return Status(options.status()).Under("train.");
  options->seed = message.seed();
  options->schedule_steps = message.total_steps();
  return options;
}

base::Result<EvaluateOptions> ResolveEvaluate(const v1::EvaluateOptions& message) {
  EvaluateOptions options;
  const v1::ReBatchNorm& re_bn = message.re_bn();
  switch (re_bn.average()) {
    case v1::ReBatchNorm::AVERAGE_CUMULATIVE:
      options.re_bn.average = ReBatchNorm::Average::kCumulative;
      break;
    case v1::ReBatchNorm::AVERAGE_EXPONENTIAL:
      options.re_bn.average = ReBatchNorm::Average::kExponential;
      break;
    case v1::ReBatchNorm::AVERAGE_OFF:
      options.re_bn.average = ReBatchNorm::Average::kOff;
      break;
    default:
      return Invalid("re_bn.average", static_cast<int>(re_bn.average()), "0..2", "is an unknown way of averaging");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("re_bn.batch_size", re_bn.batch_size(), kMostBatch));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("re_bn.momentum", re_bn.momentum(), 0, 1));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("batch_size", message.batch_size(), kMostBatch));
  options.re_bn.images = Or<uint64_t>(re_bn.images(), options.re_bn.images);
  options.re_bn.batch_size = Or(re_bn.batch_size(), options.re_bn.batch_size);
  options.re_bn.momentum = Or(re_bn.momentum(), options.re_bn.momentum);
  options.batch_size = Or(message.batch_size(), options.batch_size);
  options.images = message.images();
  NASSHRINK_ASSIGN_OR_RETURN(options.part, ResolvePart("part", Or<std::string>(message.part(), "validation")));
  NASSHRINK_ASSIGN_OR_RETURN(options.re_bn.part, ResolvePart("re_bn.part", Or<std::string>(re_bn.part(), "train")));
  return options;
}

void StepToMessage(const StepOutcome& outcome, uint32_t choices, v1::StepReport* message) {
  message->Clear();
  message->set_loss(outcome.loss);
  message->set_accuracy(outcome.accuracy);
  message->set_gradient_norm(outcome.gradient_norm);
  message->set_learning_rate(outcome.learning_rate);
  message->set_step(outcome.step);
  message->mutable_architectures()->set_choices(choices);
  for (const space::Architecture& architecture : outcome.architectures) {
    message->mutable_architectures()->mutable_candidates()->Add(architecture.begin(), architecture.end());
  }
}

}  // namespace nasshrink::run
