#include "search/reinforce.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "search/repair.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

constexpr double kMomentDecay = 0.999;  // Adam's second one; the first is 0
constexpr double kAdamEpsilon = 1e-8;
constexpr int kKnownBatches = 10;  // our decision

size_t PlaceOf(const space::Choice& choice, uint32_t candidate) {
  return static_cast<size_t>(std::lower_bound(choice.alive.begin(), choice.alive.end(), candidate) -
                             choice.alive.begin());
}

}  // namespace

Reinforce::Reinforce(const space::Space& space, Settings settings) : space_(space), settings_(std::move(settings)) {
  size_t first = 0;
  for (const space::Choice& choice : space_.choices) {
    first_.push_back(first);
    first += choice.alive.size();
  }
  moments_.assign(first, 0);
}

void Reinforce::StartPolicy(FreshChildren& fresh) {
  base::Philox random = fresh.NextStream();
  logits_.resize(moments_.size());
  for (double& logit : logits_) logit = settings_.logit_deviation * random.Normal();
  std::fill(moments_.begin(), moments_.end(), 0);
  updates_ = 0;
  baseline_ = 0;
}

std::vector<double> Reinforce::Probabilities(size_t choice) const {
  const auto begin = logits_.begin() + static_cast<ptrdiff_t>(first_[choice]);
  std::vector<double> shares(begin, begin + static_cast<ptrdiff_t>(space_.choices[choice].alive.size()));
  const double largest = *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (double& share : shares) sum += share = std::exp(share - largest);
  for (double& share : shares) share /= sum;
  return shares;
}

Architecture Reinforce::Sample(FreshChildren& fresh) const {
  base::Philox random = fresh.NextStream();
  Architecture child;
  for (size_t choice = 0; choice < space_.choices.size(); ++choice) {
    const std::vector<double> shares = Probabilities(choice);
    double left = random.Uniform();
    size_t place = 0;
    for (; place + 1 < shares.size() && left >= shares[place]; ++place) left -= shares[place];
    child.push_back(space_.choices[choice].alive[place]);
  }
  fresh.form().Canonicalise(&child);
  return Repaired(space_, std::move(child), fresh, random);
}

double Reinforce::Reward(const Told& told) const {
  const double reward = -told.objectives[0];
  if (settings_.cost_reference == 0) return reward;
  return reward * std::pow(settings_.cost_reference / told.objectives[1], settings_.cost_exponent);
}

void Reinforce::Learn(const History& history, const space::ChildForm& form) {
  std::vector<const Told*> batch;
  for (const uint64_t number : batch_) {
    if (const Told* told = history.Success(number)) batch.push_back(told);
  }
  batch_.clear();
  if (batch.empty()) return;
  const auto count = static_cast<double>(batch.size());
  double mean = 0;
  for (const Told* told : batch) mean += Reward(*told) / count;
  const double decay = updates_ == 0 ? 0 : settings_.baseline_decay;
  baseline_ = decay * baseline_ + (1 - decay) * mean;
  std::vector<double> gradient(logits_.size(), 0);
  for (const Told* told : batch) {
    const double advantage = (Reward(*told) - baseline_) / count;
    const std::vector<uint8_t> open = form.Open(told->architecture);
    for (size_t choice = 0; choice < open.size(); ++choice) {
      if (open[choice] == 0) continue;
      const std::vector<double> shares = Probabilities(choice);
      for (size_t place = 0; place < shares.size(); ++place)
        gradient[first_[choice] + place] -= advantage * shares[place];
      gradient[first_[choice] + PlaceOf(space_.choices[choice], told->architecture[choice])] += advantage;
    }
  }
  ++updates_;
  const double correction = 1 - std::pow(kMomentDecay, static_cast<double>(updates_));
  for (size_t i = 0; i < logits_.size(); ++i) {
    moments_[i] = kMomentDecay * moments_[i] + (1 - kMomentDecay) * gradient[i] * gradient[i];
    logits_[i] += settings_.learning_rate * gradient[i] / (std::sqrt(moments_[i] / correction) + kAdamEpsilon);
  }
}

std::vector<Architecture> Reinforce::NextRound(const History& history, uint64_t most, FreshChildren& fresh) {
  if (logits_.empty()) StartPolicy(fresh);
  for (int known = 0;; ++known) {
    Learn(history, fresh.form());
    std::vector<Architecture> children;
    if (known == kKnownBatches) {
      StartPolicy(fresh);
      children = OneDraw(fresh);
      if (children.empty()) return children;
      batch_.push_back(fresh.NumberOf(children[0]));
    }
    while (batch_.size() < settings_.batch && children.size() < most) {
      Architecture child = Sample(fresh);
      const bool taken = fresh.Take(child);
      batch_.push_back(fresh.NumberOf(child));
      if (taken) children.push_back(std::move(child));
    }
    if (!children.empty()) return children;
  }
}

void Reinforce::Save(v1::SearcherState* state) const {
  state->mutable_logits()->Add(logits_.begin(), logits_.end());
  state->mutable_moments()->Add(moments_.begin(), moments_.end());
  state->set_updates(updates_);
  state->set_baseline(baseline_);
  state->mutable_trials()->Add(batch_.begin(), batch_.end());
}

base::Status Reinforce::Load(const v1::SearcherState& state, const History& /*history*/) {
  const auto size = static_cast<int>(moments_.size());
  if ((state.logits_size() != 0 && state.logits_size() != size) || state.moments_size() != size) {
    return base::Error(base::Code::kDataLoss, "{} logits are there and the space has {} operators", state.logits_size(),
                       size);
  }
  logits_.assign(state.logits().begin(), state.logits().end());
  moments_.assign(state.moments().begin(), state.moments().end());
  updates_ = state.updates();
  baseline_ = state.baseline();
  batch_.assign(state.trials().begin(), state.trials().end());
  return {};
}

}  // namespace nasshrink::search
