// A plan being carried out: where it stands, what it works on, and how stages tell the world.
//
// The walk over stages and loops is here; what a stage does is in stages_*.cc, one function each. Runs on one thread.
// Whatever a later checkpoint or the result depends on is in `state`; everything else can be made again from it.
#ifndef NASSHRINK_RUN_EXECUTION_H_
#define NASSHRINK_RUN_EXECUTION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/run_state.pb.h"
#include "run/backend.h"
#include "run/evaluate.h"
#include "run/store.h"
#include "search/study.h"
#include "space/cost.h"
#include "space/space.h"

namespace nasshrink::run {

class Execution {
 public:
  struct Setup {
    v1::RunPlan plan;
    // Of the last checkpoint; empty to begin.
    v1::RunState state;
    std::shared_ptr<Backend> backend;
    std::shared_ptr<Supernet> supernet;  // nullptr: made from the plan, or read from the store when resuming
    std::shared_ptr<Dataset> dataset;    // as given by the caller; nullptr for a table back end
    Store* store = nullptr;              // nullptr: the run is not kept
    base::WorkerPool* pool = nullptr;
    const base::Cancel* cancel = nullptr;
    std::function<base::Status(const v1::RunEvent&)> on_event;
    std::function<void(const v1::RunProgress&)> on_progress;
  };
  explicit Execution(Setup setup);

  struct Finished {
    v1::RunResult result;
    v1::RunEvent event;
  };
  // To the end of the plan. The RunFinished event is kept in the store together with the result; telling it to others
  // is left to the caller, so that who hears of it finds the result.
  base::Result<Finished> Run();
  std::shared_ptr<Supernet> supernet() const { return supernet_; }

 private:
  using Stages = google::protobuf::RepeatedPtrField<v1::Stage>;

  // The walk.
  base::Status Prepare();
  base::Status RunStages(const Stages& stages, int depth, const std::string& path);
  base::Status RunLoop(const v1::LoopStage& loop, int depth, const std::string& path);
  base::Status RunStage(const v1::Stage& stage, const std::string& path);
  base::Result<bool> LoopIsDone(const v1::LoopStage& loop, const v1::StageFrame& frame) const;
  v1::RunResult MakeResult() const;

  // Stages (stages_*.cc).
  base::Status Train(const v1::TrainStage& stage);
  base::Status Score(const v1::ScoreStage& stage);
  base::Status Shrink(const v1::ShrinkStage& stage);
  // What the rule reads, of what earlier stages left.
  base::Result<v1::ShrinkInput> ShrinkInputFor(const v1::ShrinkRule& rule) const;
  base::Status ResetBase(const v1::ResetBaseStage& stage);
  base::Status Deepen(const v1::DeepenStage& stage);
  base::Status Derive(const v1::DeriveStage& stage);
  base::Result<SupernetOptions> FreshOptions() const;
  base::Result<std::shared_ptr<Supernet>> NewSupernet(const space::Space& space);
  base::Status Search(const v1::SearchStage& stage);
  base::Status Retrain(const v1::RetrainStage& stage);
  base::Status Export(const v1::ExportStage& stage);

  // Epochs of one training from where `state_.stage()` stands; the trainer's state goes into checkpoints.
  struct Training {
    Supernet* supernet = nullptr;
    TrainOptions options;
    uint32_t epochs = 0;
    uint32_t schedule_epochs = 0;
    bool schedule_by_epoch = false;
    bool continue_schedule = false;
    bool inherit_optimizer = false;
    // Share of the stage that this training is, and where it begins.
    double begin = 0;
    double share = 1;
    // Writes the weights being trained into the state.
    std::function<base::Status()> keep_weights;
    // What is done after an epoch, before it is told of; may be empty.
    std::function<base::Status(v1::EpochFinished*)> after_epoch;
  };
  base::Status RunTraining(Training training);
  base::Result<std::unique_ptr<Trainer>> MakeTrainer(Training* training, uint64_t* steps_per_epoch);
  // The trainer's state where the stage under way was stopped, or what it inherits from the stage before.
  base::Status RestoreTrainer(const Training& training, Trainer& trainer);
  base::Status RunEpoch(const Training& training, Trainer& trainer, uint64_t steps_per_epoch);
  base::Status KeepTraining(const Training& training, const Trainer& trainer);
  // For a later stage that inherits it.
  base::Status KeepTrainer(const Trainer& trainer);
  base::Status RetrainChild(const v1::RetrainStage& stage, uint32_t number, uint32_t count);
  base::Result<std::unique_ptr<Supernet>> ChildSupernet(const v1::RetrainStage& stage,
                                                        const space::Architecture& architecture, uint32_t number);
  // Measures the child on validation images and keeps it where it is the best so far.
  base::Status KeepBest(Supernet& child, const space::Architecture& architecture, v1::EpochFinished* finished);
  base::Status TestChild(Supernet& child, const space::Architecture& architecture, v1::Evaluated* evaluated);
  base::Result<std::vector<space::Architecture>> ChildrenToRetrain(uint32_t top) const;
  base::Status MeasureTrials(const search::Study& study, const v1::SearchOptions& options, const v1::TrialList& trials,
                             double done, v1::ObservationList* observations);
  base::Status KeepFound(const v1::StudyReport& report);

  // What stages are given.
  Dataset* evaluation_dataset() const { return dataset_.get(); }
  Dataset& training_dataset() { return dataset_ != nullptr ? *dataset_ : *table_dataset_; }
  const DatasetInfo& dataset_info() { return training_dataset().info(); }
  Measuring MeasuringWith(StepProgress progress) const;
  // Architecture, codes and costs; metrics are added by the caller.
  v1::Evaluated Describe(const space::Architecture& architecture) const;
  // Numbers the event, keeps it and delivers it; Record does all but deliver.
  base::Status Emit(v1::RunEvent event);
  base::Status Record(v1::RunEvent* event);
  base::Status CheckCancel() const;
  // `share` of the stage is done.
  void ShowProgress(double share, uint64_t step, uint64_t steps, double rate, const char* rate_unit);
  base::Status Checkpoint(bool stage_end);
  base::Status KeepSupernet();
  double Seconds() const;

  Setup setup_;
  v1::RunState state_;
  space::Space space_;
  std::optional<space::CostModel> cost_;  // nothing for spaces without formulas
  std::shared_ptr<Supernet> supernet_;
  bool supernet_changed_ = false;  // since it was last written
  // What the state refers to in a run that is not kept: state_.trainer() and state_.stage().best().
  std::string trainer_, best_;
  std::shared_ptr<Supernet> child_;
  std::shared_ptr<Dataset> dataset_;
  std::shared_ptr<Dataset> table_dataset_;
  std::string path_;  // of the stage under way
  double stage_work_ = 0;
  std::string children_;  // decimal, of space_
  v1::RunProgress progress_;
  std::chrono::steady_clock::time_point begun_;
  double seconds_before_ = 0;
};

// The child a run has found: retrained, or else the first of its search; nullptr before.
const v1::Evaluated* BestOf(const v1::RunState& state);

// A seed of its own for part `number` of a run; frozen, because results depend on it.
uint64_t SeedOfPart(uint64_t seed, uint64_t number);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_EXECUTION_H_
