// What a study remembers, and how that is read from and written to messages.
//
// Every child a study has seen has one number: asked for ones in the order they were made, warm starts when they were
// told. A number is queued (made, not asked for yet), open (asked for, not told) or told.
#ifndef NASSHRINK_SEARCH_STUDY_STATE_H_
#define NASSHRINK_SEARCH_STUDY_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "search/algorithm.h"
#include "search/fresh_children.h"
#include "search/history.h"
#include "search/objectives.h"
#include "search/settings.h"
#include "space/cost.h"
#include "space/space.h"

namespace nasshrink::search {

struct StudyState {
  StudyState(space::Space own_space, v1::StudyOptions own_options, Settings own_settings, FreshChildren own_fresh);

  static base::Result<std::unique_ptr<StudyState>> Make(const space::Space& space, const v1::StudyOptions& options);
  static base::Result<std::unique_ptr<StudyState>> Restore(const v1::StudySnapshot& snapshot);

  space::Space space;
  v1::StudyOptions options;
  Settings settings;
  FreshChildren fresh;
  std::unique_ptr<Algorithm> algorithm;
  CostObjectives cost_objectives;
  std::optional<space::CostModel> costs;  // nothing for a space without one
  History history;
  uint64_t asked = 0;
  bool ended = false;  // the algorithm finds no more children
  std::map<uint64_t, space::Architecture> queued;
  std::map<uint64_t, space::Architecture> open;
};

// What telling would record, by number, with nothing changed yet; warm starts follow on from fresh.next().
base::Result<std::vector<std::pair<uint64_t, Told>>> PlanTelling(const StudyState& state,
                                                                 const v1::ObservationList& observations);

void AddMetrics(const Told& told, google::protobuf::RepeatedPtrField<v1::NamedValue>* metrics);

v1::StudySnapshot SnapshotOf(const StudyState& state);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_STUDY_STATE_H_
