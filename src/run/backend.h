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
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "run/train_options.h"
#include "score/factor_table.h"
#include "space/space.h"

namespace nasshrink::run {

enum class DType : int32_t {
  kFloat32 = 1,
  kInt64 = 2,
  kUInt8 = 3,
  kFloat64 = 4,
  kInt32 = 5,
  kFloat16 = 6,
  kBFloat16 = 7
};

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
  // With a second classifier behind the second reduction, for training alone (DARTS's code): see
  // TrainOptions::auxiliary_weight.
  bool auxiliary_head = false;
  // PeakMemory counts what the framework allocates, too, which takes a little time.
  bool count_memory = false;
};

struct TensorInfo {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
};

// Values in row-major order.
struct NamedTensor {
  std::vector<float> values;
  std::vector<int64_t> shape;
};

struct SupernetInfo {
  std::string backend;
  uint64_t parameters = 0;
  uint64_t bytes = 0;
  uint64_t steps = 0;
  std::vector<TensorInfo> tensors;
};

struct InheritOptions {
  // The child trained on its own: its norms are affine and begin at 1 and 0.
  bool stand_alone = false;
  // Of the heir, as SupernetOptions; one that the supernet lacks is new, one that it has may be left behind.
  bool auxiliary_head = false;
  // Weights that the supernet lacks get initial values instead of being an error; they are their own W0.
  bool fill = false;
  std::string init = "kaiming_uniform";
  uint64_t seed = 0;
};

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
  // Percent of images whose class is among the five largest logits; NaN where it is not known.
  double top5 = std::numeric_limits<double>::quiet_NaN();
  double loss = 0;
};

struct StepOutcome {
  double loss = 0;
  double accuracy = 0;  // percent of the batch
  double gradient_norm = 0;
  double learning_rate = 0;
  uint64_t step = 0;
  // One a path with a shared genotype, one a cell (in network order) with per_cell_rejecting.
  std::vector<space::Architecture> architectures;
};

// An epoch, or its part up to where it was stopped.
struct EpochOutcome {
  double loss_sum = 0;         // over the images of steps that were applied, each path's mean
  double accuracy_sum = 0;     // percent, likewise
  double learning_rate = 0;    // of the last step
  uint64_t images = 0;         // of steps that were applied
  uint64_t steps = 0;          // applied
  uint64_t skipped_steps = 0;  // loss or gradient not finite: not applied
  bool complete = false;

  double loss() const { return images == 0 ? 0 : loss_sum / static_cast<double>(images); }
  double train_accuracy() const { return images == 0 ? 0 : accuracy_sum / static_cast<double>(images); }
};

using StepProgress = std::function<void(uint64_t done, uint64_t total)>;

struct EpochRequest {
  uint32_t epoch = 0;
  const base::Cancel* cancel = nullptr;
  StepProgress progress;
  // Told at once of a step that is not applied, and why; an error ends the epoch with it.
  std::function<base::Status(uint64_t step, const base::Status& reason)> skipped;
  // What an earlier call for this epoch gave when it was stopped: it goes on behind those steps.
  EpochOutcome begun;
};

// Logits of a path, float32 [rows, classes].
struct ForwardOutcome {
  std::vector<float> logits;
  int64_t rows = 0;
  int64_t classes = 0;
  std::vector<space::Architecture> architectures;
};

// Learned parameters of a supernet's choices: [choice][root candidate], with the state of their optimiser.
struct ArchitectureParameters {
  std::vector<std::vector<double>> alpha;
  std::vector<std::vector<double>> first_moment;
  std::vector<std::vector<double>> second_moment;
  uint64_t steps = 0;
  // Moving average of rewards, for strategies that keep one; NaN before the first.
  double baseline = std::numeric_limits<double>::quiet_NaN();
};

class Trainer {
 public:
  virtual ~Trainer() = default;
  // One step on the caller's batch: inputs float32 [batch, channels, height, width], targets int64 [batch].
  // A loss or gradient that is not finite is OUT_OF_RANGE: weights, optimiser and counters stay as they were.
  virtual base::Result<StepOutcome> Step(const TensorView& inputs, const TensorView& targets) = 0;

