// What a study has been told, by the number of the trial: what every algorithm learns from.
#ifndef NASSHRINK_SEARCH_HISTORY_H_
#define NASSHRINK_SEARCH_HISTORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "space/space.h"

namespace nasshrink::search {

struct Metric {
  std::string name;
  double value = 0;
};

struct Told {
  space::Architecture architecture;
  std::vector<Metric> metrics;
  // By objective, turned so that less is better; NaN for one that was not told. Empty when failed.
  std::vector<double> objectives;
  bool failed = false;
};

struct History {
  // Numbers ascend in the order children were made; warm starts were made when they were told.
  std::map<uint64_t, Told> told;
  uint32_t rounds = 0;  // made so far

  // Null unless the trial was told and has not failed.
  const Told* Success(uint64_t number) const {
    const auto found = told.find(number);
    return found == told.end() || found->second.failed ? nullptr : &found->second;
  }
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_HISTORY_H_
