#include "search/gene_order.h"

#include <algorithm>
#include <tuple>

namespace nasshrink::search {
namespace {

struct Key {
  bool identity = false;
  int64_t kernel = 0;
  int64_t expansion = 0;
  uint32_t index = 0;

  bool operator<(const Key& other) const {
    return std::tie(identity, kernel, expansion, index) <
           std::tie(other.identity, other.kernel, other.expansion, other.index);
  }
};

Key KeyOf(const space::Candidate& candidate, uint32_t index) {
  const space::OperatorDef* op = candidate.op();
  if (op == nullptr) return {false, 0, 0, index};
  return {op->kind == "identity", op->Integer("kernel", 0), op->Integer("expansion", 0), index};
}

}  // namespace

GeneOrder::GeneOrder(const space::Space& space) {
  for (const space::Choice& choice : space.choices) {
    std::vector<Key> keys;
    for (const uint32_t index : choice.alive) keys.push_back(KeyOf(choice.candidates[index], index));
    std::sort(keys.begin(), keys.end());
    std::vector<uint32_t>& candidates = candidates_.emplace_back();
    std::vector<uint32_t>& places = places_.emplace_back(choice.candidates.size());
    for (const Key& key : keys) {
      places[key.index] = static_cast<uint32_t>(candidates.size());
      candidates.push_back(key.index);
    }
  }
}

}  // namespace nasshrink::search
