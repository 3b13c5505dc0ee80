#include "run/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "run/options.h"
#include "score/angle.h"
#include "score/magnitude.h"
#include "score/operator_scores.h"
#include "score/table_codec.h"
#include "space/architecture.h"
#include "space/cost.h"

namespace nasshrink::run {
namespace {

using base::Invalid;
using base::Status;

// Children of one Supernet::Evaluate call while operators are scored by accuracy; between calls a cancel is seen.
constexpr size_t kAccuracyBlock = 64;
constexpr uint64_t kEnumerateAngle = 10'000'000;
constexpr uint64_t kEnumerateAccuracy = 20'000;
constexpr uint32_t kSamplesPerOperator = 1000;  // ABS Sec. 4.2
// A score of eight bytes is kept for every child until the operators' are made; our decision.
constexpr uint64_t kMostScores = 100'000'000;
constexpr uint32_t kMostSamplesPerOperator = 1'000'000;
// How many times as many are sampled at most until scores are significant; our decision.
constexpr uint64_t kMoreSamples = 64;

const std::vector<std::string>& ScoreMetrics() {
  static const auto* const kNames = new std::vector<std::string>{"angle", "accuracy", "macs", "params", "magnitude"};
  return *kNames;
}

const std::vector<std::string>& EvaluateMetrics() {
  static const auto* const kNames = new std::vector<std::string>{"accuracy", "top5", "loss", "angle", "macs", "params"};
  return *kNames;
}

std::vector<std::string> MetricsOf(const v1::EvaluateOptions& options) {
  if (options.metrics().empty()) return {"accuracy"};
  return {options.metrics().begin(), options.metrics().end()};
}

Status CheckAngle(const v1::AngleOptions& angle) {
  return Status(score::AngleOptionsFromMessage(angle).status()).Under("angle.");
}

base::Result<score::AngleScorer> MakeAngleScorer(const Supernet& supernet, const v1::AngleOptions& message) {
  NASSHRINK_ASSIGN_OR_RETURN(const score::AngleOptions options, score::AngleOptionsFromMessage(message));
  NASSHRINK_ASSIGN_OR_RETURN(const score::FactorTable table, supernet.Table(options));
  return score::AngleScorer::Make(supernet.space(), table, options);
}

// What is measured at most once for all metrics that read it.
class Measures {
 public:
  Measures(Supernet& supernet, const std::vector<space::Architecture>& children, const v1::EvaluateOptions& options,
           const Measuring& measuring)
      : supernet_(supernet), children_(children), options_(options), measuring_(measuring) {}

  base::Result<std::vector<double>> Values(const std::string& metric) {
    if (metric == "angle") return Angles();
    if (metric == "macs" || metric == "params") return Costs(metric == "macs");
    NASSHRINK_RETURN_IF_ERROR(Evaluate());
    std::vector<double> values;
    for (const Evaluation& evaluation : evaluations_) {
      values.push_back(metric == "accuracy" ? evaluation.accuracy
                       : metric == "top5"   ? evaluation.top5
                                            : evaluation.loss);
    }
    return values;
  }

 private:
  Status Evaluate() {
    if (evaluations_.size() == children_.size()) return {};
    NASSHRINK_ASSIGN_OR_RETURN(const EvaluateOptions options, ResolveEvaluate(options_));
    NASSHRINK_ASSIGN_OR_RETURN(evaluations_, supernet_.Evaluate(children_, measuring_.dataset, options,
                                                                measuring_.cancel, measuring_.progress));
    if (evaluations_.size() == children_.size()) return {};
    return base::Error(base::Code::kInternal, "the back end evaluated {} of {} children", evaluations_.size(),
                       children_.size());
  }

  base::Result<std::vector<double>> Angles() {
    NASSHRINK_ASSIGN_OR_RETURN(const auto scorer, MakeAngleScorer(supernet_, options_.angle()));
    std::vector<double> values;
    for (const space::Architecture& child : children_) {
      NASSHRINK_ASSIGN_OR_RETURN(const double angle, scorer.Angle(child));
      values.push_back(angle);
    }
    return values;
  }

  base::Result<std::vector<double>> Costs(bool macs) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto cost, space::CostModel::Make(supernet_.space()));
    std::vector<double> values;
    for (const space::Architecture& child : children_) {
      values.push_back(static_cast<double>(macs ? cost.Macs(child) : cost.Params(child)));
    }
    return values;
  }

  Supernet& supernet_;
  const std::vector<space::Architecture>& children_;
  const v1::EvaluateOptions& options_;
  const Measuring& measuring_;
  std::vector<Evaluation> evaluations_;  // none yet, or one a child
};

