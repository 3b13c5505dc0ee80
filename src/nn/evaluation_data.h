// The images an evaluation reads, batch after batch: those that batch norms are calibrated on, and those that count.
#ifndef NASSHRINK_NN_EVALUATION_DATA_H_
#define NASSHRINK_NN_EVALUATION_DATA_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "nn/dataset.h"
#include "nn/head.h"
#include "nn/pass.h"
#include "run/backend.h"

namespace nasshrink::nn {

struct EvaluationBatch {
  const float* images = nullptr;
  const int64_t* targets = nullptr;
  int64_t count = 0;
};

// On the executor's thread. What it refers to must outlive it.
class EvaluationData {
 public:
  EvaluationData(const ImageDataset& dataset, const run::EvaluateOptions& options, const base::Cancel* cancel)
      : dataset_(dataset), options_(options), cancel_(cancel) {}

  base::Status Prepare();
  // CANCELLED between batches.
  using Body = std::function<base::Status(const EvaluationBatch& batch)>;
  base::Status ForCalibration(const Body& body);
  base::Status ForEvaluation(const Body& body);

  bool calibrates() const { return options_.re_bn.average != run::ReBatchNorm::Average::kOff; }
  uint64_t calibration_batches() const;
  uint64_t evaluation_batches() const;
  size_t images() const { return part_.images.size(); }
  const run::ReBatchNorm& re_bn() const { return options_.re_bn; }
  const base::Cancel* cancel() const { return cancel_; }

 private:
  base::Status ForBatches(const PartImages& part, uint32_t batch_size, const Body& body);

  const ImageDataset& dataset_;
  const run::EvaluateOptions& options_;
  const base::Cancel* const cancel_;
  PartImages part_;
  PartImages calibration_;
};

// What the batches of one child add up to.
struct EvaluationSums {
  double loss = 0;
  uint64_t correct = 0;
  uint64_t top5 = 0;

  void Add(const LossOutcome& batch, int64_t count);
  run::Evaluation Over(size_t images) const;
};

// Takes one more batch's moments into running statistics, `batches` with it. The cumulative average (weight 1/k at
// batch k) is the plain mean over batches; the exponential one starts from mean 0 and variance 1, as the published code
// does. Variances are unbiased, as running statistics are.
void UpdateStatistics(const run::ReBatchNorm& re_bn, const NormMoments& moments, uint64_t batches, double* mean,
                      double* variance);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_EVALUATION_DATA_H_
