// Cancel latches. Triggering touches atomics alone, so that it may be done in a signal handler.
#include "capi/cancel.h"

#include <memory>

#include "capi/guard.h"
#include "capi/message.h"
#include "nasshrink.h"

using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Cancel;
using nasshrink::base::Status;

nasshrink_status nasshrink_cancel_create(nasshrink_cancel** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    Publish(std::make_shared<Cancel>(), out);
    return {};
  });
}

void nasshrink_cancel_trigger(nasshrink_cancel* cancel) {
  if (void* object = BorrowedObject(Kind::kCancel, cancel)) static_cast<Cancel*>(object)->Trigger();
}

int32_t nasshrink_cancel_is_triggered(const nasshrink_cancel* cancel) {
  const void* object = BorrowedObject(Kind::kCancel, cancel);
  return object != nullptr && static_cast<const Cancel*>(object)->triggered() ? 1 : 0;
}

void nasshrink_cancel_free(nasshrink_cancel* cancel) { Release(cancel); }
