// Several candidates of a choice at once, each times a gate: values and gradients of weights and gates.
#include <gtest/gtest.h>

#include "nn/compare_with_plain.h"
#include "nn/small_presets.h"

namespace nasshrink::nn {
namespace {

// Enough that batch norms of one pixel have something to average.
constexpr int64_t kImages = 8;

class Mixtures : public testing::TestWithParam<SmallPreset> {
 protected:
  const space::Space& space() const { return GetParam().space; }
  void CompareMixture(const Mixture& mixture) const {
    const std::string& name = GetParam().name;
    const bool smooth = name == "nas_bench_201" || name == "mobilenet_v3";
    CompareMixtureWithPlain(space(), mixture, smooth, kImages, kOfWholeNetworks);
  }
};

// DARTS, and AutoSpace's gated training: every candidate takes part.
TEST_P(Mixtures, OfAllCandidates) {
  Mixture mixture;
  uint32_t gates = 0;
  for (const space::Choice& choice : space().choices) {
    mixture.emplace_back();
    for (const uint32_t candidate : choice.alive) mixture.back().push_back({candidate, gates++, true});
  }
  CompareMixture(mixture);
}

// ProxylessNAS (Sec. 3.2): one candidate is computed, the others are there for their gates' gradients alone.
TEST_P(Mixtures, OfOneCandidateAndGatesOfTheOthers) {
  const space::Architecture child = RandomChild(space(), 5);
  Mixture mixture;
  uint32_t gates = 0;
  for (size_t c = 0; c < child.size(); ++c) {
    mixture.emplace_back();
    for (const uint32_t candidate : space().choices[c].alive) {
      mixture.back().push_back({candidate, gates++, candidate == child[c]});
    }
  }
  CompareMixture(mixture);
}

// ProxylessNAS's "two": a pair of candidates a choice; gates may be shared between choices.
TEST_P(Mixtures, OfTwoCandidatesWithSharedGates) {
  const space::Architecture first = RandomChild(space(), 6);
  const space::Architecture second = RandomChild(space(), 7);
  Mixture mixture;
  for (size_t c = 0; c < first.size(); ++c) {
    mixture.push_back({{first[c], static_cast<uint32_t>(2 * (c % 3)), true}});
    if (second[c] != first[c]) mixture.back().push_back({second[c], static_cast<uint32_t>(2 * (c % 3) + 1), true});
  }
  CompareMixture(mixture);
}

std::string NameOf(const testing::TestParamInfo<SmallPreset>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Every, Mixtures, testing::ValuesIn(SmallPresets()), NameOf);

}  // namespace
}  // namespace nasshrink::nn
