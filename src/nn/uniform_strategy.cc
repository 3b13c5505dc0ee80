#include "nn/uniform_strategy.h"

#include "nn/sampling.h"

namespace nasshrink::nn {

std::vector<space::Architecture> UniformStrategy::Draw(uint64_t step, uint32_t) const {
  return {SampleShared(space_, seed_, step)};
}

std::vector<space::Architecture> PerCellStrategy::Draw(uint64_t step, uint32_t) const {
  return SamplePerCell(plan_, seed_, step);
}

}  // namespace nasshrink::nn