base::Result<score::OperatorScoring> ScoringOf(const space::Space& space, const v1::ScoreOptions& options,
                                               const Measuring& measuring) {
  score::OperatorScoring scoring;
  scoring.metric = options.metric();
  NASSHRINK_ASSIGN_OR_RETURN(scoring.aggregation, score::AggregationFromName(options.aggregation()));
  scoring.seed = options.seed();
  const bool accuracy = options.metric() == "accuracy";
  scoring.enumerate_up_to = options.enumerate_up_to();
  if (scoring.enumerate_up_to == 0) scoring.enumerate_up_to = accuracy ? kEnumerateAccuracy : kEnumerateAngle;
  scoring.samples_per_operator = options.samples_per_operator();
  if (scoring.samples_per_operator == 0) scoring.samples_per_operator = kSamplesPerOperator;
  NASSHRINK_ASSIGN_OR_RETURN(scoring.sampling, score::SamplingFromName(options.sampling()));
  scoring.significance = options.significance();
  const uint64_t operators = space.OperatorCount();
  const uint64_t most = kMostScores / operators;
  scoring.max_samples_per_operator = options.max_samples_per_operator();
  if (scoring.max_samples_per_operator == 0) {
    scoring.max_samples_per_operator =
        static_cast<uint32_t>(std::min(kMoreSamples * scoring.samples_per_operator, most));
  }
  for (const auto& [field, samples] : {std::pair{"samples_per_operator", scoring.samples_per_operator},
                                       {"max_samples_per_operator", scoring.max_samples_per_operator}}) {
    if (samples <= most) continue;
    return Invalid(field, samples, fmt::format("at most {} for a space of {} operators", most, operators),
                   "is more children than are scored at a time");
  }
  if (accuracy) scoring.block = kAccuracyBlock;
  // A supernet takes one call at a time, so accuracy is asked for from this thread alone.
  scoring.pool = accuracy ? nullptr : measuring.pool;
  scoring.cancel = measuring.cancel;
  scoring.progress = measuring.progress;
  return scoring;
}

// Children asked for, and those whose evaluation failed.
struct Tally {
  uint64_t children = 0;
  uint64_t failed = 0;
  space::Architecture first_failed;
};

score::BlockScorer AccuracyBlocks(Supernet& supernet, const EvaluateOptions& options, const Measuring& measuring,
                                  Tally* tally) {
  return [&supernet, options, &measuring, tally](const uint32_t* candidates, size_t count, double* scores) -> Status {
    const size_t choices = supernet.space().choices.size();
    std::vector<space::Architecture> children(count);
    for (size_t i = 0; i < count; ++i) children[i].assign(candidates + i * choices, candidates + (i + 1) * choices);
    NASSHRINK_ASSIGN_OR_RETURN(const auto evaluations,
                               supernet.Evaluate(children, measuring.dataset, options, measuring.cancel, nullptr));
    tally->children += count;
    for (size_t i = 0; i < count; ++i) {
      scores[i] = evaluations[i].accuracy;
      if (!std::isnan(scores[i])) continue;
      if (tally->failed++ == 0) tally->first_failed = children[i];
    }
    return {};
  };
}

Status CheckEveryOperatorHasAChild(const space::Space& space, const v1::OperatorScores& scores, const Tally& tally) {
  for (const v1::OperatorScore& score : scores.scores()) {
    if (score.children() > 0) continue;
    const space::Choice& choice = space.choices[score.choice()];
    return base::Error(base::Code::kFailedPrecondition,
                       "operator '{}' of choice '{}' has no child with an accuracy; {} of {} children have none, the "
                       "first is '{}'",
                       choice.candidates[score.candidate()].label, choice.key, tally.failed, tally.children,
                       space::CodesOf(space, tally.first_failed));
  }
  return {};
}

score::BlockScorer CostBlocks(const space::CostModel& cost, size_t choices, bool macs) {
  return [&cost, choices, macs](const uint32_t* candidates, size_t count, double* scores) -> Status {
    for (size_t i = 0; i < count; ++i) {
      const space::Architecture child(candidates + i * choices, candidates + (i + 1) * choices);
      scores[i] = static_cast<double>(macs ? cost.Macs(child) : cost.Params(child));
    }
    return {};
  };
}

}  // namespace

base::Status CheckEvaluateOptions(const v1::EvaluateOptions& options) {
  for (int i = 0; i < options.metrics_size(); ++i) {
    const std::string field = fmt::format("metrics[{}]", i);
    NASSHRINK_RETURN_IF_ERROR(CheckName(field, options.metrics(i), EvaluateMetrics()));
    if (std::count(options.metrics().begin(), options.metrics().end(), options.metrics(i)) > 1) {
      return Invalid(field, options.metrics(i), "each metric once", "is asked for twice");
    }
  }
  NASSHRINK_RETURN_IF_ERROR(CheckAngle(options.angle()));
  return ResolveEvaluate(options).status();
}

