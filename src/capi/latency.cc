// Latency tables: read, written, held against a space, measured.
#include "capi/cancel.h"
#include "capi/context.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/space.h"
#include "capi/text.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/context.pb.h"
#include "run/latency_measure.h"
#include "space/latency_formats.h"
#include "space/latency_model.h"
#include "space/latency_presets.h"

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_latency_preset(nasshrink_context* context, const char* name, nasshrink_buffer** out,
                                          nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(Get(context, "context").status());
    NASSHRINK_ASSIGN_OR_RETURN(const std::string text, TextOf(name, "name"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto table, space::LatencyPreset(text));
    return PublishMessage(table, out);
  });
}

nasshrink_status nasshrink_latency_import(nasshrink_context* context, const char* format, const char* device,
                                          const char* text, size_t text_size, nasshrink_buffer** out,
                                          nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string name, OptionalTextOf(format, "format"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string measured, OptionalTextOf(device, "device"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, BytesOf(reinterpret_cast<const uint8_t*>(text), text_size, "text"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_RETURN_IF_ERROR(object->CheckMemory(text_size, "text"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto table, space::ReadLatency(name, measured, bytes));
    return PublishMessage(table, out);
  });
}

nasshrink_status nasshrink_latency_export(nasshrink_context* context, const uint8_t* table, size_t table_size,
                                          nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::LatencyTable>(table, table_size, "table"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto text, space::WriteLatency(message));
    PublishBytes(std::move(text), out);
    return {};
  });
}

nasshrink_status nasshrink_latency_check(const nasshrink_space* space, const uint8_t* table, size_t table_size,
                                         nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(auto message, OptionsOf<v1::LatencyTable>(table, table_size, "table"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (table == nullptr) message.set_fixed_by_key(true);
    NASSHRINK_ASSIGN_OR_RETURN(const auto report, space::LatencyModel::Report(object->space(), message));
    return PublishMessage(report, out);
  });
}

nasshrink_status nasshrink_latency_measure(const nasshrink_space* space, const uint8_t* options, size_t options_size,
                                           nasshrink_cancel* cancel, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::LatencyMeasureOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(const auto latch, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto torch, object->context()->Torch());
    NASSHRINK_ASSIGN_OR_RETURN(const auto table, run::MeasureLatency(*torch, object->space(), message, latch.get()));
    return PublishMessage(table, out);
  });
}
