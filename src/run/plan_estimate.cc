#include "run/plan_estimate.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "run/options.h"
#include "run/plan.h"
#include "run/rehearsal.h"
#include "run/retrain_child.h"
#include "run/work_estimate.h"
#include "space/repeat_cells.h"

namespace nasshrink::run {
namespace {

using base::Status;
using Stages = google::protobuf::RepeatedPtrField<v1::Stage>;

// What the machine has left; without bound where that cannot be read.
uint64_t MemoryLeft() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  uint64_t kibibytes = 0;
  while (file >> name >> kibibytes && std::getline(file, unit)) {
    if (name == "MemAvailable:") return kibibytes * 1024;
  }
  return std::numeric_limits<uint64_t>::max();
}

class Estimator {
 public:
  explicit Estimator(const EstimateRequest& request) : request_(request), space_(*request.space) {
    with_ = {request.backend, request.dataset.get(), request.memory_limit == 0 ? MemoryLeft() : request.memory_limit,
             request.cancel};
  }

  base::Result<v1::PlanEstimate> Estimate() {
    NASSHRINK_RETURN_IF_ERROR(AddStages(request_.plan->stages(), "", 1));
    for (const v1::StageEstimate& stage : estimate_.stages()) {
      estimate_.set_memory_bytes(std::max(estimate_.memory_bytes(), stage.memory_bytes()));
      estimate_.set_seconds(estimate_.seconds() + stage.seconds());
    }
    return std::move(estimate_);
  }

 private:
  using Rehearse = base::Result<Rehearsal>;

  Status AddStages(const Stages& stages, const std::string& path, double times);
  Status AddStage(const v1::Stage& stage, const std::string& path, double times);
  Status Fill(const v1::Stage& stage, double times, v1::StageEstimate* estimate);
  Rehearse Training(const v1::TrainOptions& options);
  Rehearse Evaluation(const v1::EvaluateOptions& options);
  Rehearse Retraining(const v1::RetrainStage& stage);
  // Bytes of a supernet as it is made.
  base::Result<uint64_t> SupernetBytes();
  base::Result<SupernetOptions> Supernet() const {
    return ResolveSupernet(request_.plan->supernet(), request_.plan->seed());
  }
  // A rehearsal is made once for equal options.
  template <typename Make>
  Rehearse Once(const std::string& key, const Make& make);

  const EstimateRequest& request_;
  space::Space space_;
  Rehearsed with_;
  std::map<std::string, Rehearsal> known_;
  v1::PlanEstimate estimate_;
};

template <typename Make>
Estimator::Rehearse Estimator::Once(const std::string& key, const Make& make) {
  const auto found = known_.find(space_.full_fingerprint + key);
  if (found != known_.end()) return found->second;
  NASSHRINK_ASSIGN_OR_RETURN(const Rehearsal made, make());
  return known_.emplace(space_.full_fingerprint + key, made).first->second;
}

Estimator::Rehearse Estimator::Training(const v1::TrainOptions& options) {
  v1::TrainOptions each = options;
  each.clear_epochs();
  return Once("train" + each.SerializeAsString(), [&]() -> Rehearse {
    NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions supernet, Supernet());
    NASSHRINK_ASSIGN_OR_RETURN(TrainOptions resolved, ResolveTrain(options));
    NASSHRINK_RETURN_IF_ERROR(ResolvePaths(options, space_, &resolved));
    return RehearseTraining(space_, supernet, resolved, with_);
  });
}

Estimator::Rehearse Estimator::Evaluation(const v1::EvaluateOptions& options) {
  return Once("evaluate" + options.SerializeAsString(), [&]() -> Rehearse {
    NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions supernet, Supernet());
    NASSHRINK_ASSIGN_OR_RETURN(const EvaluateOptions resolved, ResolveEvaluate(options));
    return RehearseEvaluation(space_, supernet, resolved, with_);
  });
}

Estimator::Rehearse Estimator::Retraining(const v1::RetrainStage& stage) {
  return Once("retrain" + stage.SerializeAsString(), [&]() -> Rehearse {
    NASSHRINK_ASSIGN_OR_RETURN(const uint64_t supernet, SupernetBytes());
    NASSHRINK_ASSIGN_OR_RETURN(const space::Space child, ChildSpace(space_, LargestChild(space_), stage));
    NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions options, ChildOptions(*request_.plan, stage));
    NASSHRINK_ASSIGN_OR_RETURN(const TrainOptions training, ResolveRetrain(stage));
    NASSHRINK_ASSIGN_OR_RETURN(Rehearsal rehearsal, RehearseTraining(child, options, training, with_));
    EvaluateOptions test;
    test.re_bn.average = ReBatchNorm::Average::kOff;
    NASSHRINK_ASSIGN_OR_RETURN(const Rehearsal tested, RehearseEvaluation(child, options, test, with_));
    rehearsal.bytes = supernet + std::max(rehearsal.bytes, tested.bytes);
    return rehearsal;
  });
}

