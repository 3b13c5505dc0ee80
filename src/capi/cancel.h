// Handles of cancel latches.
#ifndef NASSHRINK_CAPI_CANCEL_H_
#define NASSHRINK_CAPI_CANCEL_H_

#include "base/cancel.h"
#include "capi/handle.h"

namespace nasshrink::capi {

template <>
struct HandleOf<nasshrink_cancel> {
  using Object = base::Cancel;
  static constexpr Kind kKind = Kind::kCancel;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_CANCEL_H_
