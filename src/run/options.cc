#include "run/options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "space/additive_cost.h"
#include "space/cost.h"
#include "space/cost_windows.h"
#include "space/feasible.h"
#include "space/latency_model.h"

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

base::Result<TrainOptions::Strategy> ResolveStrategy(const v1::TrainOptions& message) {
  const std::string name = Or<std::string>(message.strategy(), "uniform");
  NASSHRINK_RETURN_IF_ERROR(CheckName("strategy", name, {"uniform", "fair", "proxyless", "darts"}));
  if (name == "uniform") return TrainOptions::Strategy::kUniform;
  if (message.cell_sampling() == "per_cell_rejecting") {
    return Invalid("cell_sampling", "per_cell_rejecting", "shared", "goes with strategy 'uniform' alone");
  }
  if (!message.constraints().empty()) {
    return Invalid("constraints", message.constraints_size(), "none", "go with strategy 'uniform' alone");
  }
  if (name == "fair") return TrainOptions::Strategy::kFair;
  return name == "darts" ? TrainOptions::Strategy::kDarts : TrainOptions::Strategy::kProxyless;
}

base::Result<OptimizerOptions> ResolveOptimizer(const v1::Optimizer& message) {
  NASSHRINK_RETURN_IF_ERROR(CheckName("name", Or<std::string>(message.name(), "sgd"), {"sgd", "adam", "none"}));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("learning_rate", message.learning_rate(), 0, 1000));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("final_learning_rate", message.final_learning_rate(), 0, 1000));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("momentum", message.momentum(), 0, 0.999999));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("beta1", message.beta1(), 0, 0.999999));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("beta2", message.beta2(), 0, 0.999999));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("epsilon", message.epsilon(), 0, 1));
  NASSHRINK_RETURN_IF_ERROR(
      CheckName("schedule_by", Or<std::string>(message.schedule_by(), "step"), {"step", "epoch"}));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("weight_decay", message.weight_decay(), 0, 1));
  NASSHRINK_RETURN_IF_ERROR(
      CheckName("weight_decay_on", Or<std::string>(message.weight_decay_on(), "all"), {"all", "conv_and_linear"}));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("clip_norm", message.clip_norm(), 0, 1e9));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("clip_value", message.clip_value(), 0, 1e9));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("schedule_epochs", message.schedule_epochs(), 1000000));
  NASSHRINK_ASSIGN_OR_RETURN(const auto schedule, ResolveSchedule(message.schedule()));

  OptimizerOptions options;
  const bool adam = message.name() == "adam";
  if (adam) options.kind = OptimizerOptions::Kind::kAdam;
  if (message.name() == "none") options.kind = OptimizerOptions::Kind::kNone;
  options.learning_rate = Or(message.learning_rate(), options.learning_rate);
  options.final_learning_rate = message.final_learning_rate();
  options.schedule = schedule;
  if (message.has_momentum()) options.momentum = message.momentum();
  options.nesterov = message.nesterov();
  if (message.has_beta1()) options.beta1 = message.beta1();
  if (message.has_beta2()) options.beta2 = message.beta2();
  options.epsilon = Or(message.epsilon(), options.epsilon);
  if (options.nesterov && (options.kind != OptimizerOptions::Kind::kSgd || options.momentum == 0)) {
    return Invalid("nesterov", true, "false without SGD's momentum", "needs SGD with a momentum above 0");
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

// The defaults that ProxylessNAS's and DARTS's published code have.
ArchitectureOptions PublishedArchitecture(TrainOptions::Strategy strategy) {
  ArchitectureOptions options;
  options.optimizer.kind = OptimizerOptions::Kind::kAdam;
  const bool darts = strategy == TrainOptions::Strategy::kDarts;
  options.optimizer.learning_rate = darts ? 3e-4 : 1e-3;
  options.optimizer.beta1 = darts ? 0.5 : 0;
  options.optimizer.weight_decay = darts ? 1e-3 : 0;
  options.frozen_epochs = darts ? 0 : 1;
  options.every = darts ? 1 : 5;
  return options;
}

base::Result<ArchitectureOptions::Gradient> ResolveGradient(const std::string& name) {
  if (name.empty() || name == "full_v2") return ArchitectureOptions::Gradient::kFull;
  if (name == "two") return ArchitectureOptions::Gradient::kTwo;
  if (name == "reinforce") return ArchitectureOptions::Gradient::kReinforce;
  return CheckName("gradient", name, {"full_v2", "two", "reinforce"});
}

Status ResolveArchitectureOptimizer(const v1::Optimizer& message, OptimizerOptions* options) {
  NASSHRINK_RETURN_IF_ERROR(CheckName("name", Or<std::string>(message.name(), "adam"), {"adam"}));
  NASSHRINK_ASSIGN_OR_RETURN(const OptimizerOptions given, ResolveOptimizer(message));
  if (message.learning_rate() != 0) options->learning_rate = given.learning_rate;
  if (message.has_beta1()) options->beta1 = given.beta1;
  if (message.has_beta2()) options->beta2 = given.beta2;
  if (message.weight_decay() != 0) options->weight_decay = given.weight_decay;
  options->epsilon = given.epsilon;
  options->clip_norm = given.clip_norm;
  return {};
}

// The cost's own numbers need the space: ResolveCost.
Status ResolveCostForm(const v1::ArchitectureOptions& message, ArchitectureOptions* options) {
  using Form = ArchitectureOptions::CostForm;
  if (message.cost().empty()) return {};
  NASSHRINK_RETURN_IF_ERROR(CheckName("cost", message.cost(), {"macs", "latency_ms"}));
  const std::string form = Or<std::string>(message.cost_form(), "mul_log");
  NASSHRINK_RETURN_IF_ERROR(CheckName("cost_form", form, {"mul_log", "add"}));
  options->cost_form = form == "add" ? Form::kAdd : Form::kMultiplyLog;
  NASSHRINK_RETURN_IF_ERROR(CheckRange("cost_weight", message.cost_weight(), 0, 1e6));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("cost_exponent", message.cost_exponent(), 0, 100));
  // The logarithm of the reference divides.
  NASSHRINK_RETURN_IF_ERROR(CheckRange("cost_reference", message.cost_reference(), 1.0001, 1e15));
  options->cost_reference = message.cost_reference();
  options->cost_weight = Or(message.cost_weight(), form == "add" ? 0.1 : 0.2);
  const bool reinforce = options->gradient == ArchitectureOptions::Gradient::kReinforce;
  options->cost_exponent = Or(message.cost_exponent(), reinforce ? 0.1 : 0.3);
  return {};
}

