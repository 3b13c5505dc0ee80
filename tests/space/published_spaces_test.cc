// Every published space fits the message: it is accepted, has its published size and keeps its identity.
#include "space/published_spaces.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "space/architecture.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/count.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

struct Published {
  const char* name;
  v1::SearchSpace (*make)();
  std::string children;
  size_t choices;
  size_t operators;
};

std::string Power(uint64_t factor, unsigned exponent) {
  return BigInt(boost::multiprecision::pow(BigInt(factor), exponent)).str();
}

v1::SearchSpace Nb201() {
  v1::SearchSpace message;
  SpaceToMessage(tests::NasBench201(), &message);
  return message;
}
v1::SearchSpace PadBasic() { return tests::PadNas(false); }
v1::SearchSpace PadLarge() { return tests::PadNas(true); }
v1::SearchSpace Open() { return tests::AutoSpaceOpen(21); }
v1::SearchSpace Learned() { return tests::AutoSpaceLearned(11); }

class PublishedSpace : public testing::TestWithParam<Published> {};

TEST_P(PublishedSpace, IsAcceptedWithItsSize) {
  const auto space = SpaceFromMessage(GetParam().make());
  ASSERT_TRUE(space.ok()) << space.status().message();
  EXPECT_TRUE(Validate(*space).ok());
  EXPECT_EQ(ChildrenText(*space), GetParam().children);
  EXPECT_EQ(space->choices.size(), GetParam().choices);
  EXPECT_EQ(space->OperatorCount(), GetParam().operators);
}

TEST_P(PublishedSpace, KeepsItsBytes) {
  const auto space = SpaceFromMessage(GetParam().make());
  ASSERT_TRUE(space.ok());
  const std::string bytes = CanonicalBytes(*space);
  const auto again = ParseSpace(bytes);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(CanonicalBytes(*again), bytes);
  EXPECT_EQ(again->full_fingerprint, space->full_fingerprint);
  EXPECT_EQ(again->root_fingerprint, space->root_fingerprint);
}

TEST_P(PublishedSpace, EnumeratesDistinctChildren) {
  const auto space = SpaceFromMessage(GetParam().make());
  ASSERT_TRUE(space.ok());
  if (!CheckListed(*space).ok()) {
    EXPECT_EQ(CheckArchitecture(*space, Architecture(space->choices.size())).code(), base::Code::kFailedPrecondition);
    return;
  }
  const BigInt children = Children(*space);
  std::set<Architecture> seen;
  const int steps = 50;
  for (int i = 0; i < steps; ++i) {
    const Architecture child = NthChild(*space, children * i / steps);
    EXPECT_TRUE(CheckArchitecture(*space, child).ok());
    EXPECT_EQ(Canonical(*space, child), child);
    seen.insert(child);
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(steps));
}

