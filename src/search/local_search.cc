#include "search/local_search.h"

#include <algorithm>

#include "space/architecture.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

constexpr uint32_t kMostNeighbours = 1'000'000;

}  // namespace

base::Result<std::unique_ptr<LocalSearch>> LocalSearch::Make(const space::Space& space, Settings settings) {
  NASSHRINK_RETURN_IF_ERROR(space::CheckListed(space));
  // A ball is as large around every child.
  NASSHRINK_ASSIGN_OR_RETURN(const auto ball,
                             space::HammingBall::Make(space, space::NthChild(space, 0), settings.radius));
  const space::BigInt size = ball.Size();
  if (size > kMostNeighbours + 1) {
    return base::Invalid("search.local_search.radius", settings.radius, "a radius with at most 1000000 neighbours",
                         fmt::format("a child and its neighbours are {} children", size.str()));
  }
  return std::unique_ptr<LocalSearch>(new LocalSearch(space, std::move(settings)));
}

void LocalSearch::MoveTo(uint64_t center, FreshChildren& fresh) {
  center_ = center;
  shuffle_ = fresh.draws();
  fresh.NextStream();
  position_ = 0;
  ball_.reset();
}

void LocalSearch::ListNeighbours(const History& history, const FreshChildren& fresh) {
  if (ball_) return;
  ball_ = *space::HammingBall::Make(space_, history.told.at(center_).architecture, settings_.radius);
  base::Philox random = fresh.StreamOf(shuffle_);
  order_ = base::Permutation(static_cast<uint32_t>(ball_->Size()) - 1, random);
}

uint64_t LocalSearch::BetterSinceLastLook(const History& history) const {
  const Told* center = history.Success(center_);
  uint64_t better = 0;
  double best = center == nullptr ? 0 : center->objectives[0];
  for (auto at = history.told.lower_bound(next_look_); at != history.told.end(); ++at) {
    if (at->second.failed) continue;
    if (center == nullptr || at->second.objectives[0] < best) {
      center = &at->second;
      best = at->second.objectives[0];
      better = at->first;
    }
  }
  return better;
}

uint64_t LocalSearch::BetterNeighbour(const History& history, const FreshChildren& fresh) const {
  double best = history.told.at(center_).objectives[0];
  uint64_t better = 0;
  for (const uint32_t neighbour : order_) {
    const Architecture child = ball_->Nth(neighbour + 1);
    const uint64_t number = fresh.NumberOf(child);
    const Told* told = history.Success(number);
    if (told == nullptr || !(told->objectives[0] < best)) continue;
    best = told->objectives[0];
    better = number;
  }
  return better;
}

// Goes on along the neighbours until enough new ones are found. With first improvement it stops at a known one that
// beats the centre, which becomes `better` unless new ones before it have to be told first.
std::vector<Architecture> LocalSearch::FreshNeighbours(const History& history, uint64_t most, FreshChildren& fresh,
                                                       uint64_t* better) {
  ListNeighbours(history, fresh);
  const uint64_t wanted = settings_.best_improvement ? most : std::min<uint64_t>(most, settings_.batch);
  const double here = history.told.at(center_).objectives[0];
  std::vector<Architecture> children;
  for (; position_ < order_.size() && children.size() < wanted; ++position_) {
    Architecture child = ball_->Nth(order_[position_] + 1);
    if (fresh.Take(child)) {
      children.push_back(std::move(child));
      continue;
    }
    const uint64_t number = fresh.NumberOf(child);
    const Told* told = history.Success(number);
    if (settings_.best_improvement || told == nullptr || !(told->objectives[0] < here)) continue;
    if (children.empty()) *better = number;
    break;
  }
  return children;
}

std::vector<Architecture> LocalSearch::NextRound(const History& history, uint64_t most, FreshChildren& fresh) {
  const uint64_t next = fresh.next();
  uint64_t better = settings_.best_improvement && center_ != 0 ? 0 : BetterSinceLastLook(history);
  for (;;) {
    if (better != 0) MoveTo(better, fresh);
    better = 0;
    if (center_ == 0) break;
    std::vector<Architecture> children = FreshNeighbours(history, most, fresh, &better);
    if (better != 0) continue;
    if (!children.empty()) {
      next_look_ = next;
      return children;
    }
    if (settings_.best_improvement) better = BetterNeighbour(history, fresh);
    if (better == 0) break;
  }
  center_ = 0;
  next_look_ = next;
  return OneDraw(fresh);
}

void LocalSearch::Save(v1::SearcherState* state) const {
  if (center_ != 0) state->add_trials(center_);
  state->set_next_look(next_look_);
  state->set_shuffle(shuffle_);
  state->set_position(position_);
}

base::Status LocalSearch::Load(const v1::SearcherState& state, const History& history) {
  center_ = state.trials_size() == 0 ? 0 : state.trials(0);
  if (center_ != 0 && history.Success(center_) == nullptr) {
    return base::Error(base::Code::kDataLoss, "the centre, trial {}, has not been told", center_);
  }
  next_look_ = std::max<uint64_t>(state.next_look(), 1);
  shuffle_ = state.shuffle();
  position_ = state.position();
  return {};
}

}  // namespace nasshrink::search
