// Standard errors and intervals of a statistic from its values with one child left out at a time.
//
// The children are read as a sample: an interval says what another sample of as many children would give. It says
// nothing about another training of the supernet, whose spread only more seeds show.
#ifndef NASSHRINK_SCORE_JACKKNIFE_H_
#define NASSHRINK_SCORE_JACKKNIFE_H_

#include <limits>
#include <vector>

namespace nasshrink::score {

// NaN where there is no such value.
struct Jackknifed {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> without;  // one a child: the value of all others
};

// sqrt((n - 1) / n * sum of squared deviations from their mean) (Efron and Stein 1981); NaN for fewer than three
// values or when one is NaN.
double StandardError(const std::vector<double>& without);

// Of a difference of two statistics of the same children.
Jackknifed Difference(const Jackknifed& a, const Jackknifed& b);

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

// value -+ t * standard error, t the 0.975 quantile of Student's t with n - 1 degrees of freedom, cut to
// [least, most]; NaN where the standard error is.
Interval Interval95(const Jackknifed& statistic, double least, double most);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_JACKKNIFE_H_
