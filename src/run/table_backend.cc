#include "run/table_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "base/safetensors.h"
#include "run/table_parameters.h"
#include "score/table_codec.h"
#include "space/architecture.h"
#include "space/parse_message.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Invalid;
using base::Status;

constexpr uint64_t kStepsPerEpoch = 8;
constexpr uint64_t kImagesPerStep = 1;
constexpr const char* kImageFormat = "table 1";

template <typename Value>
std::string_view BytesOf(const Value* values, size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(Value)};
}

base::SafetensorsWriter WriterWith(const std::map<std::string, std::string>& metadata) {
  base::SafetensorsWriter writer;
  for (const auto& [key, value] : metadata) writer.SetMetadata(key, value);
  return writer;
}

// The accuracies, shared by a supernet and those that inherit from it.
struct Truth {
  v1::Truth message;
  std::map<space::Architecture, double> accuracy;
  score::FactorTable table;
  bool has_table = false;
};

Status CheckTruth(const space::Space& space, const v1::Truth& message) {
  if (!message.root_fingerprint().empty() && message.root_fingerprint() != space.root_fingerprint) {
    return Invalid("truth.root_fingerprint", "another space", "the fingerprint of the plan's root space",
                   "belongs to another space");
  }
  if (message.choices() != space.choices.size()) {
    return Invalid("truth.choices", message.choices(), std::to_string(space.choices.size()),
                   "is not the space's number of choices");
  }
  const uint64_t cells = static_cast<uint64_t>(message.accuracy_size()) * message.choices();
  if (static_cast<uint64_t>(message.candidates_size()) != cells) {
    return Invalid("truth.candidates", message.candidates_size(), std::to_string(cells),
                   "does not have a row for each accuracy");
  }
  return {};
}

base::Result<std::shared_ptr<const Truth>> ReadTruth(const space::Space& space, const v1::Truth& message) {
  NASSHRINK_RETURN_IF_ERROR(CheckTruth(space, message));
  auto truth = std::make_shared<Truth>();
  truth->message = message;
  const auto choices = static_cast<int>(message.choices());
  space::Architecture row(message.choices());
  for (int i = 0; i < message.accuracy_size(); ++i) {
    for (int c = 0; c < choices; ++c) {
      const uint32_t candidate = message.candidates(i * choices + c);
      const size_t count = space.choices[c].candidates.size();
      if (candidate >= count) {
        return Invalid(fmt::format("truth.candidates[{}]", i * choices + c), candidate, fmt::format("0..{}", count - 1),
                       "names no candidate");
      }
      row[c] = candidate;
    }
    truth->accuracy[row] = message.accuracy(i);
  }
  truth->has_table = message.has_table();
  if (truth->has_table) {
    auto table = score::TableForSpace(message.table(), space);
    if (!table.ok()) return Status(table.status()).Under("truth.table.");
    truth->table = *std::move(table);
  }
  return std::shared_ptr<const Truth>(std::move(truth));
}

size_t Column(const score::FactorTable& table, std::string_view name) {
  return static_cast<size_t>(std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin());
}

// Turns a weight vector of fixed length by `angle` more away from its base: what drifts is dot, delta and sigma.
void TurnRow(const score::FactorTable& table, double angle, double* row) {
  const size_t dot = Column(table, "dot");
  const size_t current = Column(table, "current");
  const size_t base = Column(table, "base");
  const size_t columns = table.columns.size();
  if (dot == columns || current == columns || base == columns) return;
  const double length = std::sqrt(row[current] * row[base]);
  if (!(length > 0)) return;
  const double turned = std::acos(std::clamp(row[dot] / length, -1.0, 1.0)) + angle;
  row[dot] = length * std::cos(turned);
  const size_t delta = Column(table, "delta");
  if (delta != columns) row[delta] = row[current] + row[base] - 2 * row[dot];
  const size_t sigma = Column(table, "sigma");
  if (sigma != columns) row[sigma] = row[current] - row[base];
}

Status NoNetwork() {
  return Status(Code::kFailedPrecondition, "accuracies are looked up here: there is no network with weights");
}

// All choices' parameters one after another, behind the number of steps they have taken.
std::vector<double> Flat(const ArchitectureParameters& parameters) {
  std::vector<double> flat = {static_cast<double>(parameters.steps)};
  for (const auto& alpha : parameters.alpha) flat.insert(flat.end(), alpha.begin(), alpha.end());
  return flat;
}

