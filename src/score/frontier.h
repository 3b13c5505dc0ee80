// The exact shrinking frontier of a space whose children's true accuracies are all known: of all product sub-spaces
// with as many operators, the one of best mean.
//
// A product sub-space keeps a non-empty set of operators of every choice; its mean is the plain mean over its children.
// NAS-Bench-201 has 31^6 = 887,503,681 of them. All are covered: sums are collapsed choice by choice, and in the last
// choice the best set of every size is that of the largest sums.
#ifndef NASSHRINK_SCORE_FRONTIER_H_
#define NASSHRINK_SCORE_FRONTIER_H_

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "score/enumeration.h"

namespace nasshrink::score {

// Positions in the alive list that are kept, a bit each; one number a choice.
using KeptMasks = std::vector<uint32_t>;

struct FrontierRow {
  uint32_t operators = 0;
  uint64_t sub_spaces = 0;  // product sub-spaces with as many operators
  double mean = 0;          // the best of their means
  KeptMasks kept;           // of equal ones the first: the last choice's mask changes fastest
  uint64_t most_top = 0;    // most of the top children that any of them holds
};

// What a sub-space holds.
struct SubSpace {
  uint64_t children = 0;
  double mean = 0;
  double best = 0;
  uint64_t top = 0;  // of the top children
};

// Truth of every child of a space, in the order of its enumeration, and the ceil(n / 100) best of them.
class Frontier {
 public:
  // INVALID_ARGUMENT when there are more than kMostSubSpaces product sub-spaces, or a choice has more than 20
  // operators.
  static constexpr uint64_t kMostSubSpaces = 10'000'000'000;
  static base::Result<Frontier> Make(Enumeration children, std::vector<double> truth);

  const Enumeration& children() const { return children_; }
  uint64_t sub_spaces() const { return sub_spaces_; }
  uint64_t top() const { return top_; }

  // By operators, ascending. CANCELLED when the latch is triggered. Results do not depend on the number of workers.
  base::Result<std::vector<FrontierRow>> Rows(base::WorkerPool* pool, const base::Cancel* cancel) const;

  // Every mask keeps at least one operator.
  SubSpace Describe(const KeptMasks& kept) const;

 private:
  Frontier(Enumeration children, std::vector<double> truth, uint64_t sub_spaces);

  Enumeration children_;
  std::vector<double> truth_;
  std::vector<uint32_t> in_top_;  // 1 or 0, a child each
  uint64_t top_ = 0;
  uint64_t sub_spaces_ = 0;
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_FRONTIER_H_
