#include "nn/strategy.h"

#include "nn/architecture_strategies.h"
#include "nn/fair_strategy.h"
#include "nn/uniform_strategy.h"

namespace nasshrink::nn {

std::unique_ptr<Strategy> MakeStrategy(const SupernetState& state, const run::TrainOptions& options) {
  const NetworkPlan& plan = state.plan;
  using Kind = run::TrainOptions::Strategy;
  if (options.strategy == Kind::kFair) return std::make_unique<FairStrategy>(plan.space, options.seed);
  if (options.strategy == Kind::kDarts) return std::make_unique<DartsStrategy>(state);
  if (options.strategy == Kind::kProxyless) return std::make_unique<ProxylessStrategy>(state, options.seed);
  if (options.draw) return std::make_unique<GivenStrategy>(options.draw, options.seed);
  if (options.per_cell_rejecting) return std::make_unique<PerCellStrategy>(plan, options.seed);
  return std::make_unique<UniformStrategy>(plan.space, options.seed);
}

}  // namespace nasshrink::nn