base::Result<ArchitectureOptions> ResolveArchitecture(const v1::ArchitectureOptions& message,
                                                      TrainOptions::Strategy strategy, uint32_t batch_size) {
  ArchitectureOptions options = PublishedArchitecture(strategy);
  NASSHRINK_ASSIGN_OR_RETURN(options.gradient, ResolveGradient(message.gradient()));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("order", Or(message.order(), 1U), 1, 2));
  NASSHRINK_RETURN_IF_ERROR(ResolveArchitectureOptimizer(message.optimizer(), &options.optimizer).Under("optimizer."));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("batch_size", message.batch_size(), kMostBatch));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("init_deviation", message.init_deviation(), 0, 1000));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("samples", message.samples(), 1000));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("baseline_decay", message.baseline_decay(), 0, 1));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("skip_dropout", message.skip_dropout(), 0, 0.999));
  if (message.skip_dropout() != 0 && strategy != TrainOptions::Strategy::kDarts) {
    return Invalid("skip_dropout", message.skip_dropout(), "0 but for the strategy darts",
                   "drops identities in mixtures");
  }
  options.skip_dropout = message.skip_dropout();
  options.order = Or(message.order(), 1U);
  if (message.has_frozen_epochs()) options.frozen_epochs = message.frozen_epochs();
  options.every = Or(message.every(), options.every);
  options.batch_size = Or(message.batch_size(), batch_size);
  options.init_deviation = Or(message.init_deviation(), options.init_deviation);
  options.samples = Or(message.samples(), options.samples);
  if (message.has_baseline_decay()) options.baseline_decay = message.baseline_decay();
  NASSHRINK_RETURN_IF_ERROR(ResolveCostForm(message, &options));
  return options;
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

