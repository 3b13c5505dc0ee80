// Plans and runs.
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "capi/cancel.h"
#include "capi/context.h"
#include "capi/dataset.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/sized_struct.h"
#include "capi/supernet.h"
#include "capi/text.h"
#include "capi/timeout.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/engine.h"
#include "run/recipes.h"
#include "run/report.h"

namespace nasshrink::capi {

struct RunObject {
  std::shared_ptr<const ContextObject> context;
  std::shared_ptr<run::Run> run;
  // One object for all handles of the run's supernet, so that calls that overlap are noticed.
  std::mutex mutex;
  std::shared_ptr<SupernetObject> supernet;
};

template <>
struct HandleOf<nasshrink_run> {
  using Object = RunObject;
  static constexpr Kind kKind = Kind::kRun;
};

namespace {

using base::Invalid;
using base::Status;

// A sink's user_data, destroyed exactly once.
class EventSink {
 public:
  explicit EventSink(const nasshrink_event_sink& sink) : sink_(sink) {}
  EventSink(EventSink&& other) noexcept : sink_(other.sink_) { other.sink_ = {}; }
  EventSink& operator=(EventSink&&) = delete;
  ~EventSink() {
    if (sink_.destroy != nullptr) sink_.destroy(sink_.user_data);
  }

  Status Check() const {
    if (sink_.flags != 0) return Invalid("events.flags", sink_.flags, "0", "has unknown bits");
    if (sink_.on_event == nullptr) return Invalid("events.on_event", "NULL", "a function", "must not be NULL");
    return {};
  }
  Status Deliver(const v1::RunEvent& event) const {
    const std::string bytes = event.SerializeAsString();
    return TakeError(sink_.on_event(sink_.user_data, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  }

 private:
  nasshrink_event_sink sink_;
};

// The callback of an optional sink, whose user_data it owns from the first line on.
base::Result<run::EventCallback> CallbackOf(const nasshrink_event_sink* events) {
  if (events == nullptr) return run::EventCallback();
  NASSHRINK_ASSIGN_OR_RETURN(const nasshrink_event_sink given, StructOf(events, "events"));
  EventSink owned(given);
  NASSHRINK_RETURN_IF_ERROR(owned.Check());
  const auto sink = std::make_shared<const EventSink>(std::move(owned));
  return run::EventCallback([sink](const v1::RunEvent& event) { return sink->Deliver(event); });
}

run::BackendOpener OpenerOf(std::shared_ptr<const ContextObject> context) {
  return [context = std::move(context)] { return context->Torch(); };
}

void PublishRun(std::shared_ptr<const ContextObject> context, std::shared_ptr<run::Run> run, nasshrink_run** out) {
  auto object = std::make_shared<RunObject>();
  object->context = std::move(context);
  object->run = std::move(run);
  Publish(std::move(object), out);
}

Status CheckFlags(uint32_t flags) {
  if ((flags & ~NASSHRINK_RESUME_ANY_MACHINE) == 0) return {};
  return Invalid("flags", flags, "0 or NASSHRINK_RESUME_ANY_MACHINE", "has unknown bits");
}

base::Result<std::shared_ptr<SupernetObject>> SupernetOf(RunObject& object) {
  NASSHRINK_ASSIGN_OR_RETURN(auto supernet, object.run->supernet());
  const std::lock_guard<std::mutex> lock(object.mutex);
  if (object.supernet == nullptr) {
    object.supernet = std::make_shared<SupernetObject>(object.context, std::move(supernet));
  }
  return object.supernet;
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_plan_preset(nasshrink_context* context, const char* name, const uint8_t* options,
                                       size_t options_size, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(Get(context, "context").status());
    NASSHRINK_ASSIGN_OR_RETURN(const std::string text, TextOf(name, "name"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::PlanOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(const auto plan, run::PlanPreset(text, message));
    return PublishMessage(plan, out);
  });
}

nasshrink_status nasshrink_plan_estimate(nasshrink_context* context, const uint8_t* plan, size_t plan_size,
                                         nasshrink_dataset* dataset, nasshrink_cancel* cancel, nasshrink_buffer** out,
                                         nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    run::RunRequest request;
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(request.plan, MessageOf<v1::RunPlan>(plan, plan_size, "plan"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, GetOptional(dataset, "dataset"));
    NASSHRINK_ASSIGN_OR_RETURN(request.cancel, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (images != nullptr) request.dataset = images->dataset;
    request.memory_limit = parent->options().memory_limit();
    request.open_torch = OpenerOf(parent);
    NASSHRINK_ASSIGN_OR_RETURN(const auto estimate, run::EstimateRun(std::move(request)));
    return PublishMessage(estimate, out);
  });
}

nasshrink_status nasshrink_run_start(nasshrink_context* context, const uint8_t* plan, size_t plan_size,
                                     nasshrink_supernet* supernet, nasshrink_dataset* dataset, const char* folder,
                                     const nasshrink_event_sink* events, nasshrink_cancel* cancel, nasshrink_run** out,
                                     nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    run::RunRequest request;
    NASSHRINK_ASSIGN_OR_RETURN(request.on_event, CallbackOf(events));
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(request.plan, MessageOf<v1::RunPlan>(plan, plan_size, "plan"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto given, GetOptional(supernet, "supernet"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, GetOptional(dataset, "dataset"));
    NASSHRINK_ASSIGN_OR_RETURN(request.folder, OptionalTextOf(folder, "folder"));
    NASSHRINK_ASSIGN_OR_RETURN(request.cancel, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (images != nullptr) {
      request.dataset = images->dataset;
      request.dataset_options = images->options;
    }
    request.memory_limit = parent->options().memory_limit();
    request.pool = parent->pool();
    request.open_torch = OpenerOf(parent);
    if (given == nullptr) {
      NASSHRINK_ASSIGN_OR_RETURN(auto run, run::Run::Start(std::move(request)));
      PublishRun(std::move(parent), std::move(run), out);
      return {};
    }
    const SupernetUse use(*given, Access::kWrite);
    NASSHRINK_RETURN_IF_ERROR(use.status());
    request.supernet = given->shared();
    NASSHRINK_ASSIGN_OR_RETURN(auto run, run::Run::Start(std::move(request)));
    given->MarkTaken();
    PublishRun(std::move(parent), std::move(run), out);
    return {};
  });
}

nasshrink_status nasshrink_run_resume(nasshrink_context* context, const char* folder, uint32_t flags,
                                      nasshrink_dataset* dataset, const nasshrink_event_sink* events,
                                      nasshrink_cancel* cancel, nasshrink_run** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    run::ResumeRequest request;
    NASSHRINK_ASSIGN_OR_RETURN(request.on_event, CallbackOf(events));
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(request.folder, TextOf(folder, "folder"));
    NASSHRINK_RETURN_IF_ERROR(CheckFlags(flags));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, GetOptional(dataset, "dataset"));
    NASSHRINK_ASSIGN_OR_RETURN(request.cancel, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (images != nullptr) request.dataset = images->dataset;
    request.allow_different_machine = (flags & NASSHRINK_RESUME_ANY_MACHINE) != 0;
    request.pool = parent->pool();
    request.open_torch = OpenerOf(parent);
    NASSHRINK_ASSIGN_OR_RETURN(auto run, run::Run::Resume(std::move(request)));
    PublishRun(std::move(parent), std::move(run), out);
    return {};
  });
}

nasshrink_status nasshrink_run_status(const nasshrink_context* context, const char* folder, nasshrink_buffer** out,
                                      nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(Get(context, "context").status());
    NASSHRINK_ASSIGN_OR_RETURN(const std::string path, TextOf(folder, "folder"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto progress, run::FolderProgress(path));
    return PublishMessage(progress, out);
  });
}

nasshrink_status nasshrink_run_progress(const nasshrink_run* run, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(run, "run"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    return PublishMessage(object->run->Progress(), out);
  });
}

nasshrink_status nasshrink_run_next_event(nasshrink_run* run, int64_t timeout_ms, nasshrink_buffer** out,
                                          nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(run, "run"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto event, object->run->NextEvent(WaitsForEver(timeout_ms) ? -1 : timeout_ms));
    return event ? PublishMessage(*event, out) : Status();
  });
}

