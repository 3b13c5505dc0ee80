// Drives a study in tests: options in short, asking and telling to the end.
#ifndef NASSHRINK_TESTS_SEARCH_STUDY_DRIVER_H_
#define NASSHRINK_TESTS_SEARCH_STUDY_DRIVER_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "search/study.h"
#include "space/architecture.h"

namespace nasshrink::tests {

inline v1::StudyOptions Options(const std::string& algorithm, uint32_t trials = 0, uint64_t seed = 1) {
  v1::StudyOptions options;
  options.mutable_search()->set_algorithm(algorithm);
  options.mutable_search()->set_trials(trials);
  options.set_seed(seed);
  return options;
}

inline v1::StudyOptions Evolution(uint32_t population, uint32_t generations, uint64_t seed = 1) {
  v1::StudyOptions options = Options("evolution", 0, seed);
  v1::EvolutionOptions* evolution = options.mutable_search()->mutable_evolution();
  evolution->set_population(population);
  evolution->set_generations(generations);
  return options;
}

inline v1::StudyOptions Nsga2(uint32_t population, uint32_t generations, const std::vector<std::string>& metrics,
                              uint64_t seed = 1) {
  v1::StudyOptions options = Evolution(population, generations, seed);
  options.mutable_search()->set_algorithm("nsga2");
  for (const std::string& metric : metrics) options.mutable_search()->add_metrics(metric);
  return options;
}

// Every algorithm, with as many trials.
inline std::vector<v1::StudyOptions> AllAlgorithms(uint32_t trials, uint64_t seed = 1) {
  std::vector<v1::StudyOptions> all;
  for (const char* name :
       {"random", "evolution", "regularized_evolution", "local_search", "local_search", "reinforce", "nsga2"}) {
    v1::StudyOptions options = Options(name, trials, seed);
    v1::EvolutionOptions* evolution = options.mutable_search()->mutable_evolution();
    evolution->set_population(20);
    evolution->set_sample_size(5);
    if (!all.empty() && all.back().search().algorithm() == name) {
      options.mutable_search()->mutable_local_search()->set_improvement("best");
    }
    all.push_back(options);
  }
  return all;
}

inline std::unique_ptr<search::Study> Started(const space::Space& space, const v1::StudyOptions& options) {
  auto study = search::Study::Make(space, options);
  EXPECT_TRUE(study.ok()) << study.status().message();
  return *std::move(study);
}

inline v1::Observation Observed(const v1::Trial& trial, double value, const char* metric = "accuracy") {
  v1::Observation observation;
  observation.set_trial(trial.id());
  v1::NamedValue* named = observation.add_metrics();
  named->set_name(metric);
  named->set_value(value);
  return observation;
}

inline v1::Observation Failed(const v1::Trial& trial) {
  v1::Observation observation;
  observation.set_trial(trial.id());
  observation.set_failed(true);
  return observation;
}

inline v1::Observation WarmStart(const space::Space& space, const space::Architecture& child, double value) {
  v1::Observation observation = Observed({}, value);
  space::ArchitectureToMessage(space, child, observation.mutable_architecture());
  return observation;
}

inline v1::ObservationList ListOf(const std::vector<v1::Observation>& observations) {
  v1::ObservationList list;
  for (const v1::Observation& observation : observations) *list.add_observations() = observation;
  return list;
}

using Evaluation = std::function<v1::Observation(const v1::Trial&)>;

// Asks `batch` at a time and tells each batch, in the order given by `shuffle`, until nothing comes.
inline std::vector<v1::Trial> RunToTheEnd(search::Study& study, uint32_t batch, const Evaluation& evaluate,
                                          uint32_t shuffle = 0) {
  std::vector<v1::Trial> trials;
  std::mt19937 random(shuffle);
  for (;;) {
    const auto asked = study.Ask(batch);
    EXPECT_TRUE(asked.ok());
    std::vector<v1::Observation> observations;
    for (const v1::Trial& trial : asked->trials()) {
      trials.push_back(trial);
      observations.push_back(evaluate(trial));
    }
    if (shuffle != 0) std::shuffle(observations.begin(), observations.end(), random);
    EXPECT_TRUE(study.Tell(ListOf(observations)).ok());
    if (asked->finished()) return trials;
    EXPECT_GT(asked->trials_size(), 0);
    if (asked->trials_size() == 0) return trials;
  }
}

inline space::Architecture ChildOf(const v1::Trial& trial) {
  return {trial.architecture().candidates().begin(), trial.architecture().candidates().end()};
}

inline std::vector<std::string> BytesOf(const std::vector<v1::Trial>& trials) {
  std::vector<std::string> bytes;
  for (const v1::Trial& trial : trials) bytes.push_back(trial.SerializeAsString());
  return bytes;
}

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SEARCH_STUDY_DRIVER_H_
