// PAD-NAS's counting and pruning: fixtures, a population worked out by hand, what is refused.
#include "shrink/pad_nas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "score/angle_fixture.h"
#include "score/chain_space.h"
#include "shared_file.h"
#include "shrink/rule.h"
#include "space/architecture.h"
#include "space/count.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using tests::Json;

uint32_t CandidateOf(const space::Space& space, size_t choice, int code) {
  const auto& candidates = space.choices[choice].candidates;
  for (uint32_t at = 0; at < candidates.size(); ++at) {
    if (candidates[at].code == code) return at;
  }
  ADD_FAILURE() << "no operator " << code << " in choice " << choice;
  return 0;
}

v1::EvaluatedArchitectures Empty(const space::Space& space) {
  v1::EvaluatedArchitectures evaluated;
  evaluated.set_root_fingerprint(space.root_fingerprint);
  evaluated.set_choices(static_cast<uint32_t>(space.choices.size()));
  evaluated.add_objectives()->set_name("latency_ms");
  evaluated.add_objectives()->set_name("accuracy");
  evaluated.mutable_objectives(1)->set_maximise(true);
  return evaluated;
}

void Add(const space::Space& space, const std::string& codes, double latency, double accuracy,
         v1::EvaluatedArchitectures* evaluated) {
  std::istringstream words(codes);
  int code = 0;
  for (size_t choice = 0; words >> code; ++choice) evaluated->add_candidates(CandidateOf(space, choice, code));
  evaluated->mutable_objectives(0)->add_values(latency);
  evaluated->mutable_objectives(1)->add_values(accuracy);
}

v1::PadNasRule Threshold(double threshold) {
  v1::PadNasRule rule;
  rule.set_threshold(threshold);
  return rule;
}

base::Result<shrink::Shrunk> Apply(const space::Space& space, const v1::EvaluatedArchitectures& evaluated,
                                   const v1::PadNasRule& pad_nas) {
  v1::ShrinkInput input;
  *input.mutable_evaluated() = evaluated;
  v1::ShrinkRule rule;
  *rule.mutable_pad_nas() = pad_nas;
  return shrink::ApplyRule(space, input, rule);
}

Json RowsOf(const space::Space& space, const v1::OperatorFrequencies& frequencies, bool dropped) {
  Json rows = Json::array();
  for (const v1::OperatorFrequency& row : frequencies.operators()) {
    if (!(dropped ? row.dropped() : row.kept_as_most_frequent())) continue;
    rows.push_back({row.choice(), space.choices[row.choice()].candidates[row.candidate()].code});
  }
  return rows;
}

// A case that gives ranks alone is put on a diagonal; its ranks 1, 2, 9, 10, 11 are then the fronts 1 to 5.
v1::EvaluatedArchitectures ArchiveOf(const space::Space& space, const Json& given, v1::PadNasRule* rule) {
  v1::EvaluatedArchitectures evaluated = Empty(space);
  const bool ranks = given["archive_columns"].size() == 2;
  if (ranks) rule->set_fronts(3);
  for (const Json& row : given["archive"]) {
    const double latency = row[1].get<double>();
    Add(space, row[0], latency, ranks ? -latency : tests::Number(row[2]), &evaluated);
  }
  return evaluated;
}

