// Latencies of whole networks, looked up instead of added (a table with `children`: NAS-Bench-201's measured devices).
#ifndef NASSHRINK_SPACE_CHILD_TIMES_H_
#define NASSHRINK_SPACE_CHILD_TIMES_H_

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/child_index.h"
#include "space/space.h"

namespace nasshrink::space {

// Immutable: calls may overlap. Only children of the space it was made for are in it.
class ChildTimes {
 public:
  // INVALID_ARGUMENT for torn rows, a network that is none of the root space or that is there twice, a time out of
  // range, or times of operators beside them; FAILED_PRECONDITION for networks of another root space.
  static base::Result<ChildTimes> Make(const Space& space, const v1::LatencyTable& table);

  // Nanoseconds; nothing for a child that was not measured.
  std::optional<int64_t> Of(const Architecture& architecture) const;

  size_t size() const { return ascending_.size(); }
  // Of a table that has children of the space.
  int64_t min() const { return ascending_.front(); }
  int64_t max() const { return ascending_.back(); }
  // The smallest time that at least `share` (above 0, at most 1) of the measured children do not exceed.
  int64_t Quantile(double share) const;

 private:
  explicit ChildTimes(ChildKeys keys) : keys_(std::move(keys)) {}

  ChildKeys keys_;
  std::unordered_map<ChildKey, int64_t, ChildKeyHash> times_;
  std::vector<int64_t> ascending_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CHILD_TIMES_H_
