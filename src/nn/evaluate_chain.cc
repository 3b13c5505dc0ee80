#include "nn/evaluate_chain.h"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <utility>

#include "nn/child_tree.h"

namespace nasshrink::nn {
namespace {

// A layer's work, ready to run. The pass refers to the program.
struct Part {
  Part(SupernetState& state, Program compiled)
      : program(std::move(compiled)),
        pass(state.plan, program, state.weights.evaluated(), state.pool, /*for_training=*/false) {}
  Program program;
  Pass<float> pass;
};

class ChainEvaluator {
 public:
  ChainEvaluator(SupernetState& state, EvaluationData& data)
      : state_(state),
        data_(data),
        mean_(state.plan.layout.channels, 0.0F),
        variance_(state.plan.layout.channels, 1.0F) {}

  base::Status Run(const ChildTree& tree, const std::function<void(uint64_t, uint64_t)>& progress);
  // Of the child whose last node it is, after Run.
  const EvaluationSums& SumsAt(uint32_t leaf) const { return sums_[leaf]; }
  // What a node's statistics take.
  uint64_t StatisticsBytes(const ChildTree::Node& node);

 private:
  base::Status VisitAll(const ChildTree& tree, const EvaluationBatch& batch, bool calibrate);
  base::Status Visit(const ChildTree& tree, uint32_t node, const float* input, const EvaluationBatch& batch,
                     bool calibrate);
  void Update(const std::vector<NormMoments>& batch, std::vector<NormMoments>* statistics) const;
  GivenMoments<float> Given(const std::vector<NormMoments>& statistics);
  Part& PartOf(const ChildTree::Node& node);