INSTANTIATE_TEST_SUITE_P(
    All, PublishedSpace,
    testing::Values(Published{"NasBench201", &Nb201, "15625", 6, 30},
                    Published{"ProxylessGpu", &tests::ProxylessGpu, "221502229807900608", 21, 141},
                    Published{"ProxylessMobile", &tests::ProxylessMobile, "221502229807900608", 21, 141},
                    Published{"FairNas", &tests::FairNas, "609359740010496", 19, 114},
                    Published{"PadNasBasic", &PadBasic, "664506689423701824", 22, 144},
                    Published{"PadNasLarge", &PadLarge, "1549031679337668995101220928", 22, 396},
                    Published{"SposShuffleNet", &tests::SposShuffleNet, "1099511627776", 20, 80},
                    Published{"NasBenchMacro", &tests::NasBenchMacro, "6561", 8, 24},
                    Published{"DartsPairs", &tests::DartsPairs, Power(1037664180, 2), 36, 2 * (14 * 7 + 20)},
                    Published{"DartsShared", &tests::DartsShared, "4398046511104", 14, 112},
                    Published{"AutoSpaceOpen", &Open, Power(93750, 21), 21, 0},
                    Published{"AutoSpaceLearned", &Learned, Power(9, 11), 11, 99}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(DartsPairs, CountsEveryNetworkOnce) {
  // Two cells are too many to list, so keep two operators an edge and one operator in the reduction cell.
  v1::SearchSpace message = tests::DartsPairs();
  for (v1::Choice& choice : *message.mutable_choices()) {
    const bool pairs = choice.candidates(0).has_edges();
    const bool normal = choice.key().rfind("normal", 0) == 0;
    const bool late = choice.key().find("5") != std::string::npos || choice.key().find("4") != std::string::npos;
    const int keep = !normal || late ? 1 : (pairs ? choice.candidates_size() : 2);
    for (int c = 0; c < keep; ++c) choice.add_alive(static_cast<uint32_t>(c));
  }
  const auto space = SpaceFromMessage(message);
  ASSERT_TRUE(space.ok()) << space.status().message();
  // Node 2 keeps both edges, node 3 two of three: 2^2 * 3 * 2^2.
  ASSERT_EQ(Children(*space), 48);
  std::set<Architecture> children;
  for (int i = 0; i < 48; ++i) children.insert(NthChild(*space, i));
  EXPECT_EQ(children.size(), 48U);
}

TEST(AutoSpaceOpen, CountsAMergeFunctionANode) {
  v1::SearchSpace message = tests::AutoSpaceOpen(1);
  message.mutable_choices(0)->mutable_grammar()->set_merge_per_node(true);
  const auto space = SpaceFromMessage(message);
  ASSERT_TRUE(space.ok());
  EXPECT_EQ(Children(*space), 15625 * 3 * 4);
}

TEST(SharingGroups, ChangeTheFullFingerprintAlone) {
  v1::SearchSpace message = tests::ProxylessGpu();
  const auto plain = SpaceFromMessage(message);
  v1::SharingGroup* group = message.add_sharing_groups();
  group->add_choices(3);
  group->add_choices(7);
  message.add_sharing_groups()->add_choices(4);
  message.mutable_sharing_groups(1)->add_choices(5);
  const auto grouped = SpaceFromMessage(message);
  ASSERT_TRUE(plain.ok() && grouped.ok());
  EXPECT_EQ(grouped->children_fingerprint, plain->children_fingerprint);
  EXPECT_EQ(grouped->root_fingerprint, plain->root_fingerprint);
  EXPECT_NE(grouped->full_fingerprint, plain->full_fingerprint);
  EXPECT_EQ(Children(*grouped), Children(*plain));
}

TEST(AliveCandidates, ChangeChildrenAndFullButNotTheRoot) {
  v1::SearchSpace message = tests::DartsShared();
  const auto root = SpaceFromMessage(message);
  for (const uint32_t candidate : {1, 4}) message.mutable_choices(2)->add_alive(candidate);
  const auto shrunk = SpaceFromMessage(message);
  ASSERT_TRUE(root.ok() && shrunk.ok());
  EXPECT_EQ(shrunk->root_fingerprint, root->root_fingerprint);
  EXPECT_NE(shrunk->children_fingerprint, root->children_fingerprint);
  EXPECT_NE(shrunk->full_fingerprint, root->full_fingerprint);
}

TEST(OperatorGraph, IsAnOperatorLikeAnyOther) {
  v1::SearchSpace message = Nb201();
  v1::Candidate* candidate = message.mutable_choices(0)->add_candidates();
  candidate->set_code(9);
  candidate->set_label("my_residual");
  candidate->mutable_op()->set_kind("graph");
  v1::Primitive* conv = candidate->mutable_op()->add_graph();
  conv->set_kind("conv");
  conv->add_inputs(0);
  v1::Attribute* kernel = conv->add_attributes();
  kernel->set_name("kernel");
  kernel->set_integer(3);
  v1::Primitive* add = candidate->mutable_op()->add_graph();
  add->set_kind("add");
  add->add_inputs(0);
  add->add_inputs(1);
  const auto space = SpaceFromMessage(message);
  ASSERT_TRUE(space.ok()) << space.status().message();
  EXPECT_EQ(Children(*space), 18750);
  const auto cost = CostModel::Make(*space);
  ASSERT_TRUE(cost.ok()) << cost.status().message();
}

}  // namespace
}  // namespace nasshrink::space
