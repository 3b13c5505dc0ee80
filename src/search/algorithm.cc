#include "search/algorithm.h"

#include <optional>
#include <utility>

#include "search/evolution.h"
#include "search/local_search.h"
#include "search/nsga2.h"
#include "search/random_search.h"
#include "search/regularized_evolution.h"
#include "search/reinforce.h"

namespace nasshrink::search {

base::Result<std::unique_ptr<Algorithm>> MakeAlgorithm(const space::Space& space, const Settings& settings) {
  switch (settings.algorithm) {
    case AlgorithmKind::kRandom:
      break;
    case AlgorithmKind::kEvolution:
      return std::unique_ptr<Algorithm>(std::make_unique<Evolution>(space, settings));
    case AlgorithmKind::kRegularizedEvolution:
      return std::unique_ptr<Algorithm>(std::make_unique<RegularizedEvolution>(space, settings));
    case AlgorithmKind::kLocalSearch: {
      NASSHRINK_ASSIGN_OR_RETURN(auto search, LocalSearch::Make(space, settings));
      return std::unique_ptr<Algorithm>(std::move(search));
    }
    case AlgorithmKind::kReinforce:
      return std::unique_ptr<Algorithm>(std::make_unique<Reinforce>(space, settings));
    case AlgorithmKind::kNsga2:
      return std::unique_ptr<Algorithm>(std::make_unique<Nsga2>(space, settings));
  }
  return std::unique_ptr<Algorithm>(std::make_unique<RandomSearch>());
}

std::vector<space::Architecture> OneDraw(FreshChildren& fresh) {
  std::vector<space::Architecture> children;
  if (std::optional<space::Architecture> child = fresh.Draw()) children.push_back(*std::move(child));
  return children;
}

}  // namespace nasshrink::search
