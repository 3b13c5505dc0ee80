// From the scores of the children that contain an operator to the operator's own score.
#ifndef NASSHRINK_SCORE_AGGREGATION_H_
#define NASSHRINK_SCORE_AGGREGATION_H_

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace nasshrink::score {

// kMean: ABS Sec. 3.3. kUpperTail: mean of the best max(1, ceil(n / 20)) of the n children with the operator (our
// decision). kMedian: mean of the two middle ones for even n.
enum class Aggregation : uint8_t { kMean, kUpperTail, kMedian };

// "mean" (also ""), "upper_tail" or "median".
base::Result<Aggregation> AggregationFromName(std::string_view name);
const char* AggregationName(Aggregation aggregation);

struct Aggregate {
  double score = std::numeric_limits<double>::quiet_NaN();
  // Of children drawn at random: s/sqrt(n) for the mean, the plug-in value for the tail mean, half the width of the
  // one-sigma order-statistic interval for the median.
  double standard_error = 0;
  uint64_t children = 0;
};

// Failed children (NaN) are left out; NaN when none is left.
Aggregate AggregateOf(const std::vector<double>& values, Aggregation aggregation);

// Standard error of the difference of two operators' scores. `paired` says that value i of both comes from the same
// draw, so that what the two children have in common cancels; a median, whose influence is not a number a child, is
// treated as if it did not.
double DifferenceError(const std::vector<double>& a, const std::vector<double>& b, Aggregation aggregation,
                       bool paired);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_AGGREGATION_H_