base::Status CheckScoreOptions(const v1::ScoreOptions& options) {
  NASSHRINK_RETURN_IF_ERROR(CheckName("metric", options.metric(), ScoreMetrics()));
  NASSHRINK_RETURN_IF_ERROR(score::AggregationFromName(options.aggregation()).status());
  NASSHRINK_RETURN_IF_ERROR(CheckAngle(options.angle()));
  if (options.enumerate_up_to() > kMostScores) {
    return Invalid("enumerate_up_to", options.enumerate_up_to(), fmt::format("0..{}", kMostScores),
                   "is more children than are scored at a time");
  }
  for (const auto& [field, samples] : {std::pair{"samples_per_operator", options.samples_per_operator()},
                                       {"max_samples_per_operator", options.max_samples_per_operator()}}) {
    if (samples <= kMostSamplesPerOperator) continue;
    return Invalid(field, samples, fmt::format("0..{}", kMostSamplesPerOperator), "is out of range");
  }
  NASSHRINK_RETURN_IF_ERROR(score::SamplingFromName(options.sampling()).status());
  if (!(options.significance() >= 0) || std::isinf(options.significance())) {
    return Invalid("significance", options.significance(), "0 or more standard errors", "is out of range");
  }
  return CheckEvaluateOptions(options.evaluate()).Under("evaluate.");
}

base::Result<v1::EvaluateReport> EvaluateChildren(Supernet& supernet,
                                                  const std::vector<space::Architecture>& architectures,
                                                  const v1::EvaluateOptions& options, const Measuring& measuring) {
  NASSHRINK_RETURN_IF_ERROR(CheckEvaluateOptions(options));
  Measures measures(supernet, architectures, options, measuring);
  v1::EvaluateReport report;
  for (const std::string& metric : MetricsOf(options)) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::vector<double> values, measures.Values(metric));
    v1::MetricValues* entry = report.add_metrics();
    entry->set_name(metric);
    entry->mutable_values()->Add(values.begin(), values.end());
  }
  return report;
}

base::Result<v1::OperatorScores> ScoreTable(const space::Space& space, const score::FactorTable& table,
                                            const v1::ScoreOptions& options, const Measuring& measuring) {
  NASSHRINK_RETURN_IF_ERROR(CheckScoreOptions(options));
  if (options.metric() == "accuracy" || options.metric() == "magnitude") {
    return Invalid("metric", options.metric(), "angle, macs or params", "cannot be told from a table");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const score::OperatorScoring scoring, ScoringOf(space, options, measuring));
  if (options.metric() == "angle") {
    NASSHRINK_ASSIGN_OR_RETURN(const auto angle, score::AngleOptionsFromMessage(options.angle()));
    NASSHRINK_ASSIGN_OR_RETURN(const auto scorer, score::AngleScorer::Make(space, table, angle));
    return score::ScoreOperators(space, score::AngleBlocks(scorer), scoring);
  }
  NASSHRINK_ASSIGN_OR_RETURN(const auto cost, space::CostModel::Make(space));
  return score::ScoreOperators(space, CostBlocks(cost, space.choices.size(), options.metric() == "macs"), scoring);
}

base::Result<v1::OperatorScores> ScoreSupernet(Supernet& supernet, const v1::ScoreOptions& options,
                                               const Measuring& measuring) {
  NASSHRINK_RETURN_IF_ERROR(CheckScoreOptions(options));
  const space::Space& space = supernet.space();
  if (options.metric() == "magnitude") {
    NASSHRINK_ASSIGN_OR_RETURN(const ArchitectureParameters parameters, supernet.Architecture());
    return score::MagnitudeScores(space, parameters.alpha);
  }
  if (options.metric() == "accuracy") {
    NASSHRINK_ASSIGN_OR_RETURN(const score::OperatorScoring scoring, ScoringOf(space, options, measuring));
    NASSHRINK_ASSIGN_OR_RETURN(const EvaluateOptions evaluate, ResolveEvaluate(options.evaluate()));
    Tally tally;
    NASSHRINK_ASSIGN_OR_RETURN(
        auto scores, score::ScoreOperators(space, AccuracyBlocks(supernet, evaluate, measuring, &tally), scoring));
    NASSHRINK_RETURN_IF_ERROR(CheckEveryOperatorHasAChild(space, scores, tally));
    return scores;
  }
  score::FactorTable table;
  if (options.metric() == "angle") {
    NASSHRINK_ASSIGN_OR_RETURN(const auto angle, score::AngleOptionsFromMessage(options.angle()));
    NASSHRINK_ASSIGN_OR_RETURN(table, supernet.Table(angle));
  }
  return ScoreTable(space, table, options, measuring);
}

}  // namespace nasshrink::run
