// The object behind a supernet: the back end's network, who is using it, and whether a run has taken it over.
#ifndef NASSHRINK_CAPI_SUPERNET_H_
#define NASSHRINK_CAPI_SUPERNET_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "base/status.h"
#include "capi/context.h"
#include "capi/handle.h"
#include "capi/use.h"
#include "run/backend.h"

namespace nasshrink::capi {

class SupernetObject {
 public:
  SupernetObject(std::shared_ptr<const ContextObject> context, std::shared_ptr<run::Supernet> supernet)
      : context_(std::move(context)), supernet_(std::move(supernet)) {}

  const std::shared_ptr<const ContextObject>& context() const { return context_; }
  const std::shared_ptr<run::Supernet>& shared() const { return supernet_; }
  // From now on the handle is refused.
  void MarkTaken() { taken_.store(true); }

 private:
  friend class SupernetUse;
  std::shared_ptr<const ContextObject> context_;
  std::shared_ptr<run::Supernet> supernet_;
  UseCount users_;
  std::atomic<bool> taken_{false};
  // Readers may overlap at the border; a back end takes one call at a time.
  std::mutex readers_;
};

// The use of a supernet for the length of a call, as `const` in the header says. Check status() first.
class SupernetUse {
 public:
  SupernetUse(SupernetObject& object, Access access) : object_(object), use_(object.users_, access, "supernet") {
    if (object.taken_.load()) {
      status_ = base::Status(base::Code::kFailedPrecondition,
                             "a run has taken this supernet over; nasshrink_run_supernet gives the one it ends with");
    } else if (!use_.status().ok()) {
      status_ = use_.status();
    } else if (access == Access::kRead) {
      reading_ = std::unique_lock<std::mutex>(object.readers_);
    }
  }

  const base::Status& status() const { return status_; }
  run::Supernet& operator*() const { return *object_.supernet_; }
  run::Supernet* operator->() const { return object_.supernet_.get(); }

 private:
  SupernetObject& object_;
  Use use_;
  std::unique_lock<std::mutex> reading_;
  base::Status status_;
};

template <>
struct HandleOf<nasshrink_supernet> {
  using Object = SupernetObject;
  static constexpr Kind kKind = Kind::kSupernet;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_SUPERNET_H_
