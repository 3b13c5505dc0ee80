// Studies: searches the caller drives by asking and telling.
#include <memory>
#include <utility>

#include "capi/context.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/space.h"
#include "capi/use.h"
#include "nasshrink/v1/context.pb.h"
#include "search/study.h"

namespace nasshrink::capi {

struct StudyObject {
  std::shared_ptr<const ContextObject> context;
  std::unique_ptr<search::Study> study;
  UseCount users;
};

template <>
struct HandleOf<nasshrink_study> {
  using Object = StudyObject;
  static constexpr Kind kKind = Kind::kStudy;
};

namespace {

void PublishStudy(std::shared_ptr<const ContextObject> context, std::unique_ptr<search::Study> study,
                  nasshrink_study** out) {
  auto object = std::make_shared<StudyObject>();
  object->context = std::move(context);
  object->study = std::move(study);
  Publish(std::move(object), out);
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_study_create(const nasshrink_space* space, const uint8_t* options, size_t options_size,
                                        nasshrink_study** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::StudyOptions>(options, options_size, "options"));
    NASSHRINK_ASSIGN_OR_RETURN(auto study, search::Study::Make(object->space(), message));
    PublishStudy(object->context(), std::move(study), out);
    return {};
  });
}

nasshrink_status nasshrink_study_restore(nasshrink_context* context, const uint8_t* snapshot, size_t snapshot_size,
                                         nasshrink_study** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::StudySnapshot>(snapshot, snapshot_size, "snapshot"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_RETURN_IF_ERROR(object->CheckMemory(snapshot_size, "snapshot"));
    NASSHRINK_ASSIGN_OR_RETURN(auto study, search::Study::Restore(message));
    PublishStudy(std::move(object), std::move(study), out);
    return {};
  });
}

nasshrink_status nasshrink_study_ask(nasshrink_study* study, uint32_t count, nasshrink_buffer** out,
                                     nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(study, "study"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const Use use(object->users, Access::kWrite, "study");
    NASSHRINK_RETURN_IF_ERROR(use.status());
    NASSHRINK_ASSIGN_OR_RETURN(const auto trials, object->study->Ask(count));
    return PublishMessage(trials, out);
  });
}

nasshrink_status nasshrink_study_tell(nasshrink_study* study, const uint8_t* observations, size_t observations_size,
                                      nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(study, "study"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message,
                               MessageOf<v1::ObservationList>(observations, observations_size, "observations"));
    const Use use(object->users, Access::kWrite, "study");
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return object->study->Tell(message);
  });
}

nasshrink_status nasshrink_study_report(const nasshrink_study* study, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(study, "study"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const Use use(object->users, Access::kRead, "study");
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return PublishMessage(object->study->Report(), out);
  });
}

nasshrink_status nasshrink_study_snapshot(const nasshrink_study* study, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(study, "study"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const Use use(object->users, Access::kRead, "study");
    NASSHRINK_RETURN_IF_ERROR(use.status());
    return PublishMessage(object->study->Snapshot(), out);
  });
}

void nasshrink_study_free(nasshrink_study* study) { Release(study); }
