// What the searches are made of: the order of genes, mutation, canonical forms, repair.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "base/random.h"
#include "score/chain_space.h"
#include "search/fresh_children.h"
#include "search/gene_order.h"
#include "search/polynomial_mutation.h"
#include "search/repair.h"
#include "space/architecture.h"
#include "space/child_form.h"
#include "space/cost.h"
#include "space/edits.h"
#include "space/feasible.h"
#include "space/hamming.h"
#include "space/presets.h"

namespace nasshrink::search {
namespace {

using base::Philox;
using base::Purpose;
using space::Architecture;

TEST(GeneOrder, GoesByKernelThenExpansionAndEndsWithIdentity) {
  const space::Space space = *space::Preset("mobilenet-proxyless-gpu", {});
  const GeneOrder order(space);
  std::vector<std::string> labels;
  for (uint32_t place = 0; place < order.Size(1); ++place) {
    const uint32_t candidate = order.Candidate(1, place);
    labels.push_back(space.choices[1].candidates[candidate].label);
    EXPECT_EQ(order.Place(1, candidate), place);
  }
  EXPECT_EQ(labels, (std::vector<std::string>{"k3e3", "k3e6", "k5e3", "k5e6", "k7e3", "k7e6", "identity"}));
  // NAS-Bench-Macro's identity is its first candidate.
  const space::Space macro = *space::Preset("nas-bench-macro", {});
  EXPECT_EQ(GeneOrder(macro).Place(0, 0), 2U);
}

TEST(GeneOrder, KnowsWhatIsAlive) {
  space::Space space = *space::Preset("mobilenet-proxyless-gpu", {});
  space.choices[1].alive = {0, 3, 6};
  const GeneOrder order(space);
  ASSERT_EQ(order.Size(1), 3U);
  EXPECT_EQ(order.Candidate(1, 1), 3U);
}

// eta 3, five places, from place 1, the middle 0.3 of the range. For u below 1/2 the value goes to
// 0.3 + (2u + (1 - 2u) 0.7^4)^(1/4) - 1, which is 0 at u = 0 and 0.3 at u = 1/2; it passes 0.2, the border of place 0,
// where 2u + (1 - 2u) 0.2401 = 0.9^4 = 0.6561, so at u = (0.6561 - 0.2401) / (2 * 0.7599) = 0.27372.
// Above, it goes to 0.3 + 1 - (2 (1 - u) + (2u - 1) 0.3^4)^(1/4); with v = 1 - u that is 0.4, the border of place 2,
// where 2v + (1 - 2v) 0.0081 = 0.9^4, so at v = (0.6561 - 0.0081) / (2 * 0.9919) = 0.32665, u = 0.67335.
TEST(PolynomialMutation, BordersOfThePlacesWorkedOutByHand) {
  EXPECT_EQ(PolynomialMutation(1, 5, 3, 0), 0U);
  EXPECT_EQ(PolynomialMutation(1, 5, 3, 0.2737), 0U);
  EXPECT_EQ(PolynomialMutation(1, 5, 3, 0.2738), 1U);
  EXPECT_EQ(PolynomialMutation(1, 5, 3, 0.5), 1U);
  EXPECT_EQ(PolynomialMutation(1, 5, 3, 0.6733), 1U);
  EXPECT_EQ(PolynomialMutation(1, 5, 3, 0.6734), 2U);
  EXPECT_EQ(PolynomialMutation(1, 5, 3, std::nextafter(1.0, 0.0)), 4U);
}

// How often each place is reached in 20,000 mutations.
std::vector<int> Hits(uint32_t from, uint32_t count, double eta) {
  std::vector<int> hits(count, 0);
  Philox random(from, Purpose::kSearch);
  for (int i = 0; i < 20000; ++i) ++hits[PolynomialMutation(from, count, eta, random.Uniform())];
  return hits;
}

TEST(PolynomialMutation, EveryPlaceIsReachedAndNearOnesMoreOften) {
  for (const uint32_t count : {1U, 2U, 3U}) {
    for (uint32_t from = 0; from < count; ++from) {
      const std::vector<int> hits = Hits(from, count, 3);
      EXPECT_GT(*std::min_element(hits.begin(), hits.end()), 0) << from;
    }
  }
  const std::vector<int> middle = Hits(9, 19, 3);
  for (size_t away = 1; away <= 9; ++away) {
    EXPECT_LT(middle[9 + away], middle[8 + away] + 60);
    EXPECT_LT(middle[9 - away], middle[10 - away] + 60);
  }
  EXPECT_GT(Hits(9, 19, 1000)[9], 19900);
}

// Children of DARTS, whose nodes pick their inputs, with a candidate at the front that costs something.
space::Space PickingSpace() {
  space::Space space = *space::Preset("darts", {});
  for (space::Choice& choice : space.choices) {
    if (choice.candidates[0].op() != nullptr) choice.alive.erase(choice.alive.begin(), choice.alive.begin() + 4);
  }
  space::Finish(space);
  return space;
}

TEST(ChildForm, AgreesWithTheSpaceOnNodesThatPickTheirInputs) {
  const space::Space space = PickingSpace();
  const space::ChildForm form(space);
  const auto model = space::CostModel::Make(space);
  ASSERT_TRUE(model.ok());
  const space::AdditiveCost macs = space::MacsOf(*model);
  Philox random(3, Purpose::kSearch);
  for (int i = 0; i < 200; ++i) {
    Architecture child;
    for (const space::Choice& choice : space.choices) {
      child.push_back(choice.alive[random.Below(static_cast<uint32_t>(choice.alive.size()))]);
    }
    Architecture canonical = child;
    form.Canonicalise(&canonical);
    EXPECT_EQ(canonical, space::Canonical(space, child));
    EXPECT_EQ(static_cast<uint64_t>(form.Sum(macs, child)), model->Macs(child));
    EXPECT_EQ(static_cast<uint64_t>(form.Sum(macs, canonical)), model->Macs(child));
    const std::vector<uint8_t> open = form.Open(child);
    for (size_t choice = 0; choice < child.size(); ++choice) {
      EXPECT_TRUE(open[choice] == 0 || canonical[choice] == child[choice]);
    }
  }
}

v1::SearchOptions Windows(double min_macs, double max_macs, double max_params = 0) {
  v1::SearchOptions options;
  v1::Constraint* macs = options.add_constraints();
  macs->set_cost("macs");
  macs->set_min(min_macs);
  macs->set_max(max_macs);
  if (max_params > 0) {
    v1::Constraint* params = options.add_constraints();
    params->set_cost("params");
    params->set_max(max_params);
  }
  return options;
}

TEST(Repair, BringsEveryChildInsideAndChangesLittle) {
  const struct {
    const char* preset;
    v1::SearchOptions windows;
    double most_changes;  // on average
  } cases[] = {{"mobilenet-proxyless-gpu", Windows(450e6, 475e6), 6},
               {"mobilenet-proxyless-gpu", Windows(300e6, 302e6), 14},
               {"nas-bench-201", Windows(80e6, 84e6, 600e3), 2.5},
               {"pad-nas-basic", Windows(0, 250e6), 10}};
  for (const auto& [preset, windows, most_changes] : cases) {
    SCOPED_TRACE(preset);
    const space::Space space = *space::Preset(preset, {});
    auto fresh = FreshChildren::Make(space, windows, 5);
    ASSERT_TRUE(fresh.ok()) << fresh.status().message();
    double changes = 0;
    for (uint64_t i = 0; i < 100; ++i) {
      Philox random(7, Purpose::kSampleSpace, i);
      Architecture child;
      for (const space::Choice& choice : space.choices) {
        child.push_back(choice.alive[random.Below(static_cast<uint32_t>(choice.alive.size()))]);
      }
      const Architecture repaired = Repaired(space, child, *fresh, random);
      EXPECT_TRUE(fresh->Meets(repaired));
      EXPECT_TRUE(repaired == child || !fresh->Meets(child));
      changes += space::HammingDistance(space, child, repaired) / 100.0;
    }
    EXPECT_LT(changes, most_changes);
  }
}

TEST(Repair, KeepsTheCanonicalForm) {
  const space::Space space = PickingSpace();
  const auto model = space::CostModel::Make(space);
  const double middle = static_cast<double>(model->min().macs + model->max().macs) / 2;
  auto fresh = FreshChildren::Make(space, Windows(0.9 * middle, 0.92 * middle), 5);
  ASSERT_TRUE(fresh.ok()) << fresh.status().message();
  for (uint64_t i = 0; i < 50; ++i) {
    Philox random(7, Purpose::kSampleSpace, i);
    Architecture child;
    for (const space::Choice& choice : space.choices) {
      child.push_back(choice.alive[random.Below(static_cast<uint32_t>(choice.alive.size()))]);
    }
    fresh->form().Canonicalise(&child);
    const Architecture repaired = Repaired(space, child, *fresh, random);
    EXPECT_TRUE(fresh->Meets(repaired));
    EXPECT_EQ(repaired, space::Canonical(space, repaired));
    EXPECT_LE(static_cast<double>(model->Macs(repaired)), 0.92 * middle);
    EXPECT_GE(static_cast<double>(model->Macs(repaired)), 0.9 * middle);
  }
}

}  // namespace
}  // namespace nasshrink::search
