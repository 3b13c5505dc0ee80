#include "shrink/se_nas.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <map>

namespace nasshrink::shrink {
namespace {

constexpr const char* kCombinations[] = {"times_sd", "signed_ratio", "ratio_of_means", "si_only", "literal"};

double Guarded(double denominator) {
  constexpr double kLeast = 1e-12;
  return std::abs(denominator) < kLeast ? std::copysign(kLeast, denominator) : denominator;
}

// Mean and range over operators.
class Spread {
 public:
  void Add(double value) {
    sum_ += value;
    ++count_;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  double mean() const { return sum_ / std::max(count_, 1.0); }
  double range() const { return count_ == 0 ? 0 : high_ - low_; }

 private:
  double sum_ = 0;
  double count_ = 0;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

struct Importances {
  double mean = 0;
  double variance = 0;  // the confidence
  size_t count = 0;
};

std::map<uint32_t, Importances> ByChoice(const std::vector<ScoredOperator>& operators) {
  std::map<uint32_t, Importances> choices;
  for (const ScoredOperator& scored : operators) {
    choices[scored.choice].mean += scored.score;
    ++choices[scored.choice].count;
  }
  for (auto& [choice, importances] : choices) importances.mean /= static_cast<double>(importances.count);
  for (const ScoredOperator& scored : operators) {
    Importances& importances = choices[scored.choice];
    const double deviation = scored.score - importances.mean;
    importances.variance += deviation * deviation / static_cast<double>(importances.count);
  }
  return choices;
}

// The combined score is scale * (SI - offset).
struct Line {
  double scale = 1;
  double offset = 0;
};

Line LineOf(Combination combination, const Spread& importance, const Spread& confidence, double variance) {
  const double range = Guarded(importance.range());
  const double relative = variance / Guarded(confidence.mean());
  switch (combination) {
    case Combination::kTimesSd:
      return {std::sqrt(relative) / range, importance.mean()};
    case Combination::kSignedRatio:
      return {1 / (range * Guarded(relative)), importance.mean()};
    case Combination::kRatioOfMeans:
      return {1 / (Guarded(importance.mean()) * Guarded(relative)), 0};
    case Combination::kSiOnly:
      break;
    case Combination::kLiteral:
      return {1 / (range * Guarded((variance - confidence.mean()) / Guarded(confidence.range()))), importance.mean()};
  }
  return {};
}

void Apply(const Line& line, ScoredOperator* scored) {
  scored->score = line.scale * (scored->score - line.offset);
  scored->margin_error *= std::abs(line.scale);
}

void SetMargins(std::vector<ScoredOperator>* operators) {
  std::map<uint32_t, double> best;
  for (const ScoredOperator& scored : *operators) {
    const auto [found, added] = best.emplace(scored.choice, scored.score);
    if (!added) found->second = std::max(found->second, scored.score);
  }
  for (ScoredOperator& scored : *operators) scored.margin = best[scored.choice] - scored.score;
}

}  // namespace

base::Result<Combination> CombinationFromName(std::string_view name) {
  if (name.empty()) return Combination::kTimesSd;
  for (size_t at = 0; at < std::size(kCombinations); ++at) {
    if (name == kCombinations[at]) return static_cast<Combination>(at);
  }
  return base::Invalid("combination", name, "times_sd, signed_ratio, ratio_of_means, si_only or literal",
                       "names no reading of SE-NAS's Eq. 7");
}

std::vector<ScoredOperator> Combine(std::vector<ScoredOperator> operators, Combination combination) {
  const std::map<uint32_t, Importances> choices = ByChoice(operators);
  Spread importance;
  Spread confidence;
  for (const ScoredOperator& scored : operators) {
    const Importances& own = choices.at(scored.choice);
    if (own.count < 2) continue;
    importance.Add(scored.score);
    confidence.Add(own.variance);
  }
  for (ScoredOperator& scored : operators) {
    const Importances& own = choices.at(scored.choice);
    if (own.count >= 2) Apply(LineOf(combination, importance, confidence, own.variance), &scored);
  }
  SetMargins(&operators);
  return operators;
}

}  // namespace nasshrink::shrink