base::Result<InheritOptions> ResolveInherit(const v1::InheritOptions& message) {
  v1::SupernetOptions initial;
  initial.set_init(message.init());
  NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions resolved, ResolveSupernet(initial, message.seed()));
  InheritOptions options;
  options.fill = message.fill();
  options.init = resolved.init;
  options.seed = resolved.seed;
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
  NASSHRINK_ASSIGN_OR_RETURN(const auto strategy, ResolveStrategy(message));
  if (message.average_snapshots() != 0) {
    return base::Error(base::Code::kUnimplemented, "averaging snapshots is not part of this version")
        .WithField("average_snapshots", std::to_string(message.average_snapshots()), "0");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckRange("drop_path", message.drop_path(), 0, 0.999));
  if (message.drop_path() != 0 && strategy == TrainOptions::Strategy::kDarts) {
    return Invalid("drop_path", message.drop_path(), "0 with the strategy darts", "drops operators of paths");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckRange("classifier_dropout", message.classifier_dropout(), 0, 0.999));
  const std::string cells = Or<std::string>(message.cell_sampling(), "shared");
  NASSHRINK_RETURN_IF_ERROR(CheckName("cell_sampling", cells, {"shared", "per_cell_rejecting"}));
  if (cells != "shared" && !message.constraints().empty()) {
    return Invalid("constraints", message.constraints_size(), "none", "do not go with a draw for each cell");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("epochs", message.epochs(), 1000000));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("batch_size", message.batch_size(), kMostBatch));
  NASSHRINK_RETURN_IF_ERROR(CheckRange("label_smoothing", message.label_smoothing(), 0, 0.999));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("crop_padding", message.crop_padding(), kMostPixels));
  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("cutout", message.cutout(), kMostPixels));

  NASSHRINK_RETURN_IF_ERROR(CheckAtMost("micro_batch_size", message.micro_batch_size(), kMostBatch));
  TrainOptions options;
  options.strategy = strategy;
  auto optimizer = ResolveOptimizer(message.optimizer());
  if (!optimizer.ok()) return Status(optimizer.status()).Under("optimizer.");
  options.optimizer = *optimizer;
  options.batch_size = Or(message.batch_size(), options.batch_size);
  options.micro_batch_size = message.micro_batch_size();
  auto architecture = ResolveArchitecture(message.architecture(), strategy, options.batch_size);
  if (!architecture.ok()) return Status(architecture.status()).Under("architecture.");
  options.architecture = *std::move(architecture);
  if (message.has_max_skipped_steps()) options.max_skipped_steps = message.max_skipped_steps();
  options.per_cell_rejecting = cells == "per_cell_rejecting";
  if (message.has_freeze_unsampled()) options.freeze_unsampled = message.freeze_unsampled();
  options.label_smoothing = message.label_smoothing();
  if (options.architecture.skip_dropout > 0 && message.epochs() == 0) {
    return Invalid("architecture.skip_dropout", options.architecture.skip_dropout, "0 without epochs",
                   "falls over the epochs of a training");
  }
  options.architecture.epochs = message.epochs();
  options.classifier_dropout = message.classifier_dropout();
  options.drop_path = message.drop_path();
  const std::string precision = Or<std::string>(message.precision(), "float32");
  NASSHRINK_RETURN_IF_ERROR(CheckName("precision", precision, {"float32", "bfloat16"}));
  options.halved = precision == "bfloat16";
  options.crop_padding = message.crop_padding();
  options.flip = message.flip();
  options.cutout = message.cutout();
  options.images = message.images();
  auto augmentation = ResolveAugmentation(message.augmentation());
  if (!augmentation.ok()) return Status(augmentation.status()).Under("augmentation.");
  options.augmentation = *augmentation;
  return options;
}

namespace {

Status ResolveCost(const v1::TrainOptions& message, const space::Space& space, ArchitectureOptions* options) {
  space::AdditiveCost cost;
  if (message.architecture().cost() == "macs") {
    NASSHRINK_ASSIGN_OR_RETURN(const auto model, space::CostModel::Make(space));
    cost = space::MacsOf(model);
  } else {
    NASSHRINK_ASSIGN_OR_RETURN(const auto model, space::LatencyModel::Make(space, message.latency()));
    cost = model.cost();
  }
  options->cost_fixed = space::AmountOf(cost.name, cost.fixed);
  for (const auto& row : cost.table) {
    std::vector<double>& amounts = options->cost.emplace_back();
    for (const int64_t units : row) amounts.push_back(space::AmountOf(cost.name, units));
  }
  return {};
}

}  // namespace

Status CheckDropPath(const v1::TrainOptions& message, const space::Space& space) {
  if (message.drop_path() > 0 && space.network.cells.empty()) {
    return Invalid("drop_path", message.drop_path(), "0 for a space without cells",
                   "drops operators on edges of cells");
  }
  return {};
}

Status ResolvePaths(const v1::TrainOptions& message, const space::Space& space, TrainOptions* options) {
  NASSHRINK_RETURN_IF_ERROR(CheckDropPath(message, space));
  if (options->architecture.cost_form != ArchitectureOptions::CostForm::kNone) {
    NASSHRINK_RETURN_IF_ERROR(ResolveCost(message, space, &options->architecture));
  }
  if (message.constraints().empty()) return {};
  const v1::LatencyTable* latency = message.has_latency() ? &message.latency() : nullptr;
  NASSHRINK_ASSIGN_OR_RETURN(auto windows, space::WindowsOf(space, message.constraints(), latency, "constraints"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto children, space::FeasibleSet::Make(space, {std::move(windows), {}, {}}));
  NASSHRINK_RETURN_IF_ERROR(children.CheckNotEmpty("constraints"));
  options->draw = [children](uint64_t seed, uint64_t step) { return children.Draw(seed, base::Purpose::kPath, step); };
  return {};
}

base::Result<TrainOptions> ResolveTrainer(const v1::TrainerOptions& message, const space::Space& space) {
  auto options = ResolveTrain(message.train());
  if (!options.ok()) return Status(options.status()).Under("train.");
  if (message.train().optimizer().schedule_by() == "epoch") {
    return Invalid("train.optimizer.schedule_by", "'epoch'", "step",
                   "needs epochs, which batches of the caller's own have not");
  }
  NASSHRINK_RETURN_IF_ERROR(ResolvePaths(message.train(), space, &*options).Under("train."));
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
