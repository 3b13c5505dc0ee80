// Network files: ProxylessNAS, Once-for-All, AutoSpace.
#include <gtest/gtest.h>

#include "space/architecture.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/network_config.h"
#include "space/network_space.h"
#include "space/notation.h"
#include "space/notation_errors.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

using tests::Replaced;

// A child of ProxylessNAS-GPU and the file it makes.
class Networks : public ::testing::Test {
 protected:
  Networks()
      : space_(*SpaceFromMessage(tests::ProxylessGpu())),
        child_(*ImportArchitecture(space_, "ops", "2 -1 -1 -1 4 -1 -1 0 5 -1 -1 2 3 -1 0 2 5 5 5 3 5")),
        text_(*ExportArchitecture(space_, child_, "proxylessnas")) {}

  Space space_;
  Architecture child_;
  std::string text_;
};

TEST_F(Networks, MakesASpaceOfOneNetwork) {
  const auto network = ImportSpace("", text_);
  ASSERT_TRUE(network.ok()) << network.status().message();
  EXPECT_EQ(network->choices.size(), 22U);
  const Architecture only(22, 0);
  const auto cost = CostModel::Make(*network);
  ASSERT_TRUE(cost.ok()) << cost.status().message();
  EXPECT_EQ(cost->Macs(only), 465'260'160U);
  EXPECT_EQ(cost->Params(only), 7'119'848U);
  // The file that the one network makes is the file it came from, but for what the stem is followed by.
  const auto again = ImportSpace("", *ExportArchitecture(*network, only, "proxylessnas"));
  EXPECT_EQ(CanonicalBytes(*again), CanonicalBytes(*network));
}

TEST_F(Networks, KnowsTheDifferenceBetweenTheTwoFiles) {
  const std::string detailed = *ExportArchitecture(space_, child_, "once-for-all");
  EXPECT_EQ(text_.find("mid_channels"), std::string::npos);
  EXPECT_NE(detailed.find("\"mid_channels\":96,\"act_func\":\"relu6\",\"use_se\":false"), std::string::npos);
  EXPECT_EQ(*ImportArchitecture(space_, "proxylessnas", detailed), child_);
  EXPECT_EQ(*ImportArchitecture(space_, "once-for-all", text_), child_);
}

TEST_F(Networks, NamesThePlaceInTheDocument) {
  Space space = space_;
  space.choices[4].alive = {0, 1};
  Finish(space);
  const std::string first_block = "\"out_channels\":24,\"kernel_size\":3,\"stride\":1,\"expand_ratio\":1";
  const std::string second_block = "\"out_channels\":32,\"kernel_size\":5,\"stride\":2,\"expand_ratio\":3";
  tests::ExpectPointsAt(space, "", {{text_, "blocks[5].mobile_inverted_conv"}});
  const auto with = [&](const std::string& from, const std::string& to) { return Replaced(text_, from, to); };
  tests::ExpectPointsAt(
      space_, "proxylessnas",
      {{"{", "text[1]"},
       {"[]", "text"},
       {"{}", "name"},
       {"{\"name\":\"ResNet\"}", "name"},
       {"{\"name\":\"ProxylessNASNets\"}", "first_conv"},
       {text_ + "]", "text[" + std::to_string(text_.size()) + "]"},
       {with("\"out_channels\":40", "\"out_channels\":48"), "blocks[0].mobile_inverted_conv.in_channels"},
       {with("\"kernel_size\":3,\"stride\":2", "\"kernel_size\":3,\"stride\":1"), "first_conv.stride"},
       {with(first_block, Replaced(first_block, "\"kernel_size\":3", "\"kernel_size\":5")),
        "blocks[0].mobile_inverted_conv"},
       {with(first_block, Replaced(first_block, "\"kernel_size\":3", "\"kernel_size\":4")),
        "blocks[0].mobile_inverted_conv.kernel_size"},
       {with(first_block, Replaced(first_block, "\"expand_ratio\":1", "\"expand_ratio\":1.5")),
        "blocks[0].mobile_inverted_conv.expand_ratio"},
       {with(first_block, first_block + ",\"mid_channels\":41"), "blocks[0].mobile_inverted_conv.mid_channels"},
       {with(first_block, first_block + ",\"act_func\":\"tanh\""), "blocks[0].mobile_inverted_conv.act_func"},
       {with(second_block, Replaced(second_block, "\"expand_ratio\":3", "\"expand_ratio\":4")),
        "blocks[1].mobile_inverted_conv"},
       {with(second_block, second_block + ",\"use_se\":true"), "blocks[1].mobile_inverted_conv"},
       {with("MBInvertedConvLayer", "DenseLayer"), "blocks[0].mobile_inverted_conv.name"},
       {with("},\"shortcut\":null", "},\"shortcut\":{\"name\":\"IdentityLayer\"}"), "blocks[0].shortcut"},
       {with("\"in_features\":1728", "\"in_features\":1280"), "classifier.in_features"},
       {with("\"bias\":false", "\"bias\":true"), "first_conv.bias"},
       {std::string(100, '[') + std::string(100, ']'), "text[32]"}});
  // Ten classes are the same architecture.
  EXPECT_EQ(*ImportArchitecture(space_, "", with("\"out_features\":1000", "\"out_features\":10")), child_);
  const Space mobile = *SpaceFromMessage(tests::ProxylessMobile());
  tests::ExpectPointsAt(mobile, "", {{text_, "first_conv.out_channels"}});
}