  // The same in three parts, for a loss of the caller's own: Forward runs the step's next path, Backward takes the
  // gradient of the loss by its logits (float32 [rows, classes]) and adds up weight gradients, Apply moves the weights.
  // A step has `paths` pairs of Forward and Backward (more for strict fairness), or a multiple of them: the paths then
  // come round again, for example on the next piece of a large batch. A Forward without Backward leaves no trace.
  // FAILED_PRECONDITION for a Backward without Forward, an Apply before all paths had their turn, and for Step, Epoch
  // and Snapshot before the Apply. OUT_OF_RANGE from Apply as from Step; the gradients are then forgotten.
  virtual base::Result<ForwardOutcome> Forward(const TensorView& inputs) = 0;
  virtual base::Status Backward(const TensorView& logit_gradient) = 0;
  virtual base::Result<StepOutcome> Apply() = 0;
  // Gradient of the named weight as summed since the last Apply. NOT_FOUND for a name that is no weight; all zeros for
  // one that has taken no part.
  virtual base::Result<NamedTensor> Gradient(std::string_view name) const = 0;

  // An epoch over the data set's part, shuffled by the seed. Cancelled, it returns at the next step boundary with
  // `complete` false. OUT_OF_RANGE when the loss was finite in none of its steps, or not in too many in a row.
  virtual base::Result<EpochOutcome> Epoch(Dataset& dataset, const EpochRequest& request) = 0;
  // Steps an epoch over this data set takes.
  virtual uint64_t StepsPerEpoch(const Dataset& dataset) const = 0;
  // Optimiser state and counters (a safetensors image). Restore into a trainer made with the same options.
  virtual base::Result<std::string> Snapshot() const = 0;
  virtual base::Status Restore(std::string_view snapshot) = 0;
  // One step of the architecture parameters on the caller's held-out batch, for strategies that have them; else
  // FAILED_PRECONDITION. Errors as Step.
  virtual base::Result<StepOutcome> ArchitectureStep(const TensorView& inputs, const TensorView& targets) = 0;
  // Takes the optimiser's state over from the snapshot of a trainer of another supernet: for weights of equal name and
  // shape; all others start without. Counters stay.
  virtual base::Status Adopt(std::string_view snapshot) = 0;
};

class Supernet {
 public:
  virtual ~Supernet() = default;
  virtual const space::Space& space() const = 0;
  virtual SupernetInfo Describe() const = 0;
  // One of Describe's tensors, read and written. NOT_FOUND for another name; INVALID_ARGUMENT for values of another
  // type or shape, or not finite; FAILED_PRECONDITION for a supernet without tensors.
  virtual base::Result<NamedTensor> Tensor(std::string_view name) const = 0;
  virtual base::Status SetTensor(std::string_view name, const TensorView& values) = 0;
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
  // The supernet of another space of equal choices: a sub-space of the same root, or one that repeats its layers more
  // or less often. Weights, W0, averages, running statistics and architecture parameters are carried over where layer
  // and operator agree; dropped operators are left out. FAILED_PRECONDITION when weights are missing and must not be
  // new.
  virtual base::Result<std::unique_ptr<Supernet>> Inherit(const space::Space& space,
                                                          const InheritOptions& options) const = 0;
  // FAILED_PRECONDITION where no training has made any.
  virtual base::Result<ArchitectureParameters> Architecture() const = 0;
  // The child's weights alone, in the usual PyTorch parameter names, as a safetensors image with `metadata`.
  virtual base::Result<std::string> Extract(const space::Architecture& architecture,
                                            const std::map<std::string, std::string>& metadata) const = 0;
  virtual base::Result<std::unique_ptr<Trainer>> NewTrainer(const TrainOptions& options) = 0;
  // Most bytes that the supernet and its trainers have held at a time: weights, W0, gradients, the optimiser's state,
  // activations and, made with `count_memory`, the framework's workspace.
  virtual uint64_t PeakMemory() const = 0;
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
};

// What a back end's library exports: one C function of this type named "nasshrink_backend_factory".
struct BackendFactory {
  uint32_t interface_version;  // kBackendInterfaceVersion
  const char* built_against;   // for example "torch 2.11.0"
  const char* loaded;          // the version found in the process
  Backend* (*create)(const BackendOptions& options, base::Status* status);
};
inline constexpr uint32_t kBackendInterfaceVersion = 4;
using BackendFactoryFunction = const BackendFactory* (*)();

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_BACKEND_H_
