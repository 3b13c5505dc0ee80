// What a study has been told, by the number of the trial: what every algorithm learns from.
#ifndef NASSHRINK_SEARCH_HISTORY_H_
#define NASSHRINK_SEARCH_HISTORY_H_

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "nasshrink/v1/plan.pb.h"
#include "space/child_form.h"
#include "space/space.h"

namespace nasshrink::search {

struct Told {
  space::Architecture architecture;
  std::vector<v1::NamedValue> metrics;
  // By objective, turned so that less is better; NaN for one that was not told. Empty when failed.
  std::vector<double> objectives;
  bool failed = false;
};

struct History {
  // Numbers ascend in the order children were made; warm starts were made when they were told.
  std::map<uint64_t, Told> told;
  // Of every child seen, told or not.
  std::unordered_map<space::Architecture, uint64_t, space::ChildHash> numbers;
  // The number the next child gets.
  uint64_t next = 1;
  uint32_t rounds = 0;  // made so far

  // Null unless the trial was told and has not failed.
  const Told* Success(uint64_t number) const {
    const auto found = told.find(number);
    return found == told.end() || found->second.failed ? nullptr : &found->second;
  }
  // The same by architecture.
  const Told* Success(const space::Architecture& child) const {
    const auto found = numbers.find(child);
    return found == numbers.end() ? nullptr : Success(found->second);
  }
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_HISTORY_H_
