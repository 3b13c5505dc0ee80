// One drawn path a step (SPOS Sec. 3.2): uniform and shared by all cells, afresh for each of them, or by a rule that
// the options give.
#ifndef NASSHRINK_NN_UNIFORM_STRATEGY_H_
#define NASSHRINK_NN_UNIFORM_STRATEGY_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "nn/strategy.h"

namespace nasshrink::nn {

// One candidate a choice, independent and uniform over the alive ones.
class UniformStrategy final : public Strategy {
 public:
  // The space must outlive the strategy.
  UniformStrategy(const space::Space& space, uint64_t seed) : space_(space), seed_(seed) {}
  std::vector<space::Architecture> Draw(uint64_t step, uint32_t number) const override;

 private:
  const space::Space& space_;
  const uint64_t seed_;
};

// A fresh draw for every cell layer; a node whose incoming edges would all break the path is drawn again (the
// published NAS-Bench-201 code of ABS). A node that has nothing else alive is left as it is.
class PerCellStrategy final : public Strategy {
 public:
  PerCellStrategy(const NetworkPlan& plan, uint64_t seed) : plan_(plan), seed_(seed) {}
  std::vector<space::Architecture> Draw(uint64_t step, uint32_t number) const override;

 private:
  const NetworkPlan& plan_;
  const uint64_t seed_;
};

// What the options draw, for example uniform children inside cost windows (run/options.h).
class GivenStrategy final : public Strategy {
 public:
  GivenStrategy(std::function<space::Architecture(uint64_t seed, uint64_t step)> draw, uint64_t seed)
      : draw_(std::move(draw)), seed_(seed) {}
  std::vector<space::Architecture> Draw(uint64_t step, uint32_t) const override { return {draw_(seed_, step)}; }

 private:
  const std::function<space::Architecture(uint64_t seed, uint64_t step)> draw_;
  const uint64_t seed_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_UNIFORM_STRATEGY_H_
