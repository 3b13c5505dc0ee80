// Architectures: parsed, imported, exported, costed.
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/space.h"
#include "capi/text.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/architecture_parameters.h"
#include "space/architecture.h"
#include "space/cost_report.h"
#include "space/notation.h"

namespace nasshrink::capi {
namespace {

base::Result<v1::CostReport> CostReportOf(const ArchObject& arch, const v1::CostQuery& query) {
  const space::Space& space = arch.space->space();
  if (query.resolution() == 0 && query.counting() == v1::COUNTING_CONV_FC) {
    const base::Result<space::CostModel>& model = arch.space->costs();
    return model.ok() ? space::CostOf(space, *model, arch.architecture, query) : model.status();
  }
  NASSHRINK_ASSIGN_OR_RETURN(const auto model, space::CostModelFor(space, query));
  return space::CostOf(space, model, arch.architecture, query);
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_arch_parse(const nasshrink_space* space, const uint8_t* data, size_t size,
                                      nasshrink_arch** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::Architecture>(data, size, "data"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto architecture, space::ArchitectureFromMessage(object->space(), message));
    Publish(std::make_shared<ArchObject>(ArchObject{std::move(object), std::move(architecture)}), out);
    return {};
  });
}

nasshrink_status nasshrink_arch_import(const nasshrink_space* space, const char* format, const char* text,
                                       size_t text_size, nasshrink_arch** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string notation, OptionalTextOf(format, "format"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, BytesOf(reinterpret_cast<const uint8_t*>(text), text_size, "text"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto architecture, space::ImportArchitecture(object->space(), notation, bytes));
    Publish(std::make_shared<ArchObject>(ArchObject{std::move(object), std::move(architecture)}), out);
    return {};
  });
}

nasshrink_status nasshrink_arch_derive(const nasshrink_space* space, const uint8_t* parameters, size_t parameters_size,
                                       const uint8_t* options, size_t options_size, nasshrink_arch** out,
                                       nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message,
                               MessageOf<v1::ArchitectureParameters>(parameters, parameters_size, "parameters"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto how, OptionsOf<v1::DeriveOptions>(options, options_size));
    NASSHRINK_ASSIGN_OR_RETURN(auto architecture, run::DeriveChild(object->space(), message, how));
    Publish(std::make_shared<ArchObject>(ArchObject{std::move(object), std::move(architecture)}), out);
    return {};
  });
}

nasshrink_status nasshrink_arch_export(const nasshrink_arch* arch, const char* format, nasshrink_buffer** out,
                                       nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(arch, "arch"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string notation, TextOf(format, "format"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto text,
                               space::ExportArchitecture(object->space->space(), object->architecture, notation));
    PublishBytes(std::move(text), out);
    return {};
  });
}

nasshrink_status nasshrink_arch_serialize(const nasshrink_arch* arch, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(arch, "arch"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    v1::Architecture message;
    space::ArchitectureToMessage(object->space->space(), object->architecture, &message);
    return PublishMessage(message, out);
  });
}

nasshrink_status nasshrink_arch_cost(const nasshrink_arch* arch, const uint8_t* query, size_t query_size,
                                     nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(arch, "arch"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::CostQuery>(query, query_size, "query"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto report, CostReportOf(*object, message));
    return PublishMessage(report, out);
  });
}

void nasshrink_arch_free(nasshrink_arch* arch) { Release(arch); }
