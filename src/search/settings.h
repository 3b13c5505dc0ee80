// What a study's options mean: names checked, defaults filled in.
#ifndef NASSHRINK_SEARCH_SETTINGS_H_
#define NASSHRINK_SEARCH_SETTINGS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "search/objectives.h"

namespace nasshrink::search {

enum class AlgorithmKind { kRandom, kEvolution, kRegularizedEvolution, kLocalSearch, kReinforce, kNsga2 };

struct AlgorithmInfo {
  AlgorithmKind kind;
  std::string_view name;
  std::string_view help;
};

// All that a study can do, in the order they are listed in.
const std::vector<AlgorithmInfo>& Algorithms();

// Where each default comes from is in docs/methods.md, "Search".
struct Settings {
  AlgorithmKind algorithm = AlgorithmKind::kRandom;
  std::vector<Objective> objectives;  // the first is the one ranked by
  uint64_t seed = 0;
  uint64_t trials = 0;  // asked for in all
  // Children made before any of them is told, of algorithms that go child by child.
  uint32_t batch = 1;

  // Of the kinds of evolution.
  uint32_t population = 50;
  uint32_t top_k = 10;
  uint32_t mutations = 25;
  uint32_t crossovers = 25;
  double mutation_probability = 0;  // per gene; 0 is one over their number
  uint32_t sample_size = 25;

  // Local search.
  uint32_t radius = 1;
  bool best_improvement = false;

  // REINFORCE.
  double learning_rate = 0;
  double baseline_decay = 0;
  double logit_deviation = 0;
  double cost_reference = 0;  // 0 for a reward without cost
  double cost_exponent = 0;

  // NSGA-II.
  double crossover_probability = 0;
  double eta = 0;
  bool uniform_mutation = false;
  bool discard_infeasible = false;

  // Of the hypervolume, by objective; empty for none.
  std::vector<double> reference;
};

// INVALID_ARGUMENT naming the field, UNIMPLEMENTED for an algorithm that is known but not part of this version.
base::Result<Settings> SettingsFromOptions(const v1::StudyOptions& options);

// Trials asked for in all, the default where none are given.
uint64_t TrialsOf(const v1::SearchOptions& search);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_SETTINGS_H_
