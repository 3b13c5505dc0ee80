#include "search/settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace nasshrink::search {
namespace {

constexpr uint32_t kMaxPopulation = 1'000'000;
constexpr uint64_t kMaxTrials = 100'000'000;
constexpr uint32_t kMaxBatch = 1'000'000;
constexpr uint32_t kRandomTrials = 100;   // RSPS on NAS-Bench-201
constexpr uint32_t kSearchTrials = 1000;  // as many as SPOS's evolution; our decision

uint32_t OrDefault(uint32_t value, uint32_t otherwise) { return value == 0 ? otherwise : value; }

const AlgorithmInfo* FindAlgorithm(std::string_view name) {
  for (const AlgorithmInfo& info : Algorithms()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

base::Result<AlgorithmKind> KindOf(const std::string& name) {
  if (const AlgorithmInfo* info = FindAlgorithm(name)) return info->kind;
  if (name == "proxyless") {
    return base::Error(base::Code::kUnimplemented, "search.algorithm: '{}' is not part of this version", name);
  }
  std::vector<std::string_view> names;
  for (const AlgorithmInfo& info : Algorithms()) names.push_back(info.name);
  return base::Invalid("search.algorithm", name, fmt::format("{}", fmt::join(names, ", ")),
                       "names no search algorithm");
}

struct Sizes {
  uint32_t population;
  uint32_t generations;
};

// Nothing for algorithms without generations.
Sizes DefaultSizes(AlgorithmKind kind) {
  switch (kind) {
    case AlgorithmKind::kEvolution:
      return {50, 20};  // SPOS Sec. 3.4
    case AlgorithmKind::kNsga2:
      return {64, 40};  // PAD-NAS Sec. 4.1
    case AlgorithmKind::kRegularizedEvolution:
      return {100, 0};  // Real et al., AAAI 2019
    default:
      return {0, 0};
  }
}

base::Status CheckProbability(const char* field, double value) {
  if (value >= 0 && value <= 1) return {};
  return base::Invalid(field, value, "0..1", "is no probability");
}

base::Status FillEvolution(const v1::SearchOptions& search, Settings* settings) {
  const v1::EvolutionOptions& evolution = search.evolution();
  settings->population = OrDefault(evolution.population(), DefaultSizes(settings->algorithm).population);
  if (settings->population > kMaxPopulation) {
    return base::Invalid("search.evolution.population", settings->population, fmt::format("1..{}", kMaxPopulation),
                         "is out of range");
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
  settings->sample_size = OrDefault(evolution.sample_size(), std::min(25U, settings->population));
  if (settings->sample_size > settings->population) {
    return base::Invalid("search.evolution.sample_size", settings->sample_size,
                         fmt::format("at most the population of {}", settings->population),
                         "a tournament is larger than its population");
  }
  settings->mutation_probability = evolution.mutation_probability();
  NASSHRINK_RETURN_IF_ERROR(CheckProbability("search.evolution.mutation_probability", settings->mutation_probability));
  if (settings->algorithm == AlgorithmKind::kEvolution && settings->mutation_probability == 0) {
    settings->mutation_probability = 0.1;
  }
  return {};
}

base::Status FillNsga2(const v1::Nsga2Options& options, Settings* settings) {
  if (settings->population < 2) {
    return base::Invalid("search.evolution.population", settings->population, "2 or more",
                         "leaves nobody to breed with");
  }
  settings->crossover_probability = options.has_crossover_probability() ? options.crossover_probability() : 0.9;
  NASSHRINK_RETURN_IF_ERROR(CheckProbability("search.nsga2.crossover_probability", settings->crossover_probability));
  settings->eta = options.eta() == 0 ? 3 : options.eta();
  if (!(settings->eta > 0 && settings->eta <= 1000)) {
    return base::Invalid("search.nsga2.eta", settings->eta, "above 0 and at most 1000", "is out of range");
  }
  if (!options.mutation().empty() && options.mutation() != "polynomial" && options.mutation() != "uniform") {
    return base::Invalid("search.nsga2.mutation", options.mutation(), "polynomial, uniform", "names no mutation");
  }
  settings->uniform_mutation = options.mutation() == "uniform";
  if (!options.infeasible().empty() && options.infeasible() != "repair" && options.infeasible() != "discard") {
    return base::Invalid("search.nsga2.infeasible", options.infeasible(), "repair, discard",
                         "does not say what becomes of children outside the constraints");
  }
  settings->discard_infeasible = options.infeasible() == "discard";
  return {};
}

base::Status FillLocalSearch(const v1::LocalSearchOptions& options, Settings* settings) {
  settings->radius = OrDefault(options.radius(), 1);
  if (!options.improvement().empty() && options.improvement() != "first" && options.improvement() != "best") {
    return base::Invalid("search.local_search.improvement", options.improvement(), "first, best",
                         "does not say where the search goes");
  }
  settings->best_improvement = options.improvement() == "best";
  return {};
}

base::Status FillReinforce(const v1::ReinforceOptions& options, Settings* settings) {
  settings->learning_rate = options.learning_rate() == 0 ? 0.1 : options.learning_rate();
  if (!(settings->learning_rate > 0 && settings->learning_rate <= 100)) {
    return base::Invalid("search.reinforce.learning_rate", settings->learning_rate, "above 0 and at most 100",
                         "is out of range");
  }
  settings->baseline_decay = options.has_baseline_decay() ? options.baseline_decay() : 0.99;
  if (!(settings->baseline_decay >= 0 && settings->baseline_decay < 1)) {
    return base::Invalid("search.reinforce.baseline_decay", settings->baseline_decay, "0 to below 1",
                         "is out of range");
  }
  settings->logit_deviation = options.has_logit_deviation() ? options.logit_deviation() : 1e-3;
  if (!(settings->logit_deviation >= 0 && settings->logit_deviation <= 100)) {
    return base::Invalid("search.reinforce.logit_deviation", settings->logit_deviation, "0..100", "is out of range");
  }
  settings->cost_reference = options.cost_reference();
  if (!(settings->cost_reference >= 0 && std::isfinite(settings->cost_reference))) {
    return base::Invalid("search.reinforce.cost_reference", settings->cost_reference, "0 or more", "is out of range");
  }
  if (settings->cost_reference > 0 && (settings->objectives.size() < 2 || !settings->objectives[1].cost)) {
    return base::Invalid("search.reinforce.cost_reference", settings->cost_reference,
                         "a cost as the second of search.metrics", "there is no cost to weigh the reward by");
  }
  settings->cost_exponent = options.has_cost_exponent() ? options.cost_exponent() : 0.1;
  if (!(settings->cost_exponent >= 0 && settings->cost_exponent <= 100)) {
    return base::Invalid("search.reinforce.cost_exponent", settings->cost_exponent, "0..100", "is out of range");
  }
  return {};
}

base::Status FillReference(const v1::SearchOptions& search, Settings* settings) {
  if (search.reference().empty()) return {};
  if (static_cast<size_t>(search.reference_size()) != settings->objectives.size()) {
    return base::Invalid("search.reference", fmt::format("{} numbers", search.reference_size()),
                         fmt::format("{}, one for each metric", settings->objectives.size()),
                         "a reference point has one number for each metric");
  }
  for (int at = 0; at < search.reference_size(); ++at) {
    if (!std::isfinite(search.reference(at))) {
      return base::Invalid(fmt::format("search.reference[{}]", at), search.reference(at), "finite numbers",
                           "is no bound");
    }
  }
  settings->reference.assign(search.reference().begin(), search.reference().end());
  return {};
}

base::Status FillAlgorithm(const v1::SearchOptions& search, Settings* settings) {
  NASSHRINK_RETURN_IF_ERROR(FillEvolution(search, settings));
  NASSHRINK_RETURN_IF_ERROR(FillLocalSearch(search.local_search(), settings));
  NASSHRINK_RETURN_IF_ERROR(FillReinforce(search.reinforce(), settings));
  if (settings->algorithm == AlgorithmKind::kNsga2) return FillNsga2(search.nsga2(), settings);
  return {};
}

}  // namespace

const std::vector<AlgorithmInfo>& Algorithms() {
  static const auto* const kAlgorithms = new std::vector<AlgorithmInfo>{
      {AlgorithmKind::kRandom, "random", "uniform children that meet the constraints"},
      {AlgorithmKind::kEvolution, "evolution", "mutation and crossover of the best children (SPOS Sec. 3.4)"},
      {AlgorithmKind::kRegularizedEvolution, "regularized_evolution",
       "mutants of the best of a random sample; the oldest leave (Real et al. 2019)"},
      {AlgorithmKind::kLocalSearch, "local_search", "the first or best neighbour that is better, with restarts"},
      {AlgorithmKind::kReinforce, "reinforce",
       "a policy of one softmax a choice, moved towards what did well (Williams 1992)"},
      {AlgorithmKind::kNsga2, "nsga2", "evolution of a Pareto front of two or more metrics (Deb et al. 2002)"},
  };
  return *kAlgorithms;
}

uint64_t TrialsOf(const v1::SearchOptions& search) {
  if (search.trials() != 0) return search.trials();
  const AlgorithmInfo* info = FindAlgorithm(search.algorithm());
  if (info == nullptr || info->kind == AlgorithmKind::kRandom) return kRandomTrials;
  const Sizes sizes = DefaultSizes(info->kind);
  if (sizes.generations == 0) return kSearchTrials;
  const v1::EvolutionOptions& evolution = search.evolution();
  return uint64_t{OrDefault(evolution.population(), sizes.population)} *
         OrDefault(evolution.generations(), sizes.generations);
}

base::Result<Settings> SettingsFromOptions(const v1::StudyOptions& options) {
  const v1::SearchOptions& search = options.search();
  Settings settings;
  NASSHRINK_ASSIGN_OR_RETURN(settings.algorithm, KindOf(search.algorithm()));
  NASSHRINK_ASSIGN_OR_RETURN(settings.objectives, ObjectivesOf(search, settings.algorithm == AlgorithmKind::kNsga2));
  settings.seed = options.seed() != 0 ? options.seed() : search.seed();
  settings.trials = TrialsOf(search);
  settings.batch = OrDefault(search.batch(), settings.algorithm == AlgorithmKind::kReinforce ? 10 : 1);
  if (settings.batch > kMaxBatch) {
    return base::Invalid("search.batch", settings.batch, fmt::format("1..{}", kMaxBatch), "is out of range");
  }
  NASSHRINK_RETURN_IF_ERROR(FillAlgorithm(search, &settings));
  NASSHRINK_RETURN_IF_ERROR(FillReference(search, &settings));
  if (settings.trials > kMaxTrials) {
    return base::Invalid("search.trials", settings.trials, fmt::format("1..{}", kMaxTrials),
                         "a study has too many trials");
  }
  return settings;
}

}  // namespace nasshrink::search
