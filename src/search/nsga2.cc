#include "search/nsga2.h"

#include <algorithm>
#include <optional>

#include "base/non_dominated_sort.h"
#include "search/crowding.h"
#include "search/polynomial_mutation.h"
#include "search/repair.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

constexpr uint64_t kTriesPerChild = 100;  // as many as pymoo's rounds of mating

// Pairs for tournaments, in which every member stands once before any stands again.
class Pairs {
 public:
  explicit Pairs(uint32_t members) : members_(members) {}
  std::pair<uint32_t, uint32_t> Next(base::Philox& random) {
    if (members_ == 1) return {0, 0};
    if (at_ + 2 > order_.size()) {
      order_ = base::Permutation(members_, random);
      at_ = 0;
    }
    at_ += 2;
    return {order_[at_ - 2], order_[at_ - 1]};
  }

 private:
  uint32_t members_;
  std::vector<uint32_t> order_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Nsga2::Member> Nsga2::Survivors(const History& history) const {
  std::vector<Member> pool;
  for (const uint64_t number : population_) pool.push_back({number, history.Success(number), 0});
  for (auto at = history.told.lower_bound(next_look_); at != history.told.end(); ++at) {
    if (!at->second.failed) pool.push_back({at->first, &at->second, 0});
  }
  const size_t objectives = settings_.objectives.size();
  std::vector<double> points;
  points.reserve(pool.size() * objectives);
  for (const Member& member : pool) {
    points.insert(points.end(), member.told->objectives.begin(), member.told->objectives.end());
  }
  const std::vector<uint32_t> ranks = base::NonDominatedRanks(points.data(), pool.size(), objectives);
  std::vector<std::vector<uint32_t>> fronts;
  for (uint32_t i = 0; i < pool.size(); ++i) {
    if (ranks[i] > fronts.size()) fronts.resize(ranks[i]);
    fronts[ranks[i] - 1].push_back(i);
  }
  std::vector<Member> survivors;
  for (std::vector<uint32_t>& front : fronts) {
    if (survivors.size() >= settings_.population) break;
    const std::vector<double> crowding = CrowdingDistances(points.data(), objectives, front);
    for (size_t i = 0; i < front.size(); ++i) pool[front[i]].crowding = crowding[i];
    const size_t room = settings_.population - survivors.size();
    if (front.size() > room) {
      std::stable_sort(front.begin(), front.end(),
                       [&](uint32_t a, uint32_t b) { return pool[a].crowding > pool[b].crowding; });
      front.resize(room);
    }
    for (const uint32_t i : front) survivors.push_back(pool[i]);
  }
  return survivors;
}

std::vector<uint64_t> Nsga2::Population(const History& history) const {
  std::vector<uint64_t> numbers;
  for (const Member& member : Survivors(history)) numbers.push_back(member.number);
  return numbers;
}

const Architecture& Nsga2::Winner(const Member& first, const Member& second, base::Philox& random) const {
  const std::vector<double>& a = first.told->objectives;
  const std::vector<double>& b = second.told->objectives;
  if (base::Dominates(a.data(), b.data(), a.size())) return first.told->architecture;
  if (base::Dominates(b.data(), a.data(), a.size())) return second.told->architecture;
  if (first.crowding != second.crowding) {
    return (first.crowding > second.crowding ? first : second).told->architecture;
  }
  return (random.Below(2) == 0 ? first : second).told->architecture;
}

// Exchanges what lies between two distinct cuts; with two choices there is one cut.
void Nsga2::Cross(Architecture* first, Architecture* second, base::Philox& random) const {
  const auto genes = static_cast<uint32_t>(first->size());
  if (genes < 2 || random.Uniform() >= settings_.crossover_probability) return;
  uint32_t begin = 1 + random.Below(genes - 1);
  uint32_t end = genes;
  if (genes > 2) {
    end = 1 + random.Below(genes - 2);
    if (end >= begin) ++end;
    if (begin > end) std::swap(begin, end);
  }
  std::swap_ranges(first->begin() + begin, first->begin() + end, second->begin() + begin);
}

void Nsga2::Mutate(Architecture* child, base::Philox& random) const {
  const double given = settings_.mutation_probability;
  const double probability = given == 0 ? 1.0 / static_cast<double>(child->size()) : given;
  for (size_t choice = 0; choice < child->size(); ++choice) {
    if (random.Uniform() >= probability) continue;
    const uint32_t count = order_.Size(choice);
    const uint32_t place = settings_.uniform_mutation ? random.Below(count)
                                                      : PolynomialMutation(order_.Place(choice, (*child)[choice]),
                                                                           count, settings_.eta, random.Uniform());
    (*child)[choice] = order_.Candidate(choice, place);
  }
}

bool Nsga2::Admit(Architecture* child, FreshChildren& fresh, base::Philox& random) const {
  fresh.form().Canonicalise(child);
  if (!settings_.discard_infeasible) *child = Repaired(space_, std::move(*child), fresh, random);
  return fresh.Take(*child);
}

std::vector<Architecture> Nsga2::Offspring(const std::vector<Member>& members, uint64_t count,
                                           FreshChildren& fresh) const {
  std::vector<Architecture> children;
  base::Philox pairing = fresh.NextStream();
  Pairs pairs(static_cast<uint32_t>(members.size()));
  for (uint64_t tries = 0; tries < kTriesPerChild * count && children.size() < count; tries += 2) {
    base::Philox random = fresh.NextStream();
    Architecture parents[2];
    for (Architecture& parent : parents) {
      const auto [a, b] = pairs.Next(pairing);
      parent = Winner(members[a], members[b], random);
    }
    Cross(&parents[0], &parents[1], random);
    for (Architecture& child : parents) {
      Mutate(&child, random);
      if (children.size() < count && Admit(&child, fresh, random)) children.push_back(std::move(child));
    }
  }
  return children;
}

std::vector<Architecture> Nsga2::NextRound(const History& history, uint64_t most, FreshChildren& fresh) {
  const uint64_t count = std::min<uint64_t>(most, settings_.population);
  const std::vector<Member> members = Survivors(history);
  population_.clear();
  for (const Member& member : members) population_.push_back(member.number);
  std::sort(population_.begin(), population_.end());
  next_look_ = fresh.next();
  std::vector<Architecture> children;
  if (history.rounds > 0 && !members.empty()) {
    children = Offspring(members, count, fresh);
    return children.empty() ? OneDraw(fresh) : children;
  }
  while (children.size() < count) {
    std::optional<Architecture> child = fresh.Draw();
    if (!child) break;
    children.push_back(*std::move(child));
  }
  return children;
}

void Nsga2::Save(v1::SearcherState* state) const {
  state->mutable_trials()->Add(population_.begin(), population_.end());
  state->set_next_look(next_look_);
}

base::Status Nsga2::Load(const v1::SearcherState& state, const History& history) {
  uint64_t before = 0;
  for (const uint64_t number : state.trials()) {
    if (number <= before || history.Success(number) == nullptr || number >= state.next_look()) {
      return base::Error(base::Code::kDataLoss, "trial {} cannot be in the population", number);
    }
    before = number;
  }
  population_.assign(state.trials().begin(), state.trials().end());
  next_look_ = std::max<uint64_t>(state.next_look(), 1);
  return {};
}

}  // namespace nasshrink::search