base::Result<uint64_t> Estimator::SupernetBytes() {
  NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions options, Supernet());
  NASSHRINK_ASSIGN_OR_RETURN(const auto supernet, request_.backend->NewSupernet(space_, options));
  return supernet->PeakMemory();
}

bool Measures(const v1::SearchOptions& options) {
  const auto measured = [](const std::string& metric) { return metric == "accuracy" || metric == "loss"; };
  return options.metrics().empty() || std::any_of(options.metrics().begin(), options.metrics().end(), measured);
}

Status Estimator::Fill(const v1::Stage& stage, double times, v1::StageEstimate* estimate) {
  Rehearsal rehearsal;
  if (stage.has_train()) {
    NASSHRINK_ASSIGN_OR_RETURN(rehearsal, Training(stage.train().options()));
  } else if (stage.has_score() && stage.score().options().metric() == "accuracy") {
    NASSHRINK_ASSIGN_OR_RETURN(rehearsal, Evaluation(stage.score().options().evaluate()));
  } else if (stage.has_search() && Measures(stage.search().options())) {
    NASSHRINK_ASSIGN_OR_RETURN(rehearsal, Evaluation(stage.search().options().evaluate()));
  } else if (stage.has_retrain()) {
    NASSHRINK_ASSIGN_OR_RETURN(rehearsal, Retraining(stage.retrain()));
  }
  const StageImages images = ImagesOf(stage, request_.dataset->info(), space_);
  // A retrained child is tested forward alone.
  const double evaluated = stage.has_retrain() ? images.evaluated / kTrainingPasses : images.evaluated;
  estimate->set_memory_bytes(rehearsal.bytes);
  estimate->set_seconds(times * rehearsal.seconds_per_image * (images.trained + evaluated));
  estimate->set_too_large(rehearsal.too_large);
  return {};
}

Status Estimator::AddStage(const v1::Stage& stage, const std::string& path, double times) {
  if (stage.has_loop()) {
    return AddStages(stage.loop().body(), path + "/", times * LeftIterations(stage.loop(), space_, 0));
  }
  if (stage.has_deepen()) {
    NASSHRINK_ASSIGN_OR_RETURN(space_, space::RepeatCells(space_, stage.deepen().cells()));
  }
  v1::StageEstimate* estimate = estimate_.add_stages();
  estimate->set_stage(path);
  return Fill(stage, times, estimate);
}

Status Estimator::AddStages(const Stages& stages, const std::string& path, double times) {
  for (int i = 0; i < stages.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(AddStage(stages[i], path + StageName(stages, i), times));
  }
  return {};
}

}  // namespace

base::Result<v1::PlanEstimate> EstimatePlan(const EstimateRequest& request) {
  if (request.dataset != nullptr) return Estimator(request).Estimate();
  // A table passes no images.
  NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions options,
                             ResolveSupernet(request.plan->supernet(), request.plan->seed()));
  NASSHRINK_ASSIGN_OR_RETURN(const auto supernet, request.backend->NewSupernet(*request.space, options));
  v1::PlanEstimate estimate;
  estimate.set_memory_bytes(supernet->PeakMemory());
  return estimate;
}

Status CheckMemory(const v1::PlanEstimate& estimate, uint64_t memory_limit) {
  if (memory_limit == 0 || estimate.memory_bytes() <= memory_limit) return {};
  const auto& stages = estimate.stages();
  const auto largest = std::max_element(
      stages.begin(), stages.end(), [](const auto& a, const auto& b) { return a.memory_bytes() < b.memory_bytes(); });
  const std::string stage = largest == stages.end() ? std::string() : fmt::format(" (stage '{}')", largest->stage());
  return Status(base::Code::kResourceExhausted,
                fmt::format("is less than the about {} bytes that the plan needs{}", estimate.memory_bytes(), stage))
      .WithField("memory_limit", std::to_string(memory_limit), fmt::format("{} or above", estimate.memory_bytes()));
}

}  // namespace nasshrink::run
