#include "capi/space.h"

#include "capi/cancel.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/text.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/frontier.pb.h"
#include "nasshrink/v1/ranking.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "nasshrink/v1/space.pb.h"
#include "run/frontier_report.h"
#include "run/ranking_report.h"
#include "run/shrink_space.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/edits.h"
#include "space/network_space.h"
#include "space/presets.h"
#include "space/sample_children.h"
#include "space/summary.h"

namespace nasshrink::capi {
namespace {

void PublishSpace(std::shared_ptr<const ContextObject> context, space::Space space, nasshrink_space** out) {
  Publish(std::make_shared<SpaceObject>(std::move(context), std::move(space)), out);
}

base::Result<space::Space> Combined(const space::Space& a, const space::Space& b, int32_t how) {
  switch (how) {
    case NASSHRINK_COMBINE_UNION:
      return space::Union(a, b);
    case NASSHRINK_COMBINE_INTERSECTION:
      return space::Intersect(a, b);
    case NASSHRINK_COMBINE_DIFFERENCE:
      return space::Difference(a, b);
    default:
      return base::Invalid("how", how, "0..2", "names no way to combine spaces");
  }
}

}  // namespace

const base::Result<space::CostModel>& SpaceObject::costs() const {
  std::call_once(costs_once_, [this] { costs_.emplace(space::CostModel::Make(space_)); });
  return *costs_;
}

}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_space_parse(nasshrink_context* context, const uint8_t* data, size_t size,
                                       nasshrink_space** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, BytesOf(data, size, "data"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_RETURN_IF_ERROR(object->CheckMemory(size, "data"));
    NASSHRINK_ASSIGN_OR_RETURN(auto space, space::ParseSpace(bytes));
    PublishSpace(std::move(object), std::move(space), out);
    return {};
  });
}

nasshrink_status nasshrink_space_preset(nasshrink_context* context, const char* name, const uint8_t* options,
                                        size_t options_size, nasshrink_space** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string text, TextOf(name, "name"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::PresetOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(auto space, space::Preset(text, message));
    PublishSpace(std::move(object), std::move(space), out);
    return {};
  });
}

nasshrink_status nasshrink_space_import(nasshrink_context* context, const char* format, const char* text,
                                        size_t text_size, nasshrink_space** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string notation, OptionalTextOf(format, "format"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, BytesOf(reinterpret_cast<const uint8_t*>(text), text_size, "text"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_RETURN_IF_ERROR(object->CheckMemory(text_size, "text"));
    NASSHRINK_ASSIGN_OR_RETURN(auto space, space::ImportSpace(notation, bytes));
    PublishSpace(std::move(object), std::move(space), out);
    return {};
  });
}

nasshrink_status nasshrink_space_serialize(const nasshrink_space* space, nasshrink_buffer** out,
                                           nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    PublishBytes(space::CanonicalBytes(object->space()), out);
    return {};
  });
}

nasshrink_status nasshrink_space_describe(const nasshrink_space* space, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    return PublishMessage(space::Summarise(object->space()), out);
  });
}

nasshrink_status nasshrink_space_restrict(const nasshrink_space* space, const uint8_t* edits, size_t edits_size,
                                          nasshrink_space** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::SpaceEdits>(edits, edits_size, "edits"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto restricted, space::ApplyEdits(object->space(), message));
    PublishSpace(object->context(), std::move(restricted), out);
    return {};
  });
}

nasshrink_status nasshrink_space_combine(const nasshrink_space* a, const nasshrink_space* b, int32_t how,
                                         nasshrink_space** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto first, Get(a, "a"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto second, Get(b, "b"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto combined, Combined(first->space(), second->space(), how));
    PublishSpace(first->context(), std::move(combined), out);
    return {};
  });
}

nasshrink_status nasshrink_space_diff(const nasshrink_space* a, const nasshrink_space* b, nasshrink_buffer** out,
                                      nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto first, Get(a, "a"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto second, Get(b, "b"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto edits, space::Diff(first->space(), second->space()));
    return PublishMessage(edits, out);
  });
}

nasshrink_status nasshrink_space_shrink(const nasshrink_space* space, const uint8_t* input, size_t input_size,
                                        const uint8_t* rule, size_t rule_size, nasshrink_space** out,
                                        nasshrink_buffer** edits, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  if (edits != nullptr) *edits = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto scores, MessageOf<v1::ShrinkInput>(input, input_size, "input"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto how, MessageOf<v1::ShrinkRule>(rule, rule_size, "rule"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto shrunk, run::ShrinkSpace(object->space(), scores, how));
    auto result = std::make_shared<SpaceObject>(object->context(), std::move(shrunk.space));
    if (edits != nullptr) NASSHRINK_RETURN_IF_ERROR(PublishMessage(shrunk.edits, edits));
    try {
      Publish(std::move(result), out);
    } catch (const std::bad_alloc&) {
      if (edits != nullptr) nasshrink_buffer_free(std::exchange(*edits, nullptr));
      throw;
    }
    return {};
  });
}

nasshrink_status nasshrink_space_explain_shrink(const nasshrink_space* space, const uint8_t* input, size_t input_size,
                                                const uint8_t* rule, size_t rule_size, nasshrink_buffer** out,
                                                nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto scores, MessageOf<v1::ShrinkInput>(input, input_size, "input"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto how, MessageOf<v1::ShrinkRule>(rule, rule_size, "rule"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto shrinking, run::ShrinkSpace(object->space(), scores, how));
    return PublishMessage(run::JournalOf(object->space(), shrinking, how), out);
  });
}

nasshrink_status nasshrink_space_sample(const nasshrink_space* space, const uint8_t* options, size_t options_size,
                                        nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto message, OptionsOf<v1::SampleOptions>(options, options_size));
    if (options == nullptr) message.set_count(1);
    NASSHRINK_ASSIGN_OR_RETURN(const auto children, space::SampleChildren(object->space(), message));
    v1::ArchitectureList list;
    space::ArchitecturesToMessage(object->space(), children, &list);
    return PublishMessage(list, out);
  });
}

nasshrink_status nasshrink_space_count(const nasshrink_space* space, const uint8_t* options, size_t options_size,
                                       nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::CountOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(const auto report, space::CountChildren(object->space(), message));
    return PublishMessage(report, out);
  });
}

nasshrink_status nasshrink_space_rank(const nasshrink_space* space, const uint8_t* input, size_t input_size,
                                      nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::RankInput>(input, input_size, "input"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto report,
                               run::RankChildren(object->space(), message, object->context()->pool().get()));
    return PublishMessage(report, out);
  });
}

nasshrink_status nasshrink_space_frontier(const nasshrink_space* space, const uint8_t* input, size_t input_size,
                                          nasshrink_cancel* cancel, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::FrontierInput>(input, input_size, "input"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto latch, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto report,
                               run::FrontierOf(object->space(), message, object->context()->pool().get(), latch.get()));
    return PublishMessage(report, out);
  });
}

void nasshrink_space_free(nasshrink_space* space) { Release(space); }
