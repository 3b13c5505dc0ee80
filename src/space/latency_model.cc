#include "space/latency_model.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "space/child_times.h"
#include "space/digits.h"

namespace nasshrink::space {
namespace {

constexpr int64_t kMaxNanoseconds = 4'000'000'000'000'000'000;

struct Sides {
  uint32_t height = 0;
  uint32_t width = 0;
};

Sides SidesOf(const Space& space, uint32_t resolution) {
  if (resolution != 0) return {resolution, resolution};
  return {space.network.input_height, space.network.input_width};
}

base::Status CheckResolution(const v1::LatencyTable& table, const Sides& sides) {
  if (table.resolution() == 0 || (table.resolution() == sides.height && table.resolution() == sides.width)) return {};
  return base::Invalid("latency.resolution", table.resolution(), fmt::format("0 or {}", sides.height),
                       "the table is for another input size");
}

base::Status CheckSpread(double variance, const std::string& field) {
  if (variance >= 0 && std::isfinite(variance)) return {};
  return base::Invalid(field, variance, "0 or more", "is no variance");
}

bool PicksInputs(const Choice& choice) {
  return !choice.candidates.empty() && std::holds_alternative<EdgeSubset>(choice.candidates.front().body);
}

}  // namespace

// Finds every operator's time; `missing` collects operators that have none.
class LatencyBuilder {
 public:
  LatencyBuilder(const Space& space, const v1::LatencyTable& table) : space_(space), table_(table), model_(space) {}

  base::Status Read(uint32_t resolution);

  std::vector<v1::MissingLatency> TakeMissing();
  const OperatorPlaces& places() const { return places_; }
  uint32_t unused() const { return unused_; }
  base::Result<LatencyModel> Model();

 private:
  using Term = LatencyModel::Term;

  base::Status ReadTerms();
  // `mean` is what the field is called.
  base::Status AddTerm(double mean_ms, double variance, uint64_t count, const std::string& field,
                       const char* mean = "mean_ms");
  base::Status CheckEntry(const v1::LatencyEntry& entry, const std::string& field) const;
  void Resolve();
  void ResolveCandidate(uint32_t choice, uint32_t candidate);
  // The term of an operator where it stands; nothing when the table has none. `label` is empty for fixed parts.
  std::optional<uint32_t> Find(const OperatorUse& use, const std::string& label);
  v1::MissingLatency* Missing(const OperatorUse& use);
  std::optional<int64_t> SumOf(const LatencyModel::Terms& terms) const;

