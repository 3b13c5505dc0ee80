#include "capi/supernet.h"

#include <string>

#include "base/file.h"
#include "capi/cancel.h"
#include "capi/dataset.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/space.h"
#include "capi/table.h"
#include "capi/tensor.h"
#include "capi/text.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "run/architecture_parameters.h"
#include "run/checkpoint.h"
#include "run/evaluate.h"
#include "run/options.h"
#include "run/table_backend.h"
#include "score/table_codec.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/edits.h"

namespace nasshrink::capi {
namespace {

using base::Status;

base::Result<std::unique_ptr<run::Supernet>> NewSupernet(const SpaceObject& space, const v1::SupernetOptions& message) {
  const std::string& backend = message.backend();
  if (backend == "table") return run::NewTableSupernet(space.space(), message.truth());
  if (!backend.empty() && backend != "torch") {
    return base::Invalid("backend", backend, "torch or table", "names no back end");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const auto options, run::ResolveSupernet(message, message.seed()));
  NASSHRINK_ASSIGN_OR_RETURN(const auto torch, space.context()->Torch());
  return torch->NewSupernet(space.space(), options);
}

base::Result<std::unique_ptr<run::Supernet>> SupernetOfImage(const ContextObject& context, const std::string& image) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto header, run::ReadCheckpointHeader(image));
  if (header.backend == "table") {
    return run::LoadCheckpointImage(image, *run::NewTableBackend(v1::Truth()));
  }
  NASSHRINK_ASSIGN_OR_RETURN(const auto torch, context.Torch());
  return run::LoadCheckpointImage(image, *torch);
}

base::Result<std::unique_ptr<run::Supernet>> LoadSupernet(const ContextObject& context, const std::string& path) {
  NASSHRINK_ASSIGN_OR_RETURN(const std::string image, base::ReadFile(path));
  NASSHRINK_RETURN_IF_ERROR(context.CheckMemory(image.size(), "path"));
  auto supernet = SupernetOfImage(context, image);
  if (!supernet.ok()) return Status(supernet.status()).About(path);
  return supernet;
}

void PublishSupernet(std::shared_ptr<const ContextObject> context, std::unique_ptr<run::Supernet> supernet,
                     nasshrink_supernet** out) {
  Publish(std::make_shared<SupernetObject>(std::move(context), std::shared_ptr<run::Supernet>(std::move(supernet))),
          out);
}

base::Result<std::string> ExtractChild(const run::Supernet& supernet, const ArchObject& arch,
                                       const v1::ExtractOptions& options) {
  if (!options.format().empty() && options.format() != "safetensors") {
    return base::Invalid("format", options.format(), "safetensors", "names no format");
  }
  const space::Space& space = supernet.space();
  NASSHRINK_RETURN_IF_ERROR(space::CheckRootFingerprint(space, arch.space->space().root_fingerprint, "arch"));
  NASSHRINK_RETURN_IF_ERROR(space::CheckArchitecture(space, arch.architecture));
  return supernet.Extract(arch.architecture, run::ChildMetadata(space, arch.architecture));
}

Status CheckSubSpace(const space::Space& space, const space::Space& shrunk) {
  NASSHRINK_ASSIGN_OR_RETURN(const v1::SpaceEdits edits, space::Diff(space, shrunk));
  if (edits.restore().empty()) return {};
  const v1::OperatorRef& extra = edits.restore(0);
  return base::Invalid("shrunk", fmt::format("candidate {} of choice {}", extra.candidate(), extra.choice()),
                       "a sub-space of the supernet's space", "has a candidate that the supernet has not");
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_supernet_create(const nasshrink_space* space, const uint8_t* options, size_t options_size,
                                           nasshrink_supernet** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::SupernetOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(auto supernet, NewSupernet(*object, message));
    PublishSupernet(object->context(), std::move(supernet), out);
    return {};
  });
}

nasshrink_status nasshrink_supernet_load(nasshrink_context* context, const char* path, nasshrink_supernet** out,
                                         nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string file, TextOf(path, "path"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto supernet, LoadSupernet(*object, file));
    PublishSupernet(std::move(object), std::move(supernet), out);
    return {};
  });
}

nasshrink_status nasshrink_supernet_save(const nasshrink_supernet* supernet, const char* path, nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string file, TextOf(path, "path"));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return run::SaveCheckpoint(file, *use);
  });
}

nasshrink_status nasshrink_supernet_describe(const nasshrink_supernet* supernet, nasshrink_buffer** out,
                                             nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    v1::SupernetSummary summary;
    run::SupernetToMessage(use->Describe(), &summary);
    space::SpaceToMessage(use->space(), summary.mutable_space());
    return PublishMessage(summary, out);
  });
}

nasshrink_status nasshrink_supernet_architecture(const nasshrink_supernet* supernet, nasshrink_buffer** out,
                                                 nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(const auto parameters, use->Architecture());
    v1::ArchitectureParameters message;
    run::ParametersToMessage(use->space(), parameters, &message);
    return PublishMessage(message, out);
  });
}

