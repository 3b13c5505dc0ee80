#include "search/random_search.h"

namespace nasshrink::search {

std::vector<space::Architecture> RandomSearch::NextRound(const History& /*history*/, uint64_t /*most*/,
                                                         FreshChildren& fresh) {
  return OneDraw(fresh);
}

void RandomSearch::Save(v1::SearcherState* /*state*/) const {}

base::Status RandomSearch::Load(const v1::SearcherState& /*state*/, const History& /*history*/) { return {}; }

}  // namespace nasshrink::search