TEST(PadNas, FixturesAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/pad_counts.json");
  size_t thresholds = 0;
  for (const Json& given : tests::CasesOf(path)) {
    SCOPED_TRACE(given["name"].get<std::string>());
    const auto space = tests::ChainSpace(given["alive"].get<std::vector<std::vector<int>>>());
    for (const Json& expected : given["expected"]) {
      v1::PadNasRule rule = Threshold(tests::Number(expected["p_th"]));
      const v1::EvaluatedArchitectures archive = ArchiveOf(space, given, &rule);
      const auto counted = shrink::CountForPadNas(space, archive, rule);
      if (!expected["below_survival_bound"]) {
        EXPECT_EQ(counted.status().code(), base::Code::kInvalidArgument);
        continue;
      }
      ASSERT_TRUE(counted.ok()) << counted.status().message();
      EXPECT_EQ(counted->children(), given["counted"].get<uint64_t>());
      for (int i = 0; i < counted->operators_size(); ++i) {
        const Json& row = given["frequencies"][static_cast<size_t>(i)];
        EXPECT_EQ(counted->operators(i).candidate(), CandidateOf(space, row[0], row[1]));
        EXPECT_EQ(counted->operators(i).count(), row[2].get<uint64_t>());
        EXPECT_NEAR(counted->operators(i).frequency(), tests::Number(row[3]), 1e-15);
      }
      EXPECT_EQ(RowsOf(space, *counted, true), expected["dropped"]) << expected["p_th"];
      EXPECT_EQ(RowsOf(space, *counted, false), expected["kept_only_as_most_frequent"]) << expected["p_th"];
      ++thresholds;
    }
  }
  EXPECT_GT(thresholds, 12U);
}

// Two choices of three operators and, in ms and percent, front 1: a (0 0) 50, 70; b (0 1) 60, 75; c (1 0) 70, 78;
// front 2: d (0 2) 55, 69; e (2 0) 75, 77. With two fronts five children are counted: in choice 0 the shares are
// 3/5, 1/5, 1/5, in choice 1 3/5, 1/5, 1/5; with one front 2/3, 1/3, 0 and 2/3, 1/3, 0.
v1::EvaluatedArchitectures ByHand(const space::Space& space) {
  v1::EvaluatedArchitectures evaluated = Empty(space);
  Add(space, "0 0", 50, 70, &evaluated);
  Add(space, "0 1", 60, 75, &evaluated);
  Add(space, "1 0", 70, 78, &evaluated);
  Add(space, "0 2", 55, 69, &evaluated);
  Add(space, "2 0", 75, 77, &evaluated);
  return evaluated;
}

TEST(PadNas, PopulationWorkedOutByHand) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1, 2}});
  const v1::EvaluatedArchitectures evaluated = ByHand(space);
  const auto all = Apply(space, evaluated, Threshold(0.2));
  ASSERT_TRUE(all.ok()) << all.status().message();
  EXPECT_EQ(all->edits.frequencies().children(), 5U);
  EXPECT_EQ(RowsOf(space, all->edits.frequencies(), true), Json::parse("[[0, 1], [0, 2], [1, 1], [1, 2]]"));
  EXPECT_EQ(space::ChildrenText(all->space), "1");
  EXPECT_EQ(Apply(space, evaluated, Threshold(0.1999))->dropped.size(), 0U);

  v1::PadNasRule first = Threshold(0);
  first.set_fronts(1);
  const auto front = Apply(space, evaluated, first);
  EXPECT_EQ(front->edits.frequencies().children(), 3U);
  ASSERT_EQ(front->dropped.size(), 2U);
  EXPECT_EQ(front->dropped[1].choice(), 1U);
  EXPECT_EQ(front->dropped[1].candidate(), 2U);
  EXPECT_EQ(front->dropped[1].score(), 0);
  EXPECT_EQ(space::ChildrenText(front->space), "4");
}

// Of the last population alone d and e are left, one front: the shares of choice 0 are 1/2, 0, 1/2.
TEST(PadNas, ThePoolMayBeThePopulation) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1, 2}});
  v1::EvaluatedArchitectures evaluated = ByHand(space);
  v1::PadNasRule rule = Threshold(0.01);
  rule.set_pool("population");
  EXPECT_EQ(Apply(space, evaluated, rule).status().code(), base::Code::kFailedPrecondition);
  evaluated.add_population(3);
  evaluated.add_population(4);
  const auto shrunk = Apply(space, evaluated, rule);
  ASSERT_TRUE(shrunk.ok()) << shrunk.status().message();
  EXPECT_EQ(shrunk->edits.frequencies().children(), 2U);
  EXPECT_EQ(RowsOf(space, shrunk->edits.frequencies(), true), Json::parse("[[0, 1], [1, 1]]"));
}

