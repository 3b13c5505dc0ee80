// Training the supernet, and the epochs that training a child from scratch shares with it.
#include <algorithm>
#include <utility>

#include "run/execution.h"
#include "run/options.h"

namespace nasshrink::run {

using base::Status;

Status Execution::Train(const v1::TrainStage& stage) {
  if (!state_.stage().training()) {
    state_.set_trainings(state_.trainings() + 1);
    state_.mutable_stage()->set_training(state_.trainings());
  }
  Training training;
  training.supernet = supernet_.get();
  NASSHRINK_ASSIGN_OR_RETURN(training.options, ResolveTrain(stage.options()));
  training.epochs = stage.options().epochs();
  training.schedule_epochs = stage.options().optimizer().schedule_epochs();
  training.continue_schedule = stage.continue_schedule();
  training.keep_weights = [] { return Status(); };
  supernet_changed_ = true;
  NASSHRINK_RETURN_IF_ERROR(RunTraining(std::move(training)));
  supernet_changed_ = true;
  return {};
}

Status Execution::RunTraining(Training training) {
  uint64_t steps_per_epoch = 0;
  NASSHRINK_ASSIGN_OR_RETURN(const auto trainer, MakeTrainer(&training, &steps_per_epoch));
  if (state_.stage().has_trainer()) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string snapshot, setup_.store->ReadFile(state_.stage().trainer()));
    NASSHRINK_RETURN_IF_ERROR(trainer->Restore(snapshot));
  }
  const double seconds_before = state_.stage().seconds();
  const double begun = Seconds();
  while (state_.stage().epochs() < training.epochs) {
    NASSHRINK_RETURN_IF_ERROR(RunEpoch(training, *trainer, steps_per_epoch));
    state_.mutable_stage()->set_seconds(seconds_before + Seconds() - begun);
    if (setup_.store == nullptr) continue;
    // The last epoch's checkpoint is the stage's end, which needs no trainer.
    if (state_.stage().epochs() == training.epochs) break;
    NASSHRINK_ASSIGN_OR_RETURN(const std::string snapshot, trainer->Snapshot());
    NASSHRINK_ASSIGN_OR_RETURN(*state_.mutable_stage()->mutable_trainer(), setup_.store->WriteFile(snapshot));
    NASSHRINK_RETURN_IF_ERROR(training.keep_weights());
    NASSHRINK_RETURN_IF_ERROR(Checkpoint(false));
  }
  state_.mutable_schedule()->set_steps(state_.stage().schedule_steps());
  state_.mutable_schedule()->set_done(state_.stage().first_step() + training.epochs * steps_per_epoch);
  return {};
}

base::Result<std::unique_ptr<Trainer>> Execution::MakeTrainer(Training* training, uint64_t* steps_per_epoch) {
  TrainOptions& options = training->options;
  options.seed = SeedOfPart(setup_.plan.seed(), state_.stage().training());
  v1::StageState* stage = state_.mutable_stage();
  options.schedule_steps = 1;
  NASSHRINK_ASSIGN_OR_RETURN(const auto probe, training->supernet->NewTrainer(options));
  *steps_per_epoch = probe->StepsPerEpoch(training_dataset());
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
  NASSHRINK_ASSIGN_OR_RETURN(const EpochOutcome outcome,
                             trainer.Epoch(training_dataset(), epoch, setup_.cancel, progress));
  const double seconds = Seconds() - begun;
  state_.mutable_stage()->set_epochs(epoch + 1);
  if (training.supernet == supernet_.get()) supernet_changed_ = true;
  v1::RunEvent event;
  v1::EpochFinished* finished = event.mutable_epoch_finished();
  finished->set_epoch(epoch + 1);
  finished->set_epochs(training.epochs);
  finished->set_loss(outcome.loss);
  finished->set_train_accuracy(outcome.train_accuracy);
  finished->set_learning_rate(outcome.learning_rate);
  finished->set_images_per_second(seconds > 0 ? static_cast<double>(outcome.images) / seconds : 0);
  finished->set_skipped_steps(outcome.skipped_steps);
  return Emit(std::move(event));
}

}  // namespace nasshrink::run
