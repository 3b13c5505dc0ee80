// The objects behind spaces and architectures.
#ifndef NASSHRINK_CAPI_SPACE_H_
#define NASSHRINK_CAPI_SPACE_H_

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/status.h"
#include "capi/context.h"
#include "capi/handle.h"
#include "space/cost.h"
#include "space/space.h"

namespace nasshrink::capi {

// Immutable, but for the cost model that is made when first asked for.
class SpaceObject {
 public:
  SpaceObject(std::shared_ptr<const ContextObject> context, space::Space space)
      : context_(std::move(context)), space_(std::move(space)) {}

  const std::shared_ptr<const ContextObject>& context() const { return context_; }
  const space::Space& space() const { return space_; }
  // At the space's own resolution.
  const base::Result<space::CostModel>& costs() const;

 private:
  std::shared_ptr<const ContextObject> context_;
  space::Space space_;
  mutable std::once_flag costs_once_;
  mutable std::optional<base::Result<space::CostModel>> costs_;
};

struct ArchObject {
  std::shared_ptr<const SpaceObject> space;
  space::Architecture architecture;
};

template <>
struct HandleOf<nasshrink_space> {
  using Object = SpaceObject;
  static constexpr Kind kKind = Kind::kSpace;
};

template <>
struct HandleOf<nasshrink_arch> {
  using Object = ArchObject;
  static constexpr Kind kKind = Kind::kArch;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_SPACE_H_
