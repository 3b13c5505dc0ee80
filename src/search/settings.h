// What a study's options mean: names checked, defaults filled in.
#ifndef NASSHRINK_SEARCH_SETTINGS_H_
#define NASSHRINK_SEARCH_SETTINGS_H_

#include <cstdint>
#include <string>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"

namespace nasshrink::search {

// Defaults: SPOS Sec. 3.4 and its published code (population 50, 20 generations, top 10, half of the population from
// mutation and half from crossover, 0.1 a gene); 100 random children: RSPS on NAS-Bench-201.
struct Settings {
  bool evolution = false;
  std::string metric = "accuracy";
  bool lower_is_better = false;
  uint64_t seed = 0;
  uint64_t trials = 0;  // asked for in all
  uint32_t population = 50;
  uint32_t top_k = 10;
  uint32_t mutations = 25;
  uint32_t crossovers = 25;
  double mutation_probability = 0.1;
};

// INVALID_ARGUMENT naming the field, UNIMPLEMENTED for an algorithm that is known but not part of this version.
base::Result<Settings> SettingsFromOptions(const v1::StudyOptions& options);

// Trials asked for in all, the default where none are given.
uint64_t TrialsOf(const v1::SearchOptions& search);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_SETTINGS_H_