nasshrink_status nasshrink_run_wait(nasshrink_run* run, int64_t timeout_ms, nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(run, "run"));
    return object->run->Wait(WaitsForEver(timeout_ms) ? -1 : timeout_ms);
  });
}

void nasshrink_run_cancel(nasshrink_run* run) {
  if (const auto object = Get(run, "run"); object.ok()) (*object)->run->Cancel();
}

nasshrink_status nasshrink_run_result(const nasshrink_run* run, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(run, "run"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto result, object->run->Result());
    return PublishMessage(result, out);
  });
}

nasshrink_status nasshrink_run_supernet(nasshrink_run* run, nasshrink_supernet** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(run, "run"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto supernet, SupernetOf(*object));
    Publish(std::move(supernet), out);
    return {};
  });
}

// Calls that are still waiting for the run hold a reference, so it is stopped here rather than with the last of them.
void nasshrink_run_free(nasshrink_run* run) {
  const auto object = Release(run);
  if (object == nullptr) return;
  object->run->Cancel();
  static_cast<void>(Guard(nullptr, [&] { return object->run->Wait(-1); }));
}

nasshrink_status nasshrink_report(const nasshrink_context* context, const char* folder, nasshrink_buffer** out,
                                  nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(Get(context, "context").status());
    NASSHRINK_ASSIGN_OR_RETURN(const std::string path, TextOf(folder, "folder"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto html, run::ReportHtmlOf(path));
    PublishBytes(std::move(html), out);
    return {};
  });
}
