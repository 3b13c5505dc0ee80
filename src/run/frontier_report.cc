#include "run/frontier_report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "score/frontier.h"
#include "space/architecture.h"
#include "space/child_index.h"
#include "space/child_rows.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Invalid;
using base::Status;
using score::Frontier;
using score::KeptMasks;

constexpr uint64_t kMostChildren = 10'000'000;
constexpr uint32_t kMostRandomPaths = 10'000;
// No operator has this choice, so the stream is that of no sampled score.
constexpr uint32_t kRandomPath = std::numeric_limits<uint32_t>::max() - 2;

base::Result<score::Enumeration> Enumerate(const space::Space& space) {
  NASSHRINK_RETURN_IF_ERROR(space::CheckListed(space));
  for (const space::Cell& cell : space.network.cells) {
    if (cell.node_inputs.empty()) continue;
    return base::Error(Code::kFailedPrecondition,
                       "a frontier is for spaces whose children are all combinations of operators; nodes of cell "
                       "'{}' choose the edges they keep",
                       cell.key);
  }
  auto children = score::Enumeration::UpTo(space, kMostChildren);
  if (children) return *std::move(children);
  return Invalid("space", space.name, fmt::format("at most {} children", kMostChildren),
                 "has too many children for a frontier");
}

size_t PositionOf(const std::vector<uint32_t>& alive, uint32_t candidate) {
  return static_cast<size_t>(std::lower_bound(alive.begin(), alive.end(), candidate) - alive.begin());
}

// The number of a child of the space in its enumeration.
uint64_t NumberOf(const score::Enumeration& children, const space::Architecture& child) {
  uint64_t number = 0;
  for (size_t choice = 0; choice < child.size(); ++choice) {
    number += PositionOf(children.alive(choice), child[choice]) * children.stride(choice);
  }
  return number;
}

base::Result<std::vector<double>> ReadTruth(const space::Space& space, const score::Enumeration& children,
                                            const v1::FrontierInput& input) {
  const auto rows = space::ArchitecturesFromMessage(space::RootOf(space), input.children());
  if (!rows.ok()) return Status(rows.status()).Under("children.");
  if (static_cast<size_t>(input.truth_size()) != rows->size()) {
    return Invalid("truth", input.truth_size(), fmt::format("{}", rows->size()), "there is not one value a child");
  }
  const space::ChildRows contained(space);
  std::vector<double> truth(children.children(), std::numeric_limits<double>::quiet_NaN());
  for (size_t row = 0; row < rows->size(); ++row) {
    const space::Architecture& child = (*rows)[row];
    if (!contained.Contains(child.data())) continue;
    const double value = input.truth(static_cast<int>(row));
    if (!std::isfinite(value)) {
      return Invalid(fmt::format("truth[{}]", row), value, "a finite number", "is no accuracy");
    }
    double& place = truth[NumberOf(children, child)];
    if (!std::isnan(place)) {
      return Invalid(fmt::format("children.architectures[{}]", row), space::CodesOf(space, child), "each child once",
                     "is given twice");
    }
    place = value;
  }
  const auto missing = std::find_if(truth.begin(), truth.end(), [](double value) { return std::isnan(value); });
  if (missing == truth.end()) return truth;
  space::Architecture child(space.choices.size());
  children.Fill(static_cast<uint64_t>(missing - truth.begin()), 1, child.data());
  return base::Error(Code::kFailedPrecondition, "the truth of every child is needed, and that of '{}' is missing",
                     space::CodesOf(space, child));
}

void WritePoint(const Frontier& frontier, const score::FrontierRow& row, v1::FrontierPoint* point) {
  const score::SubSpace described = frontier.Describe(row.kept);
  point->set_operators(row.operators);
  point->set_sub_spaces(row.sub_spaces);
  point->set_mean(row.mean);
  point->set_children(described.children);
  point->set_best(described.best);
  point->set_top_kept(described.top);
  point->set_top_most(row.most_top);
  for (size_t choice = 0; choice < row.kept.size(); ++choice) {
    const std::vector<uint32_t>& alive = frontier.children().alive(choice);
    for (size_t at = 0; at < alive.size(); ++at) {
      if ((row.kept[choice] >> at & 1U) == 0) continue;
      v1::OperatorRef* reference = point->add_kept();
      reference->set_choice(static_cast<uint32_t>(choice));
      reference->set_candidate(alive[at]);
    }
  }
}

KeptMasks All(const score::Enumeration& children) {
  KeptMasks kept;
  for (size_t choice = 0; choice < children.choices(); ++choice) {
    kept.push_back((uint32_t{1} << children.alive(choice).size()) - 1);
  }
  return kept;
}

Status Drop(const score::Enumeration& children, const v1::OperatorRef& drop, const std::string& field,
            KeptMasks* kept) {
  if (drop.choice() >= children.choices()) {
    return Invalid(field + ".choice", drop.choice(), fmt::format("0..{}", children.choices() - 1),
                   "names no choice of the space");
  }
  const std::vector<uint32_t>& alive = children.alive(drop.choice());
  const size_t at = PositionOf(alive, drop.candidate());
  uint32_t& mask = (*kept)[drop.choice()];
  if (at == alive.size() || alive[at] != drop.candidate() || (mask >> at & 1U) == 0) {
    return Invalid(field + ".candidate", drop.candidate(), "an operator that is still there",
                   "is dropped but is not alive");
  }
  mask &= ~(uint32_t{1} << at);
  if (mask != 0) return {};
  return Invalid(field + ".candidate", drop.candidate(), "all but the last operator of a choice",
                 "is the last operator of its choice");
}