TEST(PadNas, TheDefaultThresholdIsOnePercentOfNineFronts) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}});
  v1::EvaluatedArchitectures evaluated = Empty(space);
  Add(space, "0", 1, 1, &evaluated);
  Add(space, "1", 2, 0, &evaluated);
  const auto shrunk = Apply(space, evaluated, {});
  EXPECT_EQ(RowsOf(space, shrunk->edits.frequencies(), true), Json::parse("[[0, 2]]"));
}

// An edge that its node leaves out counts for none of its operators.
TEST(PadNas, EdgesThatAreNotKeptDoNotCount) {
  const space::Space space = *space::Preset("darts", {});
  v1::EvaluatedArchitectures evaluated = Empty(space);
  evaluated.set_choices(static_cast<uint32_t>(space.choices.size()));
  const space::Architecture child = space::NthChild(space, 0);
  evaluated.mutable_candidates()->Add(child.begin(), child.end());
  evaluated.mutable_objectives(0)->add_values(1);
  evaluated.mutable_objectives(1)->add_values(1);
  const auto counted = shrink::CountForPadNas(space, evaluated, Threshold(0.01));
  ASSERT_TRUE(counted.ok()) << counted.status().message();
  std::map<uint32_t, uint64_t> uses;
  std::map<uint32_t, int> drops;
  for (const v1::OperatorFrequency& row : counted->operators()) {
    uses[row.choice()] += row.count();
    drops[row.choice()] += row.dropped() ? 1 : 0;
  }
  int kept = 0;
  for (const auto& [choice, count] : uses) {
    const bool edge = space.choices[choice].candidates[0].op() != nullptr;
    kept += edge && count == 1 ? 1 : 0;
    const auto others = static_cast<int>(space.choices[choice].alive.size()) - 1;
    EXPECT_EQ(drops[choice], count == 1 ? others : 0) << choice;
  }
  EXPECT_EQ(kept, 16);  // two a node, four nodes, two cells
}

TEST(PadNas, BadInputIsRefusedByField) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1, 2}});
  const v1::EvaluatedArchitectures good = ByHand(space);
  v1::EvaluatedArchitectures twice = good;
  Add(space, "0 0", 1, 1, &twice);
  v1::EvaluatedArchitectures foreign = good;
  foreign.set_candidates(3, 7);
  v1::EvaluatedArchitectures other = good;
  other.set_root_fingerprint(std::string(32, 'x'));
  v1::EvaluatedArchitectures torn = good;
  torn.mutable_objectives(1)->mutable_values()->RemoveLast();
  v1::EvaluatedArchitectures nan = good;
  nan.mutable_objectives(0)->set_values(2, std::nan(""));
  v1::EvaluatedArchitectures aimless = good;
  aimless.clear_objectives();
  v1::PadNasRule nowhere = Threshold(0.01);
  nowhere.set_pool("front");
  const struct {
    v1::EvaluatedArchitectures evaluated;
    v1::PadNasRule rule;
    const char* field;
  } cases[] = {{twice, {}, "evaluated.architectures[5]"},
               {foreign, {}, "evaluated.architectures[1].candidates[1]"},
               {other, {}, "evaluated.root_fingerprint"},
               {torn, {}, "evaluated.objectives[1].values"},
               {nan, {}, "evaluated.objectives[0].values[2]"},
               {aimless, {}, "evaluated.objectives"},
               {good, Threshold(1.0 / 3), "pad_nas.threshold"},
               {good, Threshold(-0.1), "pad_nas.threshold"},
               {good, Threshold(std::nan("")), "pad_nas.threshold"},
               {good, nowhere, "pad_nas.pool"}};
  for (const auto& [evaluated, rule, field] : cases) {
    const auto status = Apply(space, evaluated, rule).status();
    EXPECT_FALSE(status.ok()) << field;
    EXPECT_EQ(status.details().field, field) << status.message();
  }
  EXPECT_EQ(Apply(space, {}, {}).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace nasshrink