  SupernetState& state_;
  EvaluationData& data_;
  std::map<std::pair<uint32_t, uint32_t>, std::unique_ptr<Part>> parts_;
  std::vector<std::vector<NormMoments>> statistics_;  // by node
  std::vector<EvaluationSums> sums_;                  // by node
  std::vector<float> mean_, variance_;                // of the layout; a layer's own are written before it runs
  uint64_t calibrated_ = 0;
};

Part& ChainEvaluator::PartOf(const ChildTree::Node& node) {
  std::unique_ptr<Part>& part = parts_[{node.layer, node.candidate}];
  if (part == nullptr) part = std::make_unique<Part>(state_, CompileLayer(state_.plan, node.layer, node.candidate));
  return *part;
}

uint64_t ChainEvaluator::StatisticsBytes(const ChildTree::Node& node) {
  uint64_t channels = 0;
  for (const ProgramNode& work : PartOf(node).program.nodes) {
    for (const NodeTerm& term : work.terms) channels += term.normalised ? static_cast<uint64_t>(work.channels) : 0;
  }
  return channels * 2 * sizeof(double);
}

void ChainEvaluator::Update(const std::vector<NormMoments>& batch, std::vector<NormMoments>* statistics) const {
  if (statistics->empty()) {
    for (const NormMoments& norm : batch) {
      statistics->push_back(
          {norm.statistics, std::vector<double>(norm.mean.size(), 0.0), std::vector<double>(norm.mean.size(), 1.0), 0});
    }
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    NormMoments& kept = (*statistics)[i];
    UpdateStatistics(data_.re_bn(), batch[i], calibrated_, kept.mean.data(), kept.variance.data());
  }
}

GivenMoments<float> ChainEvaluator::Given(const std::vector<NormMoments>& statistics) {
  if (!data_.calibrates()) return {state_.weights.running_mean.data(), state_.weights.running_variance.data()};
  for (const NormMoments& norm : statistics) {
    const size_t offset = state_.plan.layout.statistics[norm.statistics].offset;
    std::copy(norm.mean.begin(), norm.mean.end(), mean_.begin() + static_cast<ptrdiff_t>(offset));
    std::copy(norm.variance.begin(), norm.variance.end(), variance_.begin() + static_cast<ptrdiff_t>(offset));
  }
  return {mean_.data(), variance_.data()};
}

base::Status ChainEvaluator::Visit(const ChildTree& tree, uint32_t index, const float* input,
                                   const EvaluationBatch& batch, bool calibrate) {
  if (base::Triggered(data_.cancel())) return base::Status(base::Code::kCancelled, "the evaluation was cancelled");
  const ChildTree::Node& node = tree.nodes()[index];
  const bool last = node.next.empty();
  if (last && calibrate) return {};  // the classifier has no batch norm
  Part& part = PartOf(node);
  if (calibrate) {
    part.pass.Forward(input, batch.count, nullptr);
    Update(part.pass.moments(), &statistics_[index]);
  } else {
    const GivenMoments<float> given = Given(statistics_[index]);
    const std::vector<float>& logits = part.pass.Forward(input, batch.count, &given);
    if (last) {
      const int classes = part.program.classifier.classes;
      sums_[index].Add(CrossEntropy(batch.count, classes, logits.data(), batch.targets, 0, nullptr), batch.count);
    }
  }
  for (const uint32_t next : node.next) {
    NASSHRINK_RETURN_IF_ERROR(Visit(tree, next, part.pass.Result(), batch, calibrate));
  }
  part.pass.Release();
  return {};
}

base::Status ChainEvaluator::VisitAll(const ChildTree& tree, const EvaluationBatch& batch, bool calibrate) {
  for (const uint32_t first : tree.first()) {
    NASSHRINK_RETURN_IF_ERROR(Visit(tree, first, batch.images, batch, calibrate));
  }
  return {};
}

base::Status ChainEvaluator::Run(const ChildTree& tree, const std::function<void(uint64_t, uint64_t)>& progress) {
  statistics_.assign(tree.nodes().size(), {});
  sums_.assign(tree.nodes().size(), {});
  calibrated_ = 0;
  const uint64_t total = data_.calibration_batches() + data_.evaluation_batches();
  uint64_t done = 0;
  if (data_.calibrates()) {
    NASSHRINK_RETURN_IF_ERROR(data_.ForCalibration([&](const EvaluationBatch& batch) {
      ++calibrated_;
      base::Status status = VisitAll(tree, batch, true);
      progress(++done, total);
      return status;
    }));
  }
  return data_.ForEvaluation([&](const EvaluationBatch& batch) {
    base::Status status = VisitAll(tree, batch, false);
    progress(++done, total);
    return status;
  });
}

}  // namespace

base::Result<std::vector<run::Evaluation>> EvaluateChain(SupernetState& state,
                                                         const std::vector<space::Architecture>& architectures,
                                                         EvaluationData& data, uint64_t statistics_limit,
                                                         const run::StepProgress& progress) {
  // Neighbours share most, so a round holds a piece of the sorted list.
  std::vector<size_t> order(architectures.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return architectures[a] < architectures[b]; });
  std::vector<run::Evaluation> evaluations(architectures.size());
  ChainEvaluator evaluator(state, data);
  size_t begin = 0;
  while (begin < order.size()) {
    ChildTree tree(state.plan.space);
    std::vector<uint32_t> leaves;
    uint64_t bytes = 0;
    size_t counted = 0;
    for (size_t i = begin; i < order.size() && (i == begin || bytes < statistics_limit); ++i) {
      leaves.push_back(tree.Add(architectures[order[i]]));
      for (; counted < tree.nodes().size(); ++counted) bytes += evaluator.StatisticsBytes(tree.nodes()[counted]);
    }
    NASSHRINK_RETURN_IF_ERROR(evaluator.Run(tree, [&](uint64_t done, uint64_t total) {
      if (progress) progress(begin + leaves.size() * done / total, architectures.size());
    }));
    for (size_t i = 0; i < leaves.size(); ++i) {
      evaluations[order[begin + i]] = evaluator.SumsAt(leaves[i]).Over(data.images());
    }
    begin += leaves.size();
  }
  return evaluations;
}

}  // namespace nasshrink::nn