base::Result<v1::PlacedPath> Place(const Frontier& frontier, const std::vector<score::FrontierRow>& rows,
                                   const v1::ShrinkPath& path, const std::string& field) {
  v1::PlacedPath placed;
  placed.set_name(path.name());
  KeptMasks kept = All(frontier.children());
  size_t operators = rows.back().operators;
  for (int at = 0; at <= path.drops_size(); ++at) {
    const score::SubSpace described = frontier.Describe(kept);
    v1::PlacedSpace* step = placed.add_steps();
    step->set_operators(static_cast<uint32_t>(operators));
    step->set_children(described.children);
    step->set_mean(described.mean);
    step->set_best(described.best);
    step->set_top_kept(static_cast<double>(described.top));
    step->set_regret(rows[operators - rows[0].operators].mean - described.mean);
    if (at == path.drops_size()) break;
    NASSHRINK_RETURN_IF_ERROR(Drop(frontier.children(), path.drops(at), fmt::format("{}.drops[{}]", field, at), &kept));
    --operators;
  }
  return placed;
}

// Drops uniformly among the operators that are not the last of their choice, until all are.
v1::ShrinkPath RandomPath(const score::Enumeration& children, uint64_t seed, uint32_t number) {
  base::Philox random(seed, base::Purpose::kScore, number, kRandomPath);
  std::vector<std::vector<uint32_t>> left;
  for (size_t choice = 0; choice < children.choices(); ++choice) left.push_back(children.alive(choice));
  v1::ShrinkPath path;
  for (;;) {
    uint32_t droppable = 0;
    for (const auto& alive : left) droppable += alive.size() > 1 ? static_cast<uint32_t>(alive.size()) : 0;
    if (droppable == 0) return path;
    uint32_t drawn = random.Below(droppable);
    size_t choice = 0;
    for (;; ++choice) {
      if (left[choice].size() == 1) continue;
      if (drawn < left[choice].size()) break;
      drawn -= static_cast<uint32_t>(left[choice].size());
    }
    v1::OperatorRef* drop = path.add_drops();
    drop->set_choice(static_cast<uint32_t>(choice));
    drop->set_candidate(left[choice][drawn]);
    left[choice].erase(left[choice].begin() + drawn);
  }
}

void AddTo(const v1::PlacedSpace& step, double share, v1::PlacedSpace* mean) {
  mean->set_operators(step.operators());
  mean->set_mean(mean->mean() + share * step.mean());
  mean->set_best(mean->best() + share * step.best());
  mean->set_top_kept(mean->top_kept() + share * step.top_kept());
  mean->set_regret(mean->regret() + share * step.regret());
}

base::Result<v1::PlacedPath> PlaceRandom(const Frontier& frontier, const std::vector<score::FrontierRow>& rows,
                                         const v1::FrontierInput& input) {
  v1::PlacedPath random;
  random.set_name("random");
  for (uint32_t number = 0; number < input.random_paths(); ++number) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto placed,
                               Place(frontier, rows, RandomPath(frontier.children(), input.seed(), number), "random"));
    while (random.steps_size() < placed.steps_size()) random.add_steps();
    for (int at = 0; at < placed.steps_size(); ++at) {
      AddTo(placed.steps(at), 1.0 / input.random_paths(), random.mutable_steps(at));
    }
  }
  return random;
}

}  // namespace

base::Result<v1::FrontierReport> FrontierOf(const space::Space& space, const v1::FrontierInput& input,
                                            base::WorkerPool* pool, const base::Cancel* cancel) {
  if (input.random_paths() > kMostRandomPaths) {
    return Invalid("random_paths", input.random_paths(), fmt::format("0..{}", kMostRandomPaths), "is out of range");
  }
  NASSHRINK_ASSIGN_OR_RETURN(auto children, Enumerate(space));
  NASSHRINK_ASSIGN_OR_RETURN(auto truth, ReadTruth(space, children, input));
  NASSHRINK_ASSIGN_OR_RETURN(const Frontier frontier, Frontier::Make(std::move(children), std::move(truth)));
  NASSHRINK_ASSIGN_OR_RETURN(const auto rows, frontier.Rows(pool, cancel));
  v1::FrontierReport report;
  report.set_children(frontier.children().children());
  report.set_sub_spaces(frontier.sub_spaces());
  report.set_top(frontier.top());
  for (const score::FrontierRow& row : rows) WritePoint(frontier, row, report.add_points());
  for (int at = 0; at < input.paths_size(); ++at) {
    NASSHRINK_ASSIGN_OR_RETURN(*report.add_paths(),
                               Place(frontier, rows, input.paths(at), fmt::format("paths[{}]", at)));
  }
  if (input.random_paths() == 0) return report;
  NASSHRINK_ASSIGN_OR_RETURN(*report.mutable_random(), PlaceRandom(frontier, rows, input));
  return report;
}

}  // namespace nasshrink::run
