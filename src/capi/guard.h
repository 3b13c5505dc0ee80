// The one guard around every entry point: refuses forked children, turns statuses into errors, stops exceptions.
#ifndef NASSHRINK_CAPI_GUARD_H_
#define NASSHRINK_CAPI_GUARD_H_

#include <cxxabi.h>

#include <exception>
#include <new>

#include "base/fork_guard.h"
#include "base/status.h"
#include "capi/error.h"

namespace nasshrink::capi {

// Nothing but forced unwinding (a thread being cancelled) leaves it; nothing else in the library may catch "...".
template <typename Body>
nasshrink_status Guard(nasshrink_error** err, Body&& body) {
  try {
    base::Status status = base::CheckNotForked();
    if (status.ok()) status = body();
    return Report(status, err);
  } catch (const std::bad_alloc&) {
    if (err != nullptr) *err = OutOfMemoryError();
    return NASSHRINK_RESOURCE_EXHAUSTED;
  } catch (const std::exception& problem) {
    return ReportException(problem.what(), err);
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (...) {
    return ReportException("an exception of unknown type", err);
  }
}

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_GUARD_H_
