#include "shrink/pad_nas.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/non_dominated_sort.h"
#include "space/architecture.h"
#include "space/child_form.h"

namespace nasshrink::shrink {
namespace {

using space::Architecture;

constexpr double kThreshold = 0.01;  // PAD-NAS Sec. 4.1
constexpr uint32_t kFronts = 9;      // "rank < 10", the best rank being 1

struct Pool {
  std::vector<Architecture> children;
  std::vector<double> points;  // children x objectives, all to be made small
  size_t objectives = 0;
};

base::Status CheckThreshold(const space::Space& space, double threshold) {
  size_t most = 1;
  for (const space::Choice& choice : space.choices) most = std::max(most, choice.alive.size());
  if (most == 1 || threshold < 1 / static_cast<double>(most)) return {};
  return base::Invalid("pad_nas.threshold", threshold, fmt::format("0 to below 1/{}", most),
                       fmt::format("all {} operators of a choice could be as rare as this", most));
}

base::Result<std::vector<Architecture>> ReadChildren(const space::Space& space,
                                                     const v1::EvaluatedArchitectures& evaluated) {
  NASSHRINK_RETURN_IF_ERROR(
      space::CheckRootFingerprint(space, evaluated.root_fingerprint(), "evaluated.root_fingerprint"));
  v1::ArchitectureList list;
  list.set_choices(evaluated.choices());
  *list.mutable_candidates() = evaluated.candidates();
  auto children = space::ArchitecturesFromMessage(space, list);
  if (!children.ok()) return base::Status(children.status()).Under("evaluated.");
  const space::ChildForm form(space);
  std::unordered_set<Architecture, space::ChildHash> seen;
  for (size_t i = 0; i < children->size(); ++i) {
    form.Canonicalise(&(*children)[i]);
    if (seen.insert((*children)[i]).second) continue;
    return base::Invalid(fmt::format("evaluated.architectures[{}]", i), space::CodesOf(space, (*children)[i]),
                         "each child once", "the child is there twice");
  }
  return children;
}

// Objective after objective, one value a child, turned so that less is better.
base::Result<std::vector<double>> ReadPoints(const v1::EvaluatedArchitectures& evaluated, size_t children) {
  const auto objectives = static_cast<size_t>(evaluated.objectives_size());
  if (objectives == 0) {
    return base::Invalid("evaluated.objectives", 0, "1 or more", "children without objectives have no fronts");
  }
  std::vector<double> points(children * objectives);
  for (size_t k = 0; k < objectives; ++k) {
    const v1::Objective& objective = evaluated.objectives(static_cast<int>(k));
    const std::string field = fmt::format("evaluated.objectives[{}].values", k);
    if (static_cast<size_t>(objective.values_size()) != children) {
      return base::Invalid(field, fmt::format("{} values", objective.values_size()), fmt::format("{}", children),
                           "an objective has one value a child");
    }
    for (size_t i = 0; i < children; ++i) {
      const double value = objective.values(static_cast<int>(i));
      if (std::isnan(value)) return base::Invalid(fmt::format("{}[{}]", field, i), "nan", "numbers", "is no number");
      points[i * objectives + k] = objective.maximise() ? -value : value;
    }
  }
  return points;
}

// The rows of the pool that the rule names.
base::Result<std::vector<uint32_t>> RowsOf(const v1::EvaluatedArchitectures& evaluated, const v1::PadNasRule& rule,
                                           size_t children) {
  std::vector<uint32_t> rows;
  if (rule.pool() != "population") {
    for (uint32_t i = 0; i < children; ++i) rows.push_back(i);
  }
  for (int at = 0; rule.pool() == "population" && at < evaluated.population_size(); ++at) {
    if (evaluated.population(at) >= children) {
      return base::Invalid(fmt::format("evaluated.population[{}]", at), evaluated.population(at),
                           fmt::format("below {}", children), "names no child");
    }
    rows.push_back(evaluated.population(at));
  }
  if (rows.empty()) {
    return base::Error(base::Code::kFailedPrecondition, "pad_nas has no children to count: the {} is empty",
                       rule.pool().empty() ? "archive" : rule.pool());
  }
  return rows;
}

base::Result<Pool> ReadPool(const space::Space& space, const v1::EvaluatedArchitectures& evaluated,
                            const v1::PadNasRule& rule) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto children, ReadChildren(space, evaluated));
  NASSHRINK_ASSIGN_OR_RETURN(const auto points, ReadPoints(evaluated, children.size()));
  NASSHRINK_ASSIGN_OR_RETURN(const auto rows, RowsOf(evaluated, rule, children.size()));
  Pool pool;
  pool.objectives = static_cast<size_t>(evaluated.objectives_size());
  for (const uint32_t row : rows) {
    pool.children.push_back(children[row]);
    const auto begin = points.begin() + static_cast<ptrdiff_t>(row * pool.objectives);
    pool.points.insert(pool.points.end(), begin, begin + static_cast<ptrdiff_t>(pool.objectives));
  }
  return pool;
}

