#include "score/aggregation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>

namespace nasshrink::score {
namespace {

constexpr const char* kAggregations[] = {"mean", "upper_tail", "median"};

// Compensated (Neumaier 1974), so that the order of children hardly shows.
double Sum(const double* values, size_t count) {
  double sum = 0;
  double lost = 0;
  for (size_t at = 0; at < count; ++at) {
    const double next = sum + values[at];
    lost += std::abs(sum) >= std::abs(values[at]) ? (sum - next) + values[at] : (values[at] - next) + sum;
    sum = next;
  }
  return sum + lost;
}

double Deviation(const std::vector<double>& values) {
  const size_t count = values.size();
  if (count < 2) return 0;
  const double mean = Sum(values.data(), count) / static_cast<double>(count);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(count - 1));
}

size_t TailOf(size_t children) { return (children + 19) / 20; }

// The smallest of the best TailOf(n); reorders.
double ThresholdOf(std::vector<double>* values) {
  const auto last = values->begin() + static_cast<ptrdiff_t>(TailOf(values->size()) - 1);
  std::nth_element(values->begin(), last, values->end(), std::greater<>());
  return *last;
}

// What each child adds to the score's error: their deviation divided by sqrt(n) is its standard error. Of a tail mean
// it is the excess over the tail's threshold, divided by the tail's share (Trindade et al. 2007, Eq. 8).
void ToInfluence(std::vector<double>* values, Aggregation aggregation) {
  if (aggregation != Aggregation::kUpperTail) return;
  std::vector<double> copy = *values;
  const double threshold = ThresholdOf(&copy);
  const double share = static_cast<double>(TailOf(values->size())) / static_cast<double>(values->size());
  for (double& value : *values) value = std::max(value - threshold, 0.0) / share;
}

void MeanOf(const std::vector<double>& values, Aggregate* aggregate) {
  const auto n = static_cast<double>(values.size());
  aggregate->score = Sum(values.data(), values.size()) / n;
  aggregate->standard_error = Deviation(values) / std::sqrt(n);
}

void UpperTailOf(std::vector<double> values, Aggregate* aggregate) {
  const size_t best = TailOf(values.size());
  ThresholdOf(&values);
  std::sort(values.begin(), values.begin() + static_cast<ptrdiff_t>(best), std::greater<>());
  aggregate->score = Sum(values.data(), best) / static_cast<double>(best);
  ToInfluence(&values, Aggregation::kUpperTail);
  aggregate->standard_error = Deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

// Standard error of a median: half the distance between the order statistics one standard deviation of a binomial
// (n, 1/2) either side of the middle.
void MedianOf(std::vector<double> values, Aggregate* aggregate) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  aggregate->score = (values[(n - 1) / 2] + values[n / 2]) / 2;
  const auto reach = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(n)) / 2));
  const size_t low = (n - 1) / 2 - std::min((n - 1) / 2, reach);
  const size_t high = std::min(n - 1, n / 2 + reach);
  aggregate->standard_error = (values[high] - values[low]) / 2;
}

double PairedError(const std::vector<double>& a, const std::vector<double>& b, Aggregation aggregation) {
  std::vector<double> first;
  std::vector<double> second;
  for (size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
    if (std::isnan(a[at]) || std::isnan(b[at])) continue;
    first.push_back(a[at]);
    second.push_back(b[at]);
  }
  if (first.empty()) return 0;
  ToInfluence(&first, aggregation);
  ToInfluence(&second, aggregation);
  for (size_t at = 0; at < first.size(); ++at) first[at] -= second[at];
  return Deviation(first) / std::sqrt(static_cast<double>(first.size()));
}

}  // namespace

base::Result<Aggregation> AggregationFromName(std::string_view name) {
  if (name.empty()) return Aggregation::kMean;
  for (size_t at = 0; at < std::size(kAggregations); ++at) {
    if (name == kAggregations[at]) return static_cast<Aggregation>(at);
  }
  return base::Invalid("aggregation", name, "mean, upper_tail or median", "names no aggregation");
}

const char* AggregationName(Aggregation aggregation) { return kAggregations[static_cast<size_t>(aggregation)]; }

Aggregate AggregateOf(const std::vector<double>& values, Aggregation aggregation) {
  std::vector<double> known;
  known.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(known), [](double v) { return !std::isnan(v); });
  Aggregate aggregate;
  aggregate.children = known.size();
  if (known.empty()) return aggregate;
  switch (aggregation) {
    case Aggregation::kMean:
      MeanOf(known, &aggregate);
      break;
    case Aggregation::kUpperTail:
      UpperTailOf(std::move(known), &aggregate);
      break;
    case Aggregation::kMedian:
      MedianOf(std::move(known), &aggregate);
      break;
  }
  return aggregate;
}

double DifferenceError(const std::vector<double>& a, const std::vector<double>& b, Aggregation aggregation,
                       bool paired) {
  if (paired && aggregation != Aggregation::kMedian) return PairedError(a, b, aggregation);
  return std::hypot(AggregateOf(a, aggregation).standard_error, AggregateOf(b, aggregation).standard_error);
}

}  // namespace nasshrink::score
