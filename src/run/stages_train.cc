// Training the supernet, and the epochs that training a child from scratch shares with it.
#include <algorithm>
#include <utility>

#include "run/execution.h"
#include "run/options.h"

namespace nasshrink::run {

using base::Status;

namespace {

bool Inherits(const google::protobuf::RepeatedPtrField<v1::Stage>& stages) {
  return std::any_of(stages.begin(), stages.end(), [](const v1::Stage& stage) {
    return stage.train().inherit_optimizer() || Inherits(stage.loop().body());
  });
}

void EpochFromState(const v1::EpochState& state, EpochOutcome* outcome) {
  outcome->loss_sum = state.loss_sum();
  outcome->accuracy_sum = state.accuracy_sum();
  outcome->learning_rate = state.learning_rate();
  outcome->images = state.images();
  outcome->steps = state.steps();
  outcome->skipped_steps = state.skipped_steps();
}

void EpochToState(const EpochOutcome& outcome, v1::EpochState* state) {
  state->set_loss_sum(outcome.loss_sum);
  state->set_accuracy_sum(outcome.accuracy_sum);
  state->set_learning_rate(outcome.learning_rate);
  state->set_images(outcome.images);
  state->set_steps(outcome.steps);
  state->set_skipped_steps(outcome.skipped_steps);
}

}  // namespace

Status Execution::Train(const v1::TrainStage& stage) {
  if (!state_.stage().training()) {
    state_.set_trainings(state_.trainings() + 1);
    state_.mutable_stage()->set_training(state_.trainings());
    if (stage.new_supernet()) {
      NASSHRINK_ASSIGN_OR_RETURN(supernet_, NewSupernet(space_));
    }
  }
  Training training;
  training.supernet = supernet_.get();
  NASSHRINK_ASSIGN_OR_RETURN(training.options, ResolveTrain(stage.options()));
  NASSHRINK_RETURN_IF_ERROR(ResolvePaths(stage.options(), space_, &training.options).Under("options."));
  if (stage.target() == "weights") training.options.architecture.frozen_epochs = stage.options().epochs();
  training.epochs = stage.options().epochs();
  training.schedule_epochs = stage.options().optimizer().schedule_epochs();
  training.schedule_by_epoch = stage.options().optimizer().schedule_by() == "epoch";
  training.continue_schedule = stage.continue_schedule();
  training.inherit_optimizer = stage.inherit_optimizer();
  training.keep_weights = [] { return Status(); };
  training.after_epoch = [&](v1::EpochFinished* finished) {
    return finished->epoch() == stage.base_epoch() ? supernet_->ResetBase() : Status();
  };
  supernet_changed_ = true;
  NASSHRINK_RETURN_IF_ERROR(RunTraining(training));
  supernet_changed_ = true;
  return {};
}

Status Execution::RunTraining(Training training) {
  uint64_t steps_per_epoch = 0;
  NASSHRINK_ASSIGN_OR_RETURN(const auto trainer, MakeTrainer(&training, &steps_per_epoch));
  NASSHRINK_RETURN_IF_ERROR(RestoreTrainer(training, *trainer));
  const double seconds_before = state_.stage().seconds();
  const double begun = Seconds();
  while (state_.stage().epochs() < training.epochs) {
    const Status status = RunEpoch(training, *trainer, steps_per_epoch);
    state_.mutable_stage()->set_seconds(seconds_before + Seconds() - begun);
    if (status.code() == base::Code::kCancelled) NASSHRINK_RETURN_IF_ERROR(KeepTraining(training, *trainer));
    NASSHRINK_RETURN_IF_ERROR(status);
    // The last epoch's checkpoint is the stage's end, which needs no trainer.
    if (state_.stage().epochs() == training.epochs) break;
    NASSHRINK_RETURN_IF_ERROR(KeepTraining(training, *trainer));
  }
  state_.mutable_schedule()->set_steps(state_.stage().schedule_steps());
  state_.mutable_schedule()->set_done(state_.stage().first_step() + training.epochs * steps_per_epoch);
  return training.supernet == supernet_.get() ? KeepTrainer(*trainer) : Status();
}

Status Execution::RestoreTrainer(const Training& training, Trainer& trainer) {
  if (state_.stage().has_trainer()) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string snapshot, setup_.store->ReadFile(state_.stage().trainer()));
    return trainer.Restore(snapshot);
  }
  if (!training.inherit_optimizer) return {};
  if (!trainer_.empty()) return trainer.Adopt(trainer_);
  if (!state_.has_trainer()) return {};
  NASSHRINK_ASSIGN_OR_RETURN(const std::string snapshot, setup_.store->ReadFile(state_.trainer()));
  return trainer.Adopt(snapshot);
}