// Marks the rows of one choice.
void Decide(v1::OperatorFrequency* begin, v1::OperatorFrequency* end, double threshold) {
  v1::OperatorFrequency* most = std::max_element(
      begin, end, [](const v1::OperatorFrequency& a, const v1::OperatorFrequency& b) { return a.count() < b.count(); });
  if (most->count() == 0) return;
  for (v1::OperatorFrequency* row = begin; row != end; ++row) {
    if (row->frequency() > threshold) continue;
    row->set_dropped(row != most);
    row->set_kept_as_most_frequent(row == most && end - begin > 1);
  }
}

}  // namespace

base::Status CheckPadNas(const v1::PadNasRule& rule) {
  if (!(rule.threshold() >= 0 && rule.threshold() < 1)) {
    return base::Invalid("pad_nas.threshold", rule.threshold(), "0 to below 1", "is no frequency");
  }
  if (!rule.pool().empty() && rule.pool() != "archive" && rule.pool() != "population") {
    return base::Invalid("pad_nas.pool", rule.pool(), "archive, population", "names no pool");
  }
  return {};
}

base::Result<v1::OperatorFrequencies> CountForPadNas(const space::Space& space,
                                                     const v1::EvaluatedArchitectures& evaluated,
                                                     const v1::PadNasRule& rule) {
  NASSHRINK_RETURN_IF_ERROR(CheckPadNas(rule));
  const double threshold = rule.has_threshold() ? rule.threshold() : kThreshold;
  NASSHRINK_RETURN_IF_ERROR(CheckThreshold(space, threshold));
  NASSHRINK_ASSIGN_OR_RETURN(const Pool pool, ReadPool(space, evaluated, rule));
  const auto ranks = base::NonDominatedRanks(pool.points.data(), pool.children.size(), pool.objectives);
  const uint32_t fronts = rule.fronts() == 0 ? kFronts : rule.fronts();
  const space::ChildForm form(space);
  std::vector<std::vector<uint64_t>> counts;
  for (const space::Choice& choice : space.choices) counts.emplace_back(choice.candidates.size(), 0);
  std::vector<uint64_t> open_children(space.choices.size(), 0);
  v1::OperatorFrequencies frequencies;
  for (size_t i = 0; i < pool.children.size(); ++i) {
    if (ranks[i] > fronts) continue;
    frequencies.set_children(frequencies.children() + 1);
    const std::vector<uint8_t> open = form.Open(pool.children[i]);
    for (size_t choice = 0; choice < open.size(); ++choice) {
      open_children[choice] += open[choice];
      counts[choice][pool.children[i][choice]] += open[choice];
    }
  }
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    std::vector<v1::OperatorFrequency> rows;
    for (const uint32_t candidate : space.choices[choice].alive) {
      v1::OperatorFrequency& row = rows.emplace_back();
      row.set_choice(choice);
      row.set_candidate(candidate);
      row.set_count(counts[choice][candidate]);
      const auto children = static_cast<double>(std::max<uint64_t>(1, open_children[choice]));
      row.set_frequency(static_cast<double>(row.count()) / children);
    }
    Decide(rows.data(), rows.data() + rows.size(), threshold);
    frequencies.mutable_operators()->Add(rows.begin(), rows.end());
  }
  return frequencies;
}

}  // namespace nasshrink::shrink
