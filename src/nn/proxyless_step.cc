#include "nn/proxyless_step.h"

#include <cmath>

#include "base/random.h"
#include "score/softmax.h"

namespace nasshrink::nn {
namespace {

using Kind = run::ArchitectureOptions::Gradient;

// One of `candidates`, by weights that need not add up to 1.
size_t DrawIndex(const std::vector<uint32_t>& candidates, const std::vector<double>& weights, base::Philox* random) {
  double total = 0;
  for (const uint32_t candidate : candidates) total += weights[candidate];
  double left = random->Uniform() * total;
  for (size_t i = 0; i + 1 < candidates.size(); ++i) {
    left -= weights[candidates[i]];
    if (left < 0) return i;
  }
  return candidates.size() - 1;
}

}  // namespace

ProxylessStep::Draw ProxylessStep::DrawChoice(uint32_t choice, const std::vector<double>& probabilities) const {
  base::Philox random(options_.seed, base::Purpose::kGate, state_.weights.architecture->steps, (1U << 31U) | choice);
  const std::vector<uint32_t>& alive = space().choices[choice].alive;
  Draw draw;
  draw.probabilities = probabilities;
  if (architecture().gradient == Kind::kFull || alive.size() <= 2) {
    draw.candidates = alive;
  } else {
    std::vector<uint32_t> left = alive;
    const size_t first = DrawIndex(left, probabilities, &random);
    draw.candidates.push_back(left[first]);
    left.erase(left.begin() + static_cast<ptrdiff_t>(first));
    draw.candidates.push_back(left[DrawIndex(left, probabilities, &random)]);
    double total = 0;
    for (const uint32_t candidate : draw.candidates) total += probabilities[candidate];
    draw.probabilities.assign(probabilities.size(), 0.0);
    for (const uint32_t candidate : draw.candidates) draw.probabilities[candidate] = probabilities[candidate] / total;
  }
  draw.active = draw.candidates[DrawIndex(draw.candidates, draw.probabilities, &random)];
  return draw;
}

base::Result<ArchitectureStep::Gradient> ProxylessStep::GradientOf(const ArchitectureBatches& batches,
                                                                   run::StepOutcome* outcome) {
  const ChoiceValues probabilities = score::Probabilities(space(), parameters().alpha);
  before_ = parameters().alpha;
  draws_.clear();
  GatedMixture mixed;
  space::Architecture active;
  for (uint32_t i = 0; i < space().choices.size(); ++i) {
    draws_.push_back(DrawChoice(i, probabilities[i]));
    active.push_back(draws_[i].active);
    // A choice of incoming edges has no gates: the edges of the active candidate take part.
    if (!HasGates(space().choices[i])) draws_[i].candidates = {draws_[i].active};
    for (const uint32_t candidate : draws_[i].candidates) {
      const bool on = candidate == draws_[i].active;
      mixed.Add(i, candidate, on ? 1 : 0, on);
    }
  }
  const MixtureOutcome run = RunMixture(state_, mixed, state_.weights.current.data(), batches.held_out,
                                        options_.label_smoothing, {}, scratch().data());
  const CostTerm term = CostTermOf(architecture(), run.loss, ExpectedCost(architecture(), probabilities));
  outcome->loss = term.loss;
  outcome->accuracy = run.accuracy;
  outcome->architectures = {std::move(active)};
  Gradient gradient = NoGradient();
  for (size_t i = 0; i < draws_.size(); ++i) {
    if (!HasGates(space().choices[i])) continue;
    std::vector<double> gates = run.gate_gradient[i];
    for (double& gate : gates) gate *= term.factor;
    AddThroughSoftmax(draws_[i].candidates, draws_[i].probabilities, gates, &gradient.values[i]);
    if (architecture().gradient == Kind::kFull) continue;
    gradient.moved[i].assign(gradient.moved[i].size(), 0);
    for (const uint32_t candidate : draws_[i].candidates) gradient.moved[i][candidate] = 1;
  }
  AddCost(term, probabilities, &gradient);
  return gradient;
}

// The expected cost is over all candidates, also where only two take part; only marked parameters move by it.
void ProxylessStep::AddCost(const CostTerm& term, const ChoiceValues& probabilities, Gradient* gradient) const {
  if (term.slope == 0) return;
  for (size_t i = 0; i < draws_.size(); ++i) {
    std::vector<double> slopes = architecture().cost[i];
    for (double& slope : slopes) slope *= term.slope;
    std::vector<double> all(slopes.size(), 0.0);
    AddThroughSoftmax(space().choices[i].alive, probabilities[i], slopes, &all);
    for (size_t k = 0; k < all.size(); ++k) {
      if (gradient->moved[i][k] != 0) gradient->values[i][k] += all[k];
    }
  }
}

void ProxylessStep::Finish() {
  if (architecture().gradient != Kind::kTwo) return;
  for (size_t i = 0; i < draws_.size(); ++i) {
    if (!HasGates(space().choices[i]) || draws_[i].candidates.size() == space().choices[i].alive.size()) continue;
    double old_sum = 0;
    double new_sum = 0;
    for (const uint32_t candidate : draws_[i].candidates) {
      old_sum += std::exp(before_[i][candidate]);
      new_sum += std::exp(parameters().alpha[i][candidate]);
    }
    const double shift = std::log(old_sum / new_sum);
    for (const uint32_t candidate : draws_[i].candidates) parameters().alpha[i][candidate] += shift;
  }
}

}  // namespace nasshrink::nn
