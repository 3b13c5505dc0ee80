#include "nn/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "nn/head.h"
#include "nn/pass.h"
#include "nn/trainer.h"

namespace nasshrink::nn {
namespace {

class Evaluator {
 public:
  Evaluator(SupernetState& state, const ImageDataset& dataset, const run::EvaluateOptions& options,
            const base::Cancel* cancel)
      : state_(state), dataset_(dataset), options_(options), cancel_(cancel) {}

  base::Status Prepare();
  base::Result<run::Evaluation> Evaluate(const Program& program);

 private:
  struct Moments {
    std::vector<float> mean;
    std::vector<float> variance;
  };

  base::Result<Moments> Calibrate(const Program& program);
  // Calls body(images, targets, count) for every batch.
  template <typename Body>
  base::Status ForBatches(const PartImages& part, uint32_t batch_size, const Body& body);
  void Average(const std::vector<NormMoments>& batch, uint64_t batches, std::vector<double>* mean,
               std::vector<double>* variance) const;

  SupernetState& state_;
  const ImageDataset& dataset_;
  const run::EvaluateOptions& options_;
  const base::Cancel* cancel_;
  PartImages part_;
  PartImages calibration_;
  std::vector<float> images_;
  std::vector<int64_t> targets_;
};

base::Status Evaluator::Prepare() {
  NASSHRINK_ASSIGN_OR_RETURN(part_, dataset_.Images(options_.part, options_.images));
  if (options_.re_bn.average != run::ReBatchNorm::Average::kOff) {
    NASSHRINK_ASSIGN_OR_RETURN(calibration_, dataset_.Images(run::Part::kTrain, options_.re_bn.images));
  }
  return {};
}

template <typename Body>
base::Status Evaluator::ForBatches(const PartImages& part, uint32_t batch_size, const Body& body) {
  const run::DatasetInfo& info = dataset_.info();
  const size_t most = std::min<size_t>(batch_size, part.images.size());
  images_.resize(most * info.channels * info.height * info.width);
  targets_.resize(most);
  for (size_t first = 0; first < part.images.size(); first += batch_size) {
    if (base::Triggered(cancel_)) return base::Status(base::Code::kCancelled, "the evaluation was cancelled");
    const size_t count = std::min<size_t>(batch_size, part.images.size() - first);
    dataset_.FillBatch(part, first, count, nullptr, images_.data(), targets_.data());
    body(static_cast<int64_t>(count));
  }
  return {};
}

// The cumulative average (weight 1/k at batch k) is the plain mean over batches; the exponential one starts from mean 0
// and variance 1, as the published code does. Variances are unbiased, as running statistics are.
void Evaluator::Average(const std::vector<NormMoments>& batch, uint64_t batches, std::vector<double>* mean,
                        std::vector<double>* variance) const {
  const bool cumulative = options_.re_bn.average == run::ReBatchNorm::Average::kCumulative;
  const double weight = cumulative ? 1.0 / static_cast<double>(batches) : options_.re_bn.momentum;
  for (const NormMoments& norm : batch) {
    const Statistics& statistics = state_.plan.layout.statistics[norm.statistics];
    const double unbiased =
        norm.count > 1 ? static_cast<double>(norm.count) / static_cast<double>(norm.count - 1) : 1.0;
    for (size_t c = 0; c < statistics.channels; ++c) {
      const size_t at = statistics.offset + c;
      (*mean)[at] += weight * (norm.mean[c] - (*mean)[at]);
      (*variance)[at] += weight * (norm.variance[c] * unbiased - (*variance)[at]);
    }
  }
}

base::Result<Evaluator::Moments> Evaluator::Calibrate(const Program& program) {
  const Weights& weights = state_.weights;
  if (options_.re_bn.average == run::ReBatchNorm::Average::kOff) {
    return Moments{weights.running_mean, weights.running_variance};
  }
  std::vector<double> mean(state_.plan.layout.channels, 0.0);
  std::vector<double> variance(state_.plan.layout.channels, 1.0);
  uint64_t batches = 0;
  Pass<float> pass(state_.plan, program, weights.evaluated(), state_.pool, false);
  NASSHRINK_RETURN_IF_ERROR(ForBatches(calibration_, options_.re_bn.batch_size, [&](int64_t count) {
    pass.Forward(images_.data(), count, nullptr);
    Average(pass.moments(), ++batches, &mean, &variance);
  }));
  return Moments{{mean.begin(), mean.end()}, {variance.begin(), variance.end()}};
}

base::Result<run::Evaluation> Evaluator::Evaluate(const Program& program) {
  NASSHRINK_ASSIGN_OR_RETURN(const Moments moments, Calibrate(program));
  const GivenMoments<float> given{moments.mean.data(), moments.variance.data()};
  const int classes = program.classifier.classes;
  Pass<float> pass(state_.plan, program, state_.weights.evaluated(), state_.pool, false);
  double loss = 0;
  uint64_t correct = 0;
  NASSHRINK_RETURN_IF_ERROR(ForBatches(part_, options_.batch_size, [&](int64_t count) {
    const std::vector<float>& logits = pass.Forward(images_.data(), count, &given);
    const LossOutcome outcome = CrossEntropy(count, classes, logits.data(), targets_.data(), 0, nullptr);
    loss += outcome.loss * static_cast<double>(count);
    correct += outcome.correct;
  }));
  const auto total = static_cast<double>(part_.images.size());
  run::Evaluation evaluation;
  evaluation.loss = loss / total;
  evaluation.accuracy =
      std::isfinite(loss) ? 100.0 * static_cast<double>(correct) / total : std::numeric_limits<double>::quiet_NaN();
  return evaluation;
}

base::Status CheckOptions(const run::EvaluateOptions& options) {
  if (options.batch_size < 1)
    return base::Invalid("batch_size", options.batch_size, "1 or above", "the batch is empty");
  if (options.re_bn.batch_size < 1) {
    return base::Invalid("re_bn.batch_size", options.re_bn.batch_size, "1 or above", "the batch is empty");
  }
  if (!(options.re_bn.momentum > 0 && options.re_bn.momentum <= 1)) {
    return base::Invalid("re_bn.momentum", options.re_bn.momentum, "above 0, at most 1", "the momentum does not fit");
  }
  return {};
}

}  // namespace

base::Result<std::vector<run::Evaluation>> EvaluateChildren(
    SupernetState& state, const std::vector<space::Architecture>& architectures, const ImageDataset& dataset,
    const run::EvaluateOptions& options, const base::Cancel* cancel, const run::StepProgress& progress) {
  NASSHRINK_RETURN_IF_ERROR(CheckOptions(options));
  NASSHRINK_RETURN_IF_ERROR(CheckDataset(state.plan, dataset.info()));
  Evaluator evaluator(state, dataset, options, cancel);
  NASSHRINK_RETURN_IF_ERROR(evaluator.Prepare());
  std::vector<run::Evaluation> evaluations;
  std::map<std::string, run::Evaluation> known;  // children that compute the same
  for (const space::Architecture& architecture : architectures) {
    const Program program = CompileProgram(state.plan, {architecture});
    const std::string signature = SignatureOf(program);
    const auto found = known.find(signature);
    if (found != known.end()) {
      evaluations.push_back(found->second);
    } else {
      NASSHRINK_ASSIGN_OR_RETURN(const run::Evaluation evaluation, evaluator.Evaluate(program));
      known.emplace(signature, evaluation);
      evaluations.push_back(evaluation);
    }
    if (progress) progress(evaluations.size(), architectures.size());
  }
  state.pool.Trim();
  return evaluations;
}

}  // namespace nasshrink::nn
