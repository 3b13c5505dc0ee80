// Trainers: the caller's own loop, one batch at a time. A step uses the supernet, so trainers of one supernet and calls
// on it take turns.
#include <memory>
#include <string>
#include <utility>

#include "capi/guard.h"
#include "capi/message.h"
#include "capi/supernet.h"
#include "capi/tensor.h"
#include "capi/text.h"
#include "nasshrink/v1/context.pb.h"
#include "run/options.h"

namespace nasshrink::capi {

// Members go in reverse order: the trainer before the supernet it points into.
struct TrainerObject {
  std::shared_ptr<SupernetObject> supernet;
  std::unique_ptr<run::Trainer> trainer;
};

template <>
struct HandleOf<nasshrink_trainer> {
  using Object = TrainerObject;
  static constexpr Kind kKind = Kind::kTrainer;
};

namespace {

base::Status PublishStep(const run::StepOutcome& outcome, const space::Space& space, nasshrink_buffer** out) {
  v1::StepReport report;
  run::StepToMessage(outcome, static_cast<uint32_t>(space.choices.size()), &report);
  report.mutable_architectures()->set_root_fingerprint(space.root_fingerprint);
  return PublishMessage(report, out);
}

using LabelledStep = base::Result<run::StepOutcome> (run::Trainer::*)(const run::TensorView&, const run::TensorView&);

// One step, of weights or of architecture parameters, on a labelled batch.
base::Status StepOf(LabelledStep step, nasshrink_trainer* trainer, const nasshrink_tensor* inputs,
                    const nasshrink_tensor* targets, nasshrink_buffer** out) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto images, Get(inputs, "inputs"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto labels, Get(targets, "targets"));
  NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
  const SupernetUse use(*object->supernet, Access::kWrite);
  NASSHRINK_RETURN_IF_ERROR(use.status());
  NASSHRINK_ASSIGN_OR_RETURN(const auto outcome, ((*object->trainer).*step)(images->view, labels->view));
  return PublishStep(outcome, use->space(), out);
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_trainer_create(nasshrink_supernet* supernet, const uint8_t* options, size_t options_size,
                                          nasshrink_trainer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(supernet, "supernet"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::TrainerOptions>(options, options_size));
    auto made = std::make_shared<TrainerObject>();
    {
      const SupernetUse use(*object, Access::kWrite);
      NASSHRINK_RETURN_IF_ERROR(use.status());
      NASSHRINK_ASSIGN_OR_RETURN(const auto resolved, run::ResolveTrainer(message, use->space()));
      NASSHRINK_ASSIGN_OR_RETURN(made->trainer, use->NewTrainer(resolved));
    }
    made->supernet = std::move(object);
    Publish(std::move(made), out);
    return {};
  });
}

nasshrink_status nasshrink_trainer_step(nasshrink_trainer* trainer, const nasshrink_tensor* inputs,
                                        const nasshrink_tensor* targets, nasshrink_buffer** out,
                                        nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&] { return StepOf(&run::Trainer::Step, trainer, inputs, targets, out); });
}

nasshrink_status nasshrink_trainer_arch_step(nasshrink_trainer* trainer, const nasshrink_tensor* inputs,
                                             const nasshrink_tensor* targets, nasshrink_buffer** out,
                                             nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&] { return StepOf(&run::Trainer::ArchitectureStep, trainer, inputs, targets, out); });
}

nasshrink_status nasshrink_trainer_forward(nasshrink_trainer* trainer, const nasshrink_tensor* inputs,
                                           nasshrink_tensor** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, Get(inputs, "inputs"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object->supernet, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(auto outcome, object->trainer->Forward(images->view));
    PublishTensor(object->supernet->context(), std::move(outcome.logits), {outcome.rows, outcome.classes}, out);
    return {};
  });
}

nasshrink_status nasshrink_trainer_backward(nasshrink_trainer* trainer, const nasshrink_tensor* output_gradient,
                                            nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto gradient, Get(output_gradient, "output_gradient"));
    const SupernetUse use(*object->supernet, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return object->trainer->Backward(gradient->view);
  });
}

nasshrink_status nasshrink_trainer_apply(nasshrink_trainer* trainer, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object->supernet, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(const auto outcome, object->trainer->Apply());
    return PublishStep(outcome, use->space(), out);
  });
}

nasshrink_status nasshrink_trainer_gradient(const nasshrink_trainer* trainer, const char* name, nasshrink_tensor** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string weight, TextOf(name, "name"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object->supernet, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(auto gradient, object->trainer->Gradient(weight));
    PublishTensor(object->supernet->context(), std::move(gradient.values), std::move(gradient.shape), out);
    return {};
  });
}

nasshrink_status nasshrink_trainer_snapshot(const nasshrink_trainer* trainer, nasshrink_buffer** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object->supernet, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(auto bytes, object->trainer->Snapshot());
    PublishBytes(std::move(bytes), out);
    return {};
  });
}

nasshrink_status nasshrink_trainer_restore(nasshrink_trainer* trainer, const uint8_t* snapshot, size_t snapshot_size,
                                           nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(trainer, "trainer"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, BytesOf(snapshot, snapshot_size, "snapshot"));
    const SupernetUse use(*object->supernet, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return object->trainer->Restore(bytes);
  });
}

void nasshrink_trainer_free(nasshrink_trainer* trainer) { Release(trainer); }
