// Latency of children from a table of operators: what a space's networks take, and how sure that is.
//
// A child takes the sum over its operators and the fixed parts, each operator's mean rounded to whole nanoseconds.
// Operators are found by key (space/operator_key.h), by the candidate's label at its place, or by choice and candidate;
// the last go first, labels go last.
#ifndef NASSHRINK_SPACE_LATENCY_MODEL_H_
#define NASSHRINK_SPACE_LATENCY_MODEL_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/additive_cost.h"
#include "space/child_form.h"
#include "space/operator_places.h"
#include "space/space.h"

namespace nasshrink::space {

struct LatencyEstimate {
  int64_t nanoseconds = 0;
  // Nothing where an operator has no count.
  std::optional<double> variance;  // of one inference, square milliseconds, operators independent of each other
  std::optional<double> error_ms;  // standard error of the sum of means
};

// Immutable: calls may overlap. It copies what it needs of the space and the table.
class LatencyModel {
 public:
  // `resolution` as in CostModel::Make. INVALID_ARGUMENT for a table that holds whole networks, that is for another
  // resolution, that names a choice, candidate or key twice or one that is not there, that has numbers out of range, or
  // that has no time for an operator of an alive candidate or a fixed part; FAILED_PRECONDITION for an open grammar.
  static base::Result<LatencyModel> Make(const Space& space, const v1::LatencyTable& table, uint32_t resolution = 0);

  // Never for what is missing, which it lists; else as Make. Takes tables of whole networks, too.
  static base::Result<v1::LatencyReport> Report(const Space& space, const v1::LatencyTable& table,
                                                uint32_t resolution = 0);

  // Nanoseconds; dropped candidates that the table lacks have 0.
  const AdditiveCost& cost() const { return cost_; }
  // The architecture must be one of the space's.
  LatencyEstimate Of(const Architecture& architecture) const;

 private:
  friend class LatencyBuilder;

  // One measured mean.
  struct Term {
    int64_t nanoseconds = 0;
    double variance = 0;
    uint64_t count = 0;
  };
  using Terms = std::vector<uint32_t>;  // indices into terms_, one for each time it is run

  explicit LatencyModel(const Space& space) : form_(space) {}

  ChildForm form_;
  AdditiveCost cost_;
  std::vector<Term> terms_;
  Terms fixed_;
  std::vector<std::vector<Terms>> rows_;  // [choice][candidate]
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_LATENCY_MODEL_H_
