#include "score/jackknife.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nasshrink::score {
namespace {

// Abramowitz and Stegun 26.7.5, for 3 degrees of freedom and more good to 1 %.
double StudentQuantile975(double freedom) {
  constexpr double kNormal = 1.959963984540054;
  const double z2 = kNormal * kNormal;
  const double first = (z2 + 1) / 4;
  const double second = ((5 * z2 + 16) * z2 + 3) / 96;
  const double third = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  return kNormal * (1 + ((third / freedom + second) / freedom + first) / freedom);
}

}  // namespace

double StandardError(const std::vector<double>& without) {
  if (without.size() < 3) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(without.size());
  double mean = 0;
  for (const double value : without) mean += value / n;
  double squares = 0;
  for (const double value : without) squares += (value - mean) * (value - mean);
  return std::sqrt((n - 1) / n * squares);
}

Jackknifed Difference(const Jackknifed& a, const Jackknifed& b) {
  Jackknifed difference;
  difference.value = a.value - b.value;
  const size_t size = std::min(a.without.size(), b.without.size());
  for (size_t at = 0; at < size; ++at) difference.without.push_back(a.without[at] - b.without[at]);
  return difference;
}

Interval Interval95(const Jackknifed& statistic, double least, double most) {
  const double error = StandardError(statistic.without);
  if (std::isnan(error) || std::isnan(statistic.value)) return {};
  const double reach = StudentQuantile975(static_cast<double>(statistic.without.size()) - 1) * error;
  return {std::max(least, statistic.value - reach), std::min(most, statistic.value + reach)};
}

}  // namespace nasshrink::score
