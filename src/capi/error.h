// Error objects: a status with its details as bytes.
#ifndef NASSHRINK_CAPI_ERROR_H_
#define NASSHRINK_CAPI_ERROR_H_

#include <string>

#include "base/status.h"
#include "capi/handle.h"

namespace nasshrink::capi {

struct ErrorObject {
  base::Status status;
  std::string message;
  std::string details;  // ErrorDetails
};

template <>
struct HandleOf<nasshrink_error> {
  using Object = ErrorObject;
  static constexpr Kind kKind = Kind::kError;
};

// The fixed error that stands for one there was no memory for.
nasshrink_error* OutOfMemoryError();

// Writes the error, when wanted, and returns the code to return: the status's own, or RESOURCE_EXHAUSTED when there is
// no memory for it.
nasshrink_status Report(const base::Status& status, nasshrink_error** err) noexcept;

// INTERNAL, for an exception that reached the border.
nasshrink_status ReportException(const char* what, nasshrink_error** err) noexcept;

// Takes over what a callback returned: OK for NULL.
base::Status TakeError(nasshrink_error* error);

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_ERROR_H_