nasshrink_status nasshrink_supernet_tensor(const nasshrink_supernet* supernet, const char* name, nasshrink_tensor** out,
                                           nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string wanted, TextOf(name, "name"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(auto tensor, use->Tensor(wanted));
    PublishTensor(object->context(), std::move(tensor.values), std::move(tensor.shape), out);
    return {};
  });
}

nasshrink_status nasshrink_supernet_set_tensor(nasshrink_supernet* supernet, const char* name,
                                               const nasshrink_tensor* values, nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string wanted, TextOf(name, "name"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto tensor, Get(values, "values"));
    const SupernetUse use(*object, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return use->SetTensor(wanted, tensor->view);
  });
}

nasshrink_status nasshrink_supernet_evaluate(nasshrink_supernet* supernet, const uint8_t* architectures,
                                             size_t architectures_size, nasshrink_dataset* dataset,
                                             const uint8_t* options, size_t options_size, nasshrink_cancel* cancel,
                                             nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto list,
                               MessageOf<v1::ArchitectureList>(architectures, architectures_size, "architectures"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, GetOptional(dataset, "dataset"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto latch, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::EvaluateOptions>(options, options_size));
    const SupernetUse use(*object, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(const auto children, space::ArchitecturesFromMessage(use->space(), list));
    run::Measuring measuring;
    measuring.dataset = images == nullptr ? nullptr : images->dataset.get();
    measuring.pool = object->context()->pool().get();
    measuring.cancel = latch.get();
    NASSHRINK_ASSIGN_OR_RETURN(const auto report, run::EvaluateChildren(*use, children, message, measuring));
    return PublishMessage(report, out);
  });
}

nasshrink_status nasshrink_supernet_score_operators(nasshrink_supernet* supernet, nasshrink_dataset* dataset,
                                                    const uint8_t* options, size_t options_size,
                                                    nasshrink_cancel* cancel, nasshrink_buffer** out,
                                                    nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, GetOptional(dataset, "dataset"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto latch, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto message, OptionsOf<v1::ScoreOptions>(options, options_size));
    if (message.metric().empty()) message.set_metric("angle");
    const SupernetUse use(*object, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    run::Measuring measuring;
    measuring.dataset = images == nullptr ? nullptr : images->dataset.get();
    measuring.pool = object->context()->pool().get();
    measuring.cancel = latch.get();
    NASSHRINK_ASSIGN_OR_RETURN(const auto scores, run::ScoreSupernet(*use, message, measuring));
    return PublishMessage(scores, out);
  });
}

nasshrink_status nasshrink_supernet_table(const nasshrink_supernet* supernet, const uint8_t* options,
                                          size_t options_size, nasshrink_table** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::AngleOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(const auto angle, score::AngleOptionsFromMessage(message));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(auto table, use->Table(angle));
    auto space = std::make_shared<SpaceObject>(object->context(), use->space());
    Publish(std::make_shared<TableObject>(TableObject{std::move(space), std::move(table)}), out);
    return {};
  });
}

nasshrink_status nasshrink_supernet_reset_base(nasshrink_supernet* supernet, nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    const SupernetUse use(*object, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return use->ResetBase();
  });
}

nasshrink_status nasshrink_supernet_inherit(const nasshrink_supernet* supernet, const nasshrink_space* shrunk,
                                            const uint8_t* options, size_t options_size, nasshrink_supernet** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto space, Get(shrunk, "shrunk"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::InheritOptions>(options, options_size));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    if (!message.fill()) {
      NASSHRINK_RETURN_IF_ERROR(space::CheckRootFingerprint(use->space(), space->space().root_fingerprint, "shrunk"));
      NASSHRINK_RETURN_IF_ERROR(CheckSubSpace(use->space(), space->space()));
    }
    NASSHRINK_ASSIGN_OR_RETURN(const run::InheritOptions inherit, run::ResolveInherit(message));
    NASSHRINK_ASSIGN_OR_RETURN(auto heir, use->Inherit(space->space(), inherit));
    if (message.reset_base()) NASSHRINK_RETURN_IF_ERROR(heir->ResetBase());
    PublishSupernet(object->context(), std::move(heir), out);
    return {};
  });
}

nasshrink_status nasshrink_supernet_extract(const nasshrink_supernet* supernet, const nasshrink_arch* arch,
                                            const uint8_t* options, size_t options_size, nasshrink_buffer** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto child, Get(arch, "arch"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::ExtractOptions>(options, options_size));
    const SupernetUse use(*object, Access::kRead);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(auto bytes, ExtractChild(*use, *child, message));
    PublishBytes(std::move(bytes), out);
    return {};
  });
}

void nasshrink_supernet_free(nasshrink_supernet* supernet) { Release(supernet); }
