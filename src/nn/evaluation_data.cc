#include "nn/evaluation_data.h"

#include <cmath>
#include <limits>
#include <optional>

#include "nn/batch_source.h"

namespace nasshrink::nn {
namespace {

uint64_t BatchesOf(size_t images, uint32_t batch_size) { return (images + batch_size - 1) / batch_size; }

}  // namespace

base::Status EvaluationData::Prepare() {
  NASSHRINK_ASSIGN_OR_RETURN(part_, dataset_.Images(options_.part, options_.images));
  if (calibrates()) {
    NASSHRINK_ASSIGN_OR_RETURN(calibration_, dataset_.Images(options_.re_bn.part, options_.re_bn.images));
  }
  return {};
}

uint64_t EvaluationData::calibration_batches() const {
  return BatchesOf(calibration_.images.size(), options_.re_bn.batch_size);
}

uint64_t EvaluationData::evaluation_batches() const { return BatchesOf(part_.images.size(), options_.batch_size); }

base::Status EvaluationData::ForBatches(const PartImages& part, uint32_t batch_size, const Body& body) {
  BatchSource batches(dataset_, part, batch_size, std::nullopt);
  for (uint64_t i = 0; i < batches.count(); ++i) {
    if (base::Triggered(cancel_)) return base::Status(base::Code::kCancelled, "the evaluation was cancelled");
    NASSHRINK_ASSIGN_OR_RETURN(const Batch* batch, batches.Next(cancel_));
    NASSHRINK_RETURN_IF_ERROR(body({batch->images.data(), batch->targets.data(), static_cast<int64_t>(batch->count)}));
  }
  return {};
}

base::Status EvaluationData::ForCalibration(const Body& body) {
  return ForBatches(calibration_, options_.re_bn.batch_size, body);
}

base::Status EvaluationData::ForEvaluation(const Body& body) { return ForBatches(part_, options_.batch_size, body); }

void EvaluationSums::Add(const LossOutcome& batch, int64_t count) {
  loss += batch.loss * static_cast<double>(count);
  correct += batch.correct;
  top5 += batch.top5;
}

run::Evaluation EvaluationSums::Over(size_t images) const {
  const auto total = static_cast<double>(images);
  run::Evaluation evaluation;
  evaluation.loss = loss / total;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  evaluation.accuracy = std::isfinite(loss) ? 100.0 * static_cast<double>(correct) / total : kNone;
  evaluation.top5 = std::isfinite(loss) ? 100.0 * static_cast<double>(top5) / total : kNone;
  return evaluation;
}

void UpdateStatistics(const run::ReBatchNorm& re_bn, const NormMoments& moments, uint64_t batches, double* mean,
                      double* variance) {
  const bool cumulative = re_bn.average == run::ReBatchNorm::Average::kCumulative;
  const double weight = cumulative ? 1.0 / static_cast<double>(batches) : re_bn.momentum;
  const double unbiased =
      moments.count > 1 ? static_cast<double>(moments.count) / static_cast<double>(moments.count - 1) : 1.0;
  for (size_t c = 0; c < moments.mean.size(); ++c) {
    mean[c] += weight * (moments.mean[c] - mean[c]);
    variance[c] += weight * (moments.variance[c] * unbiased - variance[c]);
  }
}

}  // namespace nasshrink::nn