base::Result<ArchitectureParameters> FromFlat(const space::Space& space, std::string_view bytes) {
  ArchitectureParameters parameters = NewTableParameters(space);
  std::vector<double> flat(bytes.size() / sizeof(double));
  if (flat.size() * sizeof(double) != bytes.size() || flat.size() != Flat(parameters).size()) {
    return base::Error(Code::kDataLoss, "the image's architecture parameters do not fit the space");
  }
  memcpy(flat.data(), bytes.data(), bytes.size());
  if (!(flat[0] >= 0 && flat[0] < 0x1p53) ||
      !std::all_of(flat.begin(), flat.end(), [](double value) { return std::isfinite(value); })) {
    return base::Error(Code::kDataLoss, "the image's architecture parameters are not finite numbers");
  }
  auto next = flat.begin();
  parameters.steps = static_cast<uint64_t>(*next++);
  for (auto& alpha : parameters.alpha) {
    for (double& value : alpha) value = *next++;
  }
  return parameters;
}

class TableSupernet : public Supernet {
 public:
  TableSupernet(space::Space space, std::shared_ptr<const Truth> truth, double drift)
      : space_(std::move(space)), truth_(std::move(truth)), drift_(drift) {}

  const space::Space& space() const override { return space_; }

  base::Result<NamedTensor> Tensor(std::string_view) const override { return NoNetwork(); }
  Status SetTensor(std::string_view, const TensorView&) override { return NoNetwork(); }
  SupernetInfo Describe() const override {
    SupernetInfo info;
    info.backend = "table";
    info.bytes = truth_->message.ByteSizeLong();
    info.steps = steps_;
    return info;
  }

  base::Result<std::vector<Evaluation>> Evaluate(const std::vector<space::Architecture>& architectures, Dataset*,
                                                 const EvaluateOptions&, const base::Cancel* cancel,
                                                 const StepProgress& progress) override {
    std::vector<Evaluation> evaluations;
    for (const space::Architecture& architecture : architectures) {
      if (base::Triggered(cancel)) return base::Error(Code::kCancelled, "the evaluation was cancelled");
      NASSHRINK_RETURN_IF_ERROR(space::CheckArchitecture(space_, architecture));
      const auto found = truth_->accuracy.find(architecture);
      const double accuracy =
          found == truth_->accuracy.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
      // A loss that falls as the accuracy rises; a table has no real one.
      evaluations.push_back({accuracy, 1 - accuracy / 100});
      if (progress) progress(evaluations.size(), architectures.size());
    }
    return evaluations;
  }

  base::Result<score::FactorTable> Table(const score::AngleOptions&) const override {
    if (!truth_->has_table) {
      return base::Error(Code::kFailedPrecondition, "the truth has no operator scalars, so there is no angle")
          .WithField("truth.table", "none", "a factor table");
    }
    score::FactorTable table = truth_->table;
    const double turn = drift_ * static_cast<double>(steps_ - base_steps_);
    if (turn == 0) return table;
    uint64_t ordinal = 0;
    for (score::Factor& factor : table.factors) {
      for (size_t row = 0; row < factor.rows.size(); row += table.columns.size()) {
        TurnRow(table, turn * static_cast<double>(1 + ordinal++ % 7), &factor.rows[row]);
      }
    }
    return table;
  }

  uint64_t PeakMemory() const override { return truth_->message.ByteSizeLong(); }

  Status ResetBase() override {
    base_steps_ = steps_;
    return {};
  }

  base::Result<std::string> Serialize(const std::map<std::string, std::string>& metadata) const override {
    base::SafetensorsWriter writer = WriterWith(metadata);
    writer.SetMetadata("table.format", kImageFormat);
    const std::string truth = truth_->message.SerializeAsString();
    const uint64_t counters[2] = {steps_, base_steps_};
    NASSHRINK_RETURN_IF_ERROR(writer.Add("counters", "I64", {2}, BytesOf(counters, 2)));
    NASSHRINK_RETURN_IF_ERROR(writer.Add("drift", "F64", {1}, BytesOf(&drift_, 1)));
    NASSHRINK_RETURN_IF_ERROR(writer.Add("truth", "U8", {static_cast<int64_t>(truth.size())}, truth));
    const std::vector<double> alpha = parameters_ ? Flat(*parameters_) : std::vector<double>();
    if (parameters_) {
      const auto count = static_cast<int64_t>(alpha.size());
      NASSHRINK_RETURN_IF_ERROR(writer.Add("alpha", "F64", {count}, BytesOf(alpha.data(), alpha.size())));
    }
    return writer.Finish();
  }