Status Execution::KeepTraining(const Training& training, const Trainer& trainer) {
  if (setup_.store == nullptr) return {};
  NASSHRINK_ASSIGN_OR_RETURN(const std::string snapshot, trainer.Snapshot());
  NASSHRINK_ASSIGN_OR_RETURN(*state_.mutable_stage()->mutable_trainer(), setup_.store->WriteFile(snapshot));
  NASSHRINK_RETURN_IF_ERROR(training.keep_weights());
  return Checkpoint(false);
}

Status Execution::KeepTrainer(const Trainer& trainer) {
  if (!Inherits(setup_.plan.stages())) return {};
  NASSHRINK_ASSIGN_OR_RETURN(std::string snapshot, trainer.Snapshot());
  if (setup_.store == nullptr) {
    trainer_ = std::move(snapshot);
    return {};
  }
  NASSHRINK_ASSIGN_OR_RETURN(*state_.mutable_trainer(), setup_.store->WriteFile(snapshot));
  return {};
}

base::Result<std::unique_ptr<Trainer>> Execution::MakeTrainer(Training* training, uint64_t* steps_per_epoch) {
  TrainOptions& options = training->options;
  options.seed = SeedOfPart(setup_.plan.seed(), state_.stage().training());
  v1::StageState* stage = state_.mutable_stage();
  {
    // Two trainers at a time would be twice the memory.
    NASSHRINK_ASSIGN_OR_RETURN(const auto probe, training->supernet->NewTrainer(options));
    *steps_per_epoch = probe->StepsPerEpoch(training_dataset());
  }
  if (training->schedule_by_epoch) options.optimizer.hold_steps = *steps_per_epoch;
  if (stage->schedule_steps() == 0) {
    if (training->continue_schedule && state_.schedule().steps() > 0) {
      stage->set_schedule_steps(state_.schedule().steps());
      stage->set_first_step(state_.schedule().done());
    } else {
      const uint64_t epochs = training->schedule_epochs == 0 ? training->epochs : training->schedule_epochs;
      stage->set_schedule_steps(std::max<uint64_t>(1, epochs * *steps_per_epoch));
      stage->set_first_step(0);
    }
  }
  options.schedule_steps = stage->schedule_steps();
  options.first_step = stage->first_step();
  return training->supernet->NewTrainer(options);
}

Status Execution::RunEpoch(const Training& training, Trainer& trainer, uint64_t steps_per_epoch) {
  const uint32_t epoch = state_.stage().epochs();
  const double begun = Seconds();
  const auto batch = static_cast<double>(training.options.batch_size);
  const auto progress = [&](uint64_t done, uint64_t total) {
    const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    const double seconds = Seconds() - begun;
    const double rate = seconds > 0 ? static_cast<double>(done) * batch / seconds : 0;
    ShowProgress(training.begin + training.share * (epoch + part) / training.epochs, epoch * steps_per_epoch + done,
                 training.epochs * steps_per_epoch, rate, "images/s");
  };
  EpochRequest request;
  request.epoch = epoch;
  request.cancel = setup_.cancel;
  request.progress = progress;
  request.skipped = [&](uint64_t step, const Status& reason) {
    v1::RunEvent event;
    event.mutable_step_skipped()->set_step(step);
    event.mutable_step_skipped()->set_reason(reason.message());
    return Emit(std::move(event));
  };
  EpochFromState(state_.stage().epoch(), &request.begun);
  NASSHRINK_ASSIGN_OR_RETURN(const EpochOutcome outcome, trainer.Epoch(training_dataset(), request));
  if (training.supernet == supernet_.get()) supernet_changed_ = true;
  if (!outcome.complete) {
    EpochToState(outcome, state_.mutable_stage()->mutable_epoch());
    return Status(base::Code::kCancelled, "the run was cancelled");
  }
  const double seconds = Seconds() - begun;
  state_.mutable_stage()->clear_epoch();
  state_.mutable_stage()->set_epochs(epoch + 1);
  v1::RunEvent event;
  v1::EpochFinished* finished = event.mutable_epoch_finished();
  finished->set_epoch(epoch + 1);
  finished->set_epochs(training.epochs);
  finished->set_loss(outcome.loss());
  finished->set_train_accuracy(outcome.train_accuracy());
  finished->set_learning_rate(outcome.learning_rate);
  const auto images = static_cast<double>(outcome.images - request.begun.images);
  finished->set_images_per_second(seconds > 0 ? images / seconds : 0);
  finished->set_skipped_steps(outcome.skipped_steps);
  if (training.after_epoch) NASSHRINK_RETURN_IF_ERROR(training.after_epoch(finished));
  return Emit(std::move(event));
}

}  // namespace nasshrink::run
