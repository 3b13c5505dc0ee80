#include "nn/evaluate.h"

#include <algorithm>
#include <map>
#include <string>

#include "nn/child_tree.h"
#include "nn/evaluate_chain.h"
#include "nn/evaluation_data.h"
#include "nn/head.h"
#include "nn/pass.h"
#include "nn/trainer.h"

namespace nasshrink::nn {
namespace {

// Batch-norm statistics of a chain's children that are kept at once: a quarter of what the process may use, at most
// 1 GiB (ours).
constexpr uint64_t kMostStatistics = uint64_t{1} << 30U;

// One child after another, each as a whole.
class Evaluator {
 public:
  Evaluator(SupernetState& state, EvaluationData& data) : state_(state), data_(data) {}

  base::Result<run::Evaluation> Evaluate(const Program& program);

 private:
  struct Moments {
    std::vector<float> mean;
    std::vector<float> variance;
  };

  base::Result<Moments> Calibrate(const Program& program);

  SupernetState& state_;
  EvaluationData& data_;
};

base::Result<Evaluator::Moments> Evaluator::Calibrate(const Program& program) {
  const Weights& weights = state_.weights;
  if (!data_.calibrates()) return Moments{weights.running_mean, weights.running_variance};
  std::vector<double> mean(state_.plan.layout.channels, 0.0);
  std::vector<double> variance(state_.plan.layout.channels, 1.0);
  uint64_t batches = 0;
  Pass<float> pass(state_.plan, program, weights.evaluated(), state_.pool, false);
  NASSHRINK_RETURN_IF_ERROR(data_.ForCalibration([&](const EvaluationBatch& batch) {
    pass.Forward(batch.images, batch.count, nullptr);
    ++batches;
    for (const NormMoments& norm : pass.moments()) {
      const size_t offset = state_.plan.layout.statistics[norm.statistics].offset;
      UpdateStatistics(data_.re_bn(), norm, batches, mean.data() + offset, variance.data() + offset);
    }
    return base::Status();
  }));
  return Moments{{mean.begin(), mean.end()}, {variance.begin(), variance.end()}};
}

base::Result<run::Evaluation> Evaluator::Evaluate(const Program& program) {
  NASSHRINK_ASSIGN_OR_RETURN(const Moments moments, Calibrate(program));
  const GivenMoments<float> given{moments.mean.data(), moments.variance.data()};
  const int classes = program.classifier.classes;
  Pass<float> pass(state_.plan, program, state_.weights.evaluated(), state_.pool, false);
  EvaluationSums sums;
  NASSHRINK_RETURN_IF_ERROR(data_.ForEvaluation([&](const EvaluationBatch& batch) {
    const std::vector<float>& logits = pass.Forward(batch.images, batch.count, &given);
    sums.Add(CrossEntropy(batch.count, classes, logits.data(), batch.targets, 0, nullptr), batch.count);
    return base::Status();
  }));
  return sums.Over(data_.images());
}

base::Result<std::vector<run::Evaluation>> EvaluateWhole(SupernetState& state,
                                                         const std::vector<space::Architecture>& architectures,
                                                         EvaluationData& data, const run::StepProgress& progress) {
  Evaluator evaluator(state, data);
  std::vector<run::Evaluation> evaluations;
  std::map<std::string, run::Evaluation> known;  // children that compute the same
  for (const space::Architecture& architecture : architectures) {
    const Program program = CompileProgram(state.plan, {architecture});
    const auto [found, fresh] = known.try_emplace(SignatureOf(program));
    if (fresh) {
      NASSHRINK_ASSIGN_OR_RETURN(found->second, evaluator.Evaluate(program));
    }
    evaluations.push_back(found->second);
    if (progress) progress(evaluations.size(), architectures.size());
  }
  return evaluations;
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

uint64_t StatisticsLimit(const SupernetState& state) {
  return state.memory_limit == 0 ? kMostStatistics : std::min(kMostStatistics, state.memory_limit / 4);
}

}  // namespace

base::Result<std::vector<run::Evaluation>> EvaluateChildren(
    SupernetState& state, const std::vector<space::Architecture>& architectures, const ImageDataset& dataset,
    const run::EvaluateOptions& options, const base::Cancel* cancel, const run::StepProgress& progress) {
  NASSHRINK_RETURN_IF_ERROR(CheckOptions(options));
  NASSHRINK_RETURN_IF_ERROR(CheckDataset(state.plan, dataset.info()));
  if (base::Triggered(cancel)) return base::Status(base::Code::kCancelled, "the evaluation was cancelled");
  EvaluationData data(dataset, options, cancel);
  NASSHRINK_RETURN_IF_ERROR(data.Prepare());

  EvaluationMemory& memory = state.evaluations;
  memory.Use(EvaluationKey(state.weights, dataset.info(), options));
  std::vector<space::Architecture> unknown;
  for (const space::Architecture& architecture : architectures) {
    if (memory.Find(architecture) == nullptr) unknown.push_back(architecture);
  }
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  const size_t known = architectures.size() - std::min(architectures.size(), unknown.size());
  const run::StepProgress counted = [&](uint64_t done, uint64_t /*total*/) {
    if (progress) progress(known + done, architectures.size());
  };
  std::map<space::Architecture, run::Evaluation> fresh;
  if (!unknown.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::vector<run::Evaluation> found,
                               IsChain(state.plan.space)
                                   ? EvaluateChain(state, unknown, data, StatisticsLimit(state), counted)
                                   : EvaluateWhole(state, unknown, data, counted));
    for (size_t i = 0; i < found.size(); ++i) fresh.emplace(unknown[i], found[i]);
  } else if (progress && !architectures.empty()) {
    progress(architectures.size(), architectures.size());
  }
  std::vector<run::Evaluation> evaluations;
  for (const space::Architecture& architecture : architectures) {
    const auto found = fresh.find(architecture);
    evaluations.push_back(found != fresh.end() ? found->second : *memory.Find(architecture));
  }
  for (const auto& [architecture, evaluation] : fresh) memory.Keep(architecture, evaluation);
  state.pool.Trim();
  return evaluations;
}

}  // namespace nasshrink::nn