  static base::Result<std::unique_ptr<Supernet>> Load(const space::Space& space, std::string_view image) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage parsed, base::ParseSafetensors(image));
    const auto format = parsed.metadata.find("table.format");
    const base::SafetensorsTensor* counters = parsed.Find("counters");
    const base::SafetensorsTensor* drift = parsed.Find("drift");
    const base::SafetensorsTensor* truth = parsed.Find("truth");
    v1::Truth message;
    if (format == parsed.metadata.end() || format->second != kImageFormat || counters == nullptr ||
        counters->data.size() != 2 * sizeof(uint64_t) || drift == nullptr || drift->data.size() != sizeof(double) ||
        truth == nullptr || !space::ParseMessage(truth->data, &message)) {
      return base::Error(Code::kDataLoss, "this is no image of a table supernet");
    }
    const auto read = ReadTruth(space, message);
    if (!read.ok()) return base::Error(Code::kDataLoss, "the image does not fit: {}", read.status().message());
    auto supernet = std::make_unique<TableSupernet>(space, *read, 0);
    uint64_t numbers[2];
    memcpy(numbers, counters->data.data(), sizeof(numbers));
    memcpy(&supernet->drift_, drift->data.data(), sizeof(double));
    supernet->steps_ = numbers[0];
    supernet->base_steps_ = numbers[1];
    if (const base::SafetensorsTensor* alpha = parsed.Find("alpha"); alpha != nullptr) {
      NASSHRINK_ASSIGN_OR_RETURN(supernet->parameters_, FromFlat(space, alpha->data));
    }
    return std::unique_ptr<Supernet>(std::move(supernet));
  }

  base::Result<ArchitectureParameters> Architecture() const override {
    if (parameters_) return *parameters_;
    return Status(Code::kFailedPrecondition, "no training has learned architecture parameters yet");
  }

  base::Result<std::unique_ptr<Supernet>> Inherit(const space::Space& shrunk, const InheritOptions&) const override {
    if (shrunk.root_fingerprint != space_.root_fingerprint) {
      return Invalid("space", "another root", "a sub-space of the same root", "is not inherited from this supernet");
    }
    auto supernet = std::make_unique<TableSupernet>(shrunk, truth_, drift_);
    supernet->steps_ = steps_;
    supernet->base_steps_ = base_steps_;
    if (parameters_) supernet->parameters_ = TableParametersFor(shrunk, *parameters_);
    return std::unique_ptr<Supernet>(std::move(supernet));
  }

  base::Result<std::string> Extract(const space::Architecture& architecture,
                                    const std::map<std::string, std::string>& metadata) const override {
    NASSHRINK_RETURN_IF_ERROR(space::CheckArchitecture(space_, architecture));
    base::SafetensorsWriter writer = WriterWith(metadata);
    NASSHRINK_RETURN_IF_ERROR(writer.Add("candidates", "I32", {static_cast<int64_t>(architecture.size())},
                                         BytesOf(architecture.data(), architecture.size())));
    return writer.Finish();
  }

  base::Result<std::unique_ptr<Trainer>> NewTrainer(const TrainOptions& options) override;

  void Step() { ++steps_; }
  void HaveParameters() {
    if (!parameters_) parameters_ = NewTableParameters(space_);
  }
  void MoveParameters() { ClimbExpectedAccuracy(space_, truth_->accuracy, &*parameters_); }

 private:
  space::Space space_;
  std::shared_ptr<const Truth> truth_;
  double drift_;
  uint64_t steps_ = 0;
  uint64_t base_steps_ = 0;
  std::optional<ArchitectureParameters> parameters_;
};

class TableTrainer : public Trainer {
 public:
  TableTrainer(TableSupernet* supernet, TrainOptions options)
      : supernet_(supernet), options_(std::move(options)), step_(options_.first_step) {
    if (learns()) supernet_->HaveParameters();
  }

  base::Result<StepOutcome> Step(const TensorView&, const TensorView&) override {
    supernet_->Step();
    StepOutcome outcome;
    outcome.learning_rate = options_.optimizer.learning_rate;
    outcome.step = step_++;
    return outcome;
  }

  base::Result<ForwardOutcome> Forward(const TensorView&) override { return NoNetwork(); }
  Status Backward(const TensorView&) override { return NoNetwork(); }
  base::Result<StepOutcome> Apply() override { return NoNetwork(); }
  base::Result<NamedTensor> Gradient(std::string_view) const override { return NoNetwork(); }

