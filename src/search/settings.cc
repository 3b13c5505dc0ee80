#include "search/settings.h"

#include <algorithm>

namespace nasshrink::search {
namespace {

constexpr uint32_t kMaxPopulation = 1'000'000;
constexpr uint64_t kMaxTrials = 100'000'000;
constexpr uint32_t kPopulation = 50;
constexpr uint32_t kGenerations = 20;
constexpr uint32_t kRandomTrials = 100;

base::Status CheckAlgorithm(const std::string& name) {
  if (name == "random" || name == "evolution") return {};
  if (name == "nsga2" || name == "reinforce" || name == "proxyless") {
    return base::Error(base::Code::kUnimplemented, "search.algorithm: '{}' is not part of this version", name);
  }
  return base::Invalid("search.algorithm", name, "random or evolution", "names no search algorithm");
}

base::Status CheckMetrics(const v1::SearchOptions& search) {
  for (int at = 0; at < search.metrics_size(); ++at) {
    const std::string& name = search.metrics(at);
    if (name == "accuracy" || name == "angle" || name == "loss") continue;
    return base::Invalid(fmt::format("search.metrics[{}]", at), name, "accuracy, angle or loss",
                         "names no metric a search ranks by");
  }
  return {};
}

uint32_t OrDefault(uint32_t value, uint32_t otherwise) { return value == 0 ? otherwise : value; }

base::Status FillEvolution(const v1::SearchOptions& search, Settings* settings) {
  const v1::EvolutionOptions& evolution = search.evolution();
  settings->population = OrDefault(evolution.population(), kPopulation);
  if (settings->population > kMaxPopulation) {
    return base::Invalid("search.evolution.population", settings->population, fmt::format("1..{}", kMaxPopulation),
                         "the population is too large");
  }
  const uint32_t half = settings->population / 2;
  settings->top_k = OrDefault(evolution.top_k(), 10);
  settings->mutations = OrDefault(evolution.mutations(), half);
  settings->crossovers = OrDefault(evolution.crossovers(), half);
  if (uint64_t{settings->mutations} + settings->crossovers > settings->population) {
    return base::Invalid("search.evolution.mutations",
                         fmt::format("{} and {} crossovers", settings->mutations, settings->crossovers),
                         fmt::format("at most the population of {} together", settings->population),
                         "a generation does not have room for its mutations and crossovers");
  }
  const double probability = evolution.mutation_probability();
  if (!(probability >= 0 && probability <= 1)) {
    return base::Invalid("search.evolution.mutation_probability", probability, "0..1", "is no probability");
  }
  settings->mutation_probability = probability == 0 ? 0.1 : probability;
  return {};
}

}  // namespace

uint64_t TrialsOf(const v1::SearchOptions& search) {
  if (search.trials() != 0) return search.trials();
  if (search.algorithm() != "evolution") return kRandomTrials;
  const v1::EvolutionOptions& evolution = search.evolution();
  return uint64_t{OrDefault(evolution.population(), kPopulation)} * OrDefault(evolution.generations(), kGenerations);
}

base::Result<Settings> SettingsFromOptions(const v1::StudyOptions& options) {
  const v1::SearchOptions& search = options.search();
  NASSHRINK_RETURN_IF_ERROR(CheckAlgorithm(search.algorithm()));
  NASSHRINK_RETURN_IF_ERROR(CheckMetrics(search));
  Settings settings;
  settings.evolution = search.algorithm() == "evolution";
  if (search.metrics_size() > 0) settings.metric = search.metrics(0);
  settings.lower_is_better = settings.metric == "loss";
  settings.seed = options.seed() != 0 ? options.seed() : search.seed();
  settings.trials = TrialsOf(search);
  if (settings.evolution) NASSHRINK_RETURN_IF_ERROR(FillEvolution(search, &settings));
  if (settings.trials > kMaxTrials) {
    return base::Invalid("search.trials", settings.trials, fmt::format("1..{}", kMaxTrials),
                         "a study has too many trials");
  }
  return settings;
}

}  // namespace nasshrink::search