  const Space& space_;
  const v1::LatencyTable& table_;
  OperatorPlaces places_;
  LatencyModel model_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> entries_;  // choice and candidate to term
  std::unordered_map<std::string, uint32_t> keys_;             // to term
  std::set<uint32_t> used_;                                    // terms of keys
  uint32_t unused_ = 0;
  std::map<uint32_t, v1::MissingLatency> missing_;  // by operator
};

base::Status LatencyBuilder::AddTerm(double mean_ms, double variance, uint64_t count, const std::string& field,
                                     const char* mean) {
  Term term;
  NASSHRINK_ASSIGN_OR_RETURN(term.nanoseconds, Nanoseconds(mean_ms, field + mean));
  NASSHRINK_RETURN_IF_ERROR(CheckSpread(variance, field + "variance"));
  term.variance = variance;
  term.count = count;
  model_.terms_.push_back(term);
  return {};
}

base::Status LatencyBuilder::CheckEntry(const v1::LatencyEntry& entry, const std::string& field) const {
  if (entry.choice() >= space_.choices.size()) {
    return base::Invalid(field + "choice", entry.choice(), fmt::format("0..{}", space_.choices.size() - 1),
                         "names no choice");
  }
  const size_t candidates = space_.choices[entry.choice()].candidates.size();
  if (entry.candidate() >= candidates) {
    return base::Invalid(field + "candidate", entry.candidate(), fmt::format("below {}", candidates),
                         "names no candidate");
  }
  return {};
}

base::Status LatencyBuilder::ReadTerms() {
  for (int i = 0; i < table_.entries_size(); ++i) {
    const v1::LatencyEntry& entry = table_.entries(i);
    const std::string field = fmt::format("latency.entries[{}].", i);
    NASSHRINK_RETURN_IF_ERROR(CheckEntry(entry, field));
    const auto term = static_cast<uint32_t>(model_.terms_.size());
    if (!entries_.insert({{entry.choice(), entry.candidate()}, term}).second) {
      return base::Invalid(fmt::format("latency.entries[{}]", i),
                           fmt::format("choice {}, candidate {}", entry.choice(), entry.candidate()),
                           "each candidate once", "the candidate has a time already");
    }
    NASSHRINK_RETURN_IF_ERROR(AddTerm(entry.mean_ms(), entry.variance(), entry.count(), field));
  }
  for (int i = 0; i < table_.operators_size(); ++i) {
    const v1::OperatorLatency& one = table_.operators(i);
    const std::string field = fmt::format("latency.operators[{}].", i);
    if (!keys_.insert({one.key(), static_cast<uint32_t>(model_.terms_.size())}).second) {
      return base::Invalid(field + "key", one.key(), "each key once", "the operator has a time already");
    }
    NASSHRINK_RETURN_IF_ERROR(AddTerm(one.mean_ms(), one.variance(), one.count(), field));
  }
  return {};
}

std::optional<uint32_t> LatencyBuilder::Find(const OperatorUse& use, const std::string& label) {
  const PlacedOperator& placed = places_.operators[use.op];
  auto found = keys_.find(placed.key);
  if (found == keys_.end() && !label.empty()) found = keys_.find(LabelKey(label, placed.place));
  if (found == keys_.end()) return std::nullopt;
  used_.insert(found->second);
  return found->second;
}

v1::MissingLatency* LatencyBuilder::Missing(const OperatorUse& use) {
  v1::MissingLatency& missing = missing_[use.op];
  missing.set_key(places_.operators[use.op].key);
  const std::string& layer = space_.network.layers[use.layer].key;
  const auto& layers = missing.layers();
  if (std::find(layers.begin(), layers.end(), layer) == layers.end()) missing.add_layers(layer);
  return &missing;
}

void LatencyBuilder::ResolveCandidate(uint32_t choice, uint32_t candidate) {
  LatencyModel::Terms& terms = model_.rows_[choice][candidate];
  if (const auto entry = entries_.find({choice, candidate}); entry != entries_.end()) {
    terms = {entry->second};
    return;
  }
  const std::vector<uint32_t>& alive = space_.choices[choice].alive;
  const bool needed = std::binary_search(alive.begin(), alive.end(), candidate);
  for (const OperatorUse& use : places_.choices[choice][candidate]) {
    if (const auto term = Find(use, space_.choices[choice].candidates[candidate].label)) {
      terms.push_back(*term);
    } else if (needed) {
      v1::MissingLatency* missing = Missing(use);
      const auto& known = missing->candidates();
      if (!known.empty() && known.rbegin()->choice() == choice && known.rbegin()->candidate() == candidate) continue;
      v1::OperatorRef* ref = missing->add_candidates();
      ref->set_choice(choice);
      ref->set_candidate(candidate);
    }
  }
}

void LatencyBuilder::Resolve() {
  for (const OperatorUse& use : places_.fixed) {
    if (!table_.fixed_by_key()) break;
    if (const auto term = Find(use, "")) {
      model_.fixed_.push_back(*term);
    } else {
      Missing(use);
    }
  }
  for (uint32_t choice = 0; choice < space_.choices.size(); ++choice) {
    model_.rows_.emplace_back(space_.choices[choice].candidates.size());
    if (PicksInputs(space_.choices[choice])) continue;
    for (uint32_t c = 0; c < space_.choices[choice].candidates.size(); ++c) ResolveCandidate(choice, c);
  }
  unused_ = static_cast<uint32_t>(keys_.size() - used_.size());
}

base::Status LatencyBuilder::Read(uint32_t resolution) {
  const Sides sides = SidesOf(space_, resolution);
  NASSHRINK_RETURN_IF_ERROR(CheckResolution(table_, sides));
  NASSHRINK_ASSIGN_OR_RETURN(places_, PlacesOf(space_, sides.height, sides.width));
  NASSHRINK_RETURN_IF_ERROR(ReadTerms());
  if (table_.fixed_ms() != 0) {
    model_.fixed_.push_back(static_cast<uint32_t>(model_.terms_.size()));
    NASSHRINK_RETURN_IF_ERROR(
        AddTerm(table_.fixed_ms(), table_.fixed_variance(), table_.fixed_count(), "latency.fixed_", "ms"));
  }
  Resolve();
  return {};
}

std::vector<v1::MissingLatency> LatencyBuilder::TakeMissing() {
  std::vector<v1::MissingLatency> missing;
  for (auto& [op, one] : missing_) missing.push_back(std::move(one));
  return missing;
}

// Nothing where it is more than any time.
std::optional<int64_t> LatencyBuilder::SumOf(const LatencyModel::Terms& terms) const {
  int64_t sum = 0;
  for (const uint32_t term : terms) {
    if (sum > kMaxNanoseconds) return std::nullopt;
    sum += model_.terms_[term].nanoseconds;
  }
  return sum;
}

base::Result<LatencyModel> LatencyBuilder::Model() {
  const base::Status too_long = base::Error(base::Code::kOutOfRange, "a child's latency is above 4e12 ms");
  const std::optional<int64_t> fixed = SumOf(model_.fixed_);
  if (!fixed) return too_long;
  model_.cost_.name = "latency_ms";
  model_.cost_.fixed = *fixed;
  int64_t longest = *fixed;
  for (const auto& row : model_.rows_) {
    std::vector<int64_t>& sums = model_.cost_.table.emplace_back();
    for (const LatencyModel::Terms& terms : row) {
      const std::optional<int64_t> sum = SumOf(terms);
      if (!sum) return too_long;
      sums.push_back(*sum);
    }
    longest += *std::max_element(sums.begin(), sums.end());
    if (longest > kMaxNanoseconds) return too_long;
  }
  return std::move(model_);
}

base::Result<LatencyModel> LatencyModel::Make(const Space& space, const v1::LatencyTable& table, uint32_t resolution) {
  if (table.has_children()) {
    return base::Invalid("latency.children", table.children_ms_size(), "times of operators",
                         "latencies of whole networks cannot be added up");
  }
  LatencyBuilder builder(space, table);
  NASSHRINK_RETURN_IF_ERROR(builder.Read(resolution));
  const std::vector<v1::MissingLatency> missing = builder.TakeMissing();
  if (!missing.empty()) {
    return base::Invalid(
        "latency.operators", missing.front().key(), "a time for every operator of the space",
        fmt::format("the table has no time for {} of the space's {} operators, the first is in layer '{}'",
                    missing.size(), builder.places().operators.size(), missing.front().layers(0)));
  }
  return builder.Model();
}

base::Result<v1::LatencyReport> LatencyModel::Report(const Space& space, const v1::LatencyTable& table,
                                                     uint32_t resolution) {
  v1::LatencyReport report;
  if (table.has_children()) {
    NASSHRINK_RETURN_IF_ERROR(CheckResolution(table, SidesOf(space, resolution)));
    NASSHRINK_ASSIGN_OR_RETURN(const ChildTimes times, ChildTimes::Make(space, table));
    report.set_children(times.size());
    if (times.size() == 0) return report;
    report.set_min_ms(AmountOf("latency_ms", times.min()));
    report.set_max_ms(AmountOf("latency_ms", times.max()));
    return report;
  }
  LatencyBuilder builder(space, table);
  NASSHRINK_RETURN_IF_ERROR(builder.Read(resolution));
  report.set_operators(static_cast<uint32_t>(builder.places().operators.size()));
  report.set_unused(builder.unused());
  for (v1::MissingLatency& missing : builder.TakeMissing()) *report.add_missing() = std::move(missing);
  if (report.missing_size() > 0) return report;
  NASSHRINK_ASSIGN_OR_RETURN(const LatencyModel model, builder.Model());
  const CostEnds ends = EndsOf(space, model.cost_);
  report.set_min_ms(AmountOf("latency_ms", ends.min));
  report.set_max_ms(AmountOf("latency_ms", ends.max));
  return report;
}

LatencyEstimate LatencyModel::Of(const Architecture& architecture) const {
  std::map<uint32_t, uint64_t> runs;  // by term
  for (const uint32_t term : fixed_) ++runs[term];
  const std::vector<uint8_t> open = form_.Open(architecture);
  for (size_t choice = 0; choice < rows_.size(); ++choice) {
    if (open[choice] == 0) continue;
    for (const uint32_t term : rows_[choice][architecture[choice]]) ++runs[term];
  }
  LatencyEstimate estimate;
  double variance = 0;
  double squared_error = 0;
  bool known = true;
  for (const auto& [index, times] : runs) {
    const Term& term = terms_[index];
    const auto n = static_cast<double>(times);
    estimate.nanoseconds += term.nanoseconds * static_cast<int64_t>(times);
    known = known && term.count > 0;
    variance += n * term.variance;
    // A mean that is used n times is wrong in the same direction each time.
    if (term.count > 0) squared_error += n * n * term.variance / static_cast<double>(term.count);
  }
  if (!known) return estimate;
  estimate.variance = variance;
  estimate.error_ms = std::sqrt(squared_error);
  return estimate;
}

}  // namespace nasshrink::space
