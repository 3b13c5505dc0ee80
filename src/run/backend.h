// What the run engine and the C ABI ask of a training back end.
//
// Implemented by nn/ (torch) and by run/table_backend.h (accuracies looked up). Only these abstract classes and plain
// values cross the library border: no protobuf objects, no exceptions, no shared globals. Options mirror the messages
// of proto/nasshrink/v1/{plan,score,context}.proto, where defaults and units are documented; here every field is
// already resolved to its effective value.
//
// Threads: a Backend and a Dataset may be used from any thread at once. A Supernet or Trainer takes one call at a time
// (the caller serialises); a call may come from any thread.
#ifndef NASSHRINK_RUN_BACKEND_H_
#define NASSHRINK_RUN_BACKEND_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "score/factor_table.h"
#include "space/space.h"

namespace nasshrink::run {

enum class DType : int32_t { kFloat32 = 1, kInt64 = 2, kUInt8 = 3, kFloat64 = 4, kInt32 = 5 };

// Borrowed host memory, dense and row-major.
struct TensorView {
  const void* data = nullptr;
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
};

struct DatasetOptions {
  std::string source;
  double validation_fraction = 1.0 / 6;
  uint64_t seed = 0;
  uint64_t limit_train = 0;
  uint64_t limit_test = 0;
  std::vector<double> mean;
  std::vector<double> deviation;
  uint32_t random_labels = 0;
};

struct DatasetInfo {
  std::string source;
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t classes = 0;
  uint64_t train_images = 0;
  uint64_t validation_images = 0;
  uint64_t test_images = 0;
  std::string sha256;
  std::vector<double> mean;
  std::vector<double> deviation;
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const DatasetInfo& info() const = 0;
};

struct SupernetOptions {
  uint64_t seed = 0;
  std::string init = "kaiming_uniform";
  // A child trained on its own: one alive candidate a choice, affine batch norm.
  bool stand_alone = false;
};

struct TensorInfo {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
};

struct SupernetInfo {
  std::string backend;
  uint64_t parameters = 0;
  uint64_t bytes = 0;
  uint64_t steps = 0;
  std::vector<TensorInfo> tensors;
};

enum class Part : uint8_t { kTrain, kValidation, kTest, kTrainAndValidation };

struct ReBatchNorm {
  enum class Average : uint8_t { kCumulative, kExponential, kOff };
  Average average = Average::kCumulative;
  uint64_t images = 20000;
  uint32_t batch_size = 512;
  double momentum = 0.1;
  Part part = Part::kTrain;
};

struct EvaluateOptions {
  ReBatchNorm re_bn;
  uint32_t batch_size = 512;
  uint64_t images = 0;  // 0: all of the part
  Part part = Part::kValidation;
};

struct Evaluation {
  double accuracy = 0;  // percent; NaN when the child could not be evaluated
  double loss = 0;
};

struct OptimizerOptions {
  double learning_rate = 0.025;
  double final_learning_rate = 0;
  enum class Schedule : uint8_t { kCosine, kLinear, kConstant } schedule = Schedule::kCosine;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  bool decay_all = true;  // false: convolution and linear weights only
  double clip_norm = 0;
  double clip_value = 0;
  uint64_t warmup_steps = 0;
};

// Changes of training pictures beyond crop, flip and cutout; 0 switches one off.
struct AugmentationOptions {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  bool resized_crop = false;
  double min_area = 0.08;
  double max_area = 1;
  double min_ratio = 3.0 / 4.0;
  double max_ratio = 4.0 / 3.0;
  uint32_t rand_augment_operations = 0;
  double rand_augment_magnitude = 9;
};

struct TrainOptions {
  uint32_t batch_size = 64;
  OptimizerOptions optimizer;
  bool per_cell_rejecting = false;
  bool freeze_unsampled = true;
  double label_smoothing = 0;
  uint32_t crop_padding = 0;
  bool flip = false;
  uint32_t cutout = 0;
  AugmentationOptions augmentation;
  uint64_t images = 0;  // 0: all of the part
  Part part = Part::kTrain;
  uint64_t seed = 0;
  // The schedule covers steps 0..schedule_steps-1; later steps keep its last value.
  uint64_t schedule_steps = 0;
  // The trainer's first step: above 0 it continues the schedule (and the sequence of sampled paths) of an earlier
  // trainer; its optimiser still starts without momentum.
  uint64_t first_step = 0;
  // Exponential average of weights kept beside them and used by evaluation; 0 for none.
  double weight_average_decay = 0;
};

struct StepOutcome {
  double loss = 0;
  double accuracy = 0;  // percent of the batch
  double gradient_norm = 0;
  double learning_rate = 0;
  uint64_t step = 0;
  // One a step with a shared genotype, one a cell (in network order) with per_cell_rejecting.
  std::vector<space::Architecture> architectures;
};

struct EpochOutcome {
  double loss = 0;            // mean over images of steps that were applied
  double train_accuracy = 0;  // percent
  double learning_rate = 0;   // of the last step
  uint64_t images = 0;
  uint64_t steps = 0;
  uint64_t skipped_steps = 0;  // non-finite loss: not applied
};

using StepProgress = std::function<void(uint64_t done, uint64_t total)>;

class Trainer {
 public:
  virtual ~Trainer() = default;
  // One step on the caller's batch: inputs float32 [batch, channels, height, width], targets int64 [batch].
  // A non-finite loss is OUT_OF_RANGE: weights, optimiser and counters stay as they were.
  virtual base::Result<StepOutcome> Step(const TensorView& inputs, const TensorView& targets) = 0;
  // Epoch `epoch` over the data set's part, shuffled by the seed; CANCELLED at the next step boundary; OUT_OF_RANGE
  // when the loss was finite in none of its steps.
  virtual base::Result<EpochOutcome> Epoch(Dataset& dataset, uint32_t epoch, const base::Cancel* cancel,
                                           const StepProgress& progress) = 0;
  // Steps an epoch over this data set takes.
  virtual uint64_t StepsPerEpoch(const Dataset& dataset) const = 0;
  // Optimiser state and counters (a safetensors image). Restore into a trainer made with the same options.
  virtual base::Result<std::string> Snapshot() const = 0;
  virtual base::Status Restore(std::string_view snapshot) = 0;
};

class Supernet {
 public:
  virtual ~Supernet() = default;
  virtual const space::Space& space() const = 0;
  virtual SupernetInfo Describe() const = 0;
  // One evaluation an architecture, in order; independent of which others are asked for. Never changes the supernet.
  virtual base::Result<std::vector<Evaluation>> Evaluate(const std::vector<space::Architecture>& architectures,
                                                         Dataset* dataset, const EvaluateOptions& options,
                                                         const base::Cancel* cancel, const StepProgress& progress) = 0;
  // The operator scalars of the current weights against W0.
  virtual base::Result<score::FactorTable> Table(const score::AngleOptions& options) const = 0;
  // Takes W0 afresh from the current weights.
  virtual base::Status ResetBase() = 0;
  // Weights, W0 and batch-norm statistics as a safetensors image with `metadata` added to its header.
  virtual base::Result<std::string> Serialize(const std::map<std::string, std::string>& metadata) const = 0;
  // The supernet of a sub-space of the same root: weights and W0 carried over, dropped operators left out.
  virtual base::Result<std::unique_ptr<Supernet>> Inherit(const space::Space& shrunk) const = 0;
  // The child's weights alone, in the usual PyTorch parameter names, as a safetensors image with `metadata`.
  virtual base::Result<std::string> Extract(const space::Architecture& architecture,
                                            const std::map<std::string, std::string>& metadata) const = 0;
  virtual base::Result<std::unique_ptr<Trainer>> NewTrainer(const TrainOptions& options) = 0;
};

struct TimingOptions {
  uint32_t batch_size = 1;
  double precision = 0.02;  // half the mean's 95 % interval over the mean
  double max_seconds = 2;
};

// Over the runs that were not interrupted, warm-up left out.
struct InferenceTimes {
  double mean_ms = 0;
  double variance = 0;  // of a single run, square milliseconds
  uint64_t count = 0;
};

struct BackendOptions {
  std::string device = "cpu";
  uint32_t workers = 1;
  uint32_t intra_op_threads = 1;
  uint64_t memory_limit = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  // "torch 2.11.0", with what training results depend on: intra-op threads and the CPU's instruction set.
  virtual std::string Describe() const = 0;
  // 0 for a back end without.
  virtual uint32_t intra_op_threads() const = 0;
  virtual base::Result<std::shared_ptr<Dataset>> OpenDataset(const DatasetOptions& options) = 0;
  // Copies: inputs float32 [n, channels, height, width], targets int64 [n]; used as they are, without normalisation.
  virtual base::Result<std::shared_ptr<Dataset>> DatasetFromTensors(const TensorView& inputs, const TensorView& targets,
                                                                    const DatasetOptions& options) = 0;
  virtual base::Result<std::unique_ptr<Supernet>> NewSupernet(const space::Space& space,
                                                              const SupernetOptions& options) = 0;
  // From an image made by Serialize; DATA_LOSS when it does not fit the space or is torn.
  virtual base::Result<std::unique_ptr<Supernet>> LoadSupernet(const space::Space& space, std::string_view image) = 0;
  // How long inference of the space's only child takes, untrained. CANCELLED at the next run.
  virtual base::Result<InferenceTimes> TimeInference(const space::Space& child, const TimingOptions& options,
                                                     const base::Cancel* cancel) = 0;
  // Bytes a supernet of this space and one training step with this batch need at most.
  virtual uint64_t EstimateMemory(const space::Space& space, uint32_t batch_size) const = 0;
};

// What a back end's library exports: one C function of this type named "nasshrink_backend_factory".
struct BackendFactory {
  uint32_t interface_version;  // kBackendInterfaceVersion
  const char* built_against;   // for example "torch 2.11.0"
  const char* loaded;          // the version found in the process
  Backend* (*create)(const BackendOptions& options, base::Status* status);
};
inline constexpr uint32_t kBackendInterfaceVersion = 3;
using BackendFactoryFunction = const BackendFactory* (*)();

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_BACKEND_H_
