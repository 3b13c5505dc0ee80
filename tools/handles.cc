#include "handles.h"

#include "nasshrink/v1/context.pb.h"

namespace nasshrink::tools {

ExitCode ExitCodeOf(nasshrink_status status) {
  switch (status) {
    case NASSHRINK_OK:
      return kDone;
    case NASSHRINK_CANCELLED:
      return kInterrupted;
    case NASSHRINK_INVALID_ARGUMENT:
    case NASSHRINK_NOT_FOUND:
    case NASSHRINK_ALREADY_EXISTS:
    case NASSHRINK_PERMISSION_DENIED:
    case NASSHRINK_FAILED_PRECONDITION:
    case NASSHRINK_UNIMPLEMENTED:
      return kCallWrong;
    default:
      return kWorkFailed;
  }
}

Outcome OutcomeOf(nasshrink_status status, Error error) {
  Outcome outcome;
  outcome.details = Json::object();
  outcome.status = status;
  if (status == NASSHRINK_OK) return outcome;
  outcome.exit = ExitCodeOf(status);
  outcome.message = error ? nasshrink_error_message(error.get()) : nasshrink_status_name(status);
  size_t size = 0;
  const uint8_t* bytes = error ? nasshrink_error_details(error.get(), &size) : nullptr;
  v1::ErrorDetails details;
  if (bytes != nullptr && details.ParseFromArray(bytes, static_cast<int>(size))) {
    if (!details.field().empty()) outcome.details["field"] = details.field();
    if (!details.value().empty()) outcome.details["value"] = details.value();
    if (!details.allowed().empty()) outcome.details["allowed"] = details.allowed();
  }
  return outcome;
}

void FailWith(const Outcome& outcome) {
  Fail(outcome.exit, nasshrink_status_name(outcome.status), outcome.message, outcome.details);
}

}  // namespace nasshrink::tools