TEST(AutoSpaceNotation, ReadsAndWritesGraphs) {
  const auto learned =
      ImportSpace("",
                  "{\"name\":\"SuperProxylessNASNets\",\"blocks\":["
                  "[[[0,0,0,1],[2,0,0,[0,1]],[5,5,0,0],[1,2,5,0]],[[0,0,0,0],[3,0,0,[1,1]],[3,5,0,0],[1,2,5,0]]],"
                  "[[[0,0,0,2],[5,0,0,[0,0]],[1,5,0,0],[1,1,5,0]]]]}");
  ASSERT_TRUE(learned.ok()) << learned.status().message();
  const std::string text =
      "[[[0,0,0,0],[3,0,0,[1,1]],[3,5,0,0],[1,2,5,0]],[[0,0,0,2],[5,0,0,[0,0]],[1,5,0,0],[1,1,5,0]]]";
  EXPECT_EQ(*ImportArchitecture(*learned, "", text), (Architecture{1, 0}));
  EXPECT_EQ(*ExportArchitecture(*learned, {1, 0}, "autospace"), text);
  const auto& cell = std::get<CellCandidate>(learned->choices[0].candidates[0].body);
  EXPECT_EQ(cell.ratio, 3U);
  EXPECT_EQ(cell.merges, (std::vector<Merge>{Merge::kSum, Merge::kProduct}));
  EXPECT_EQ(cell.edges[5].op.kind, "depthwise_conv");
  EXPECT_EQ(cell.edges[3].op.kind, "none");
  tests::ExpectPointsAt(*learned, "autospace",
                        {{"[]", "layers"},
                         {Replaced(text, "[3,5,0,0]", "[3,6,0,0]"), "layers[0][2][1]"},
                         {Replaced(text, "[0,0,0,2]", "[0,0,0,3]"), "layers[1][0][3]"},
                         {Replaced(text, "[0,0,0,2]", "[0,1,0,2]"), "layers[1][0][1]"},
                         {Replaced(text, "[0,0]]", "[0,0,0]]"), "layers[1][1][3]"},
                         {Replaced(text, "[3,5,0,0],", ""), "layers[0]"},
                         {Replaced(text, "[3,5,0,0]", "[3,5,0]"), "layers[0][2]"},
                         {Replaced(text, "[3,5,0,0]", "[5,5,0,0]"), "layers[0]"}});
  EXPECT_EQ(ImportSpace("autospace-space", "{\"blocks\":[[]]}").status().details().field, "blocks[0]");
  EXPECT_EQ(ImportSpace("morse", "{}").status().details().field, "format");
}

}  // namespace
}  // namespace nasshrink::space