  base::Result<EpochOutcome> Epoch(Dataset& dataset, const EpochRequest& request) override {
    const uint64_t steps = StepsPerEpoch(dataset);
    EpochOutcome outcome = request.begun;
    outcome.learning_rate = options_.optimizer.learning_rate;
    while (outcome.steps < steps) {
      if (base::Triggered(request.cancel)) return outcome;
      const bool moves = learns() && request.epoch >= options_.architecture.frozen_epochs;
      if (moves && step_ % options_.architecture.every == 0) supernet_->MoveParameters();
      NASSHRINK_RETURN_IF_ERROR(Step({}, {}).status());
      ++outcome.steps;
      outcome.images += kImagesPerStep;
      if (request.progress) request.progress(outcome.steps, steps);
    }
    outcome.complete = true;
    return outcome;
  }

  uint64_t StepsPerEpoch(const Dataset&) const override { return kStepsPerEpoch; }

  base::Result<std::string> Snapshot() const override {
    base::SafetensorsWriter writer;
    NASSHRINK_RETURN_IF_ERROR(writer.Add("step", "I64", {1}, BytesOf(&step_, 1)));
    return writer.Finish();
  }

  Status Restore(std::string_view snapshot) override {
    NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage parsed, base::ParseSafetensors(snapshot));
    const base::SafetensorsTensor* step = parsed.Find("step");
    if (step == nullptr || step->data.size() != sizeof(step_)) {
      return base::Error(Code::kDataLoss, "this is no snapshot of a table trainer");
    }
    memcpy(&step_, step->data.data(), sizeof(step_));
    return {};
  }

  base::Result<StepOutcome> ArchitectureStep(const TensorView&, const TensorView&) override { return NoNetwork(); }

  // There is no optimiser whose state could be taken over.
  Status Adopt(std::string_view) override { return {}; }

 private:
  bool learns() const {
    return options_.strategy == TrainOptions::Strategy::kProxyless ||
           options_.strategy == TrainOptions::Strategy::kDarts;
  }

  TableSupernet* supernet_;
  TrainOptions options_;
  uint64_t step_;
};

base::Result<std::unique_ptr<Trainer>> TableSupernet::NewTrainer(const TrainOptions& options) {
  return std::unique_ptr<Trainer>(std::make_unique<TableTrainer>(this, options));
}

class TableDataset : public Dataset {
 public:
  TableDataset() {
    info_.source = "table";
    info_.train_images = kStepsPerEpoch * kImagesPerStep;
  }
  const DatasetInfo& info() const override { return info_; }

 private:
  DatasetInfo info_;
};

class TableBackend : public Backend {
 public:
  TableBackend(v1::Truth truth, const TableOptions& options) : truth_(std::move(truth)), options_(options) {}

  std::string Describe() const override { return "table"; }
  uint32_t intra_op_threads() const override { return 0; }

  base::Result<std::shared_ptr<Dataset>> OpenDataset(const DatasetOptions&) override {
    return base::Error(Code::kFailedPrecondition, "a table back end reads no data set");
  }
  base::Result<std::shared_ptr<Dataset>> DatasetFromTensors(const TensorView&, const TensorView&,
                                                            const DatasetOptions&) override {
    return base::Error(Code::kFailedPrecondition, "a table back end reads no data set");
  }
  base::Result<std::unique_ptr<Supernet>> NewSupernet(const space::Space& space, const SupernetOptions&) override {
    return NewTableSupernet(space, truth_, options_);
  }
  base::Result<std::unique_ptr<Supernet>> LoadSupernet(const space::Space& space, std::string_view image) override {
    return TableSupernet::Load(space, image);
  }
  base::Result<InferenceTimes> TimeInference(const space::Space& /*child*/, const TimingOptions& /*options*/,
                                             const base::Cancel* /*cancel*/) override {
    return base::Error(base::Code::kUnimplemented, "a table of accuracies runs no networks that could be timed");
  }

 private:
  v1::Truth truth_;
  TableOptions options_;
};

}  // namespace

base::Result<std::unique_ptr<Supernet>> NewTableSupernet(const space::Space& space, const v1::Truth& truth,
                                                         const TableOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(auto read, ReadTruth(space, truth));
  return std::unique_ptr<Supernet>(std::make_unique<TableSupernet>(space, std::move(read), options.drift));
}

std::shared_ptr<Backend> NewTableBackend(v1::Truth truth, const TableOptions& options) {
  return std::make_shared<TableBackend>(std::move(truth), options);
}

std::shared_ptr<Dataset> NewTableDataset() { return std::make_shared<TableDataset>(); }

}  // namespace nasshrink::run
