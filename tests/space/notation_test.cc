#include "space/notation.h"

#include <gtest/gtest.h>

#include "space/architecture.h"
#include "space/codec.h"
#include "space/count.h"
#include "space/notation_errors.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

constexpr const char* kBest =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|";

TEST(Notation, ReadsAndWritesNasBench201Strings) {
  const Space space = tests::NasBench201();
  const Architecture best = {3, 3, 3, 1, 3, 2};
  EXPECT_EQ(*ImportArchitecture(space, "", kBest), best);
  EXPECT_EQ(*ImportArchitecture(space, "nas-bench-201", kBest), best);
  EXPECT_EQ(*ExportArchitecture(space, best, "nas-bench-201"), kBest);
  EXPECT_EQ(*ExportArchitecture(space, best, ""), "3 3 3 1 3 2");
  EXPECT_EQ(*ImportArchitecture(space, "", "3,3, 3\t1 3 2\n"), best);
}

TEST(Notation, TellsCodesFromIndices) {
  const auto space = SpaceFromMessage(tests::ProxylessGpu());
  ASSERT_TRUE(space.ok());
  std::string codes;
  for (int i = 0; i < 21; ++i) codes += i % 4 == 0 ? "0 " : "-1 ";
  const auto child = ImportArchitecture(*space, "ops", codes);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ((*child)[1], 6U);
  const std::string indices = *ExportArchitecture(*space, *child, "indices");
  EXPECT_EQ(indices.substr(0, 7), "0 6 6 6");
  EXPECT_EQ(*ImportArchitecture(*space, "indices", indices), *child);
}

TEST(Notation, TakesTuplesAndLists) {
  const Space space = tests::NasBench201();
  const Architecture child = {3, 1, 0, 4, 2, 1};
  for (const char* text : {"3 1 0 4 2 1", "(3, 1, 0, 4, 2, 1)", "[3,1,0,4,2,1]", "(3,1,0,4,2,1,)\n"}) {
    const auto read = ImportArchitecture(space, "", text);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status().message();
    EXPECT_EQ(*read, child);
  }
}

TEST(Notation, SaysWhichFormatsASpaceHas) {
  const auto formats = [](const v1::SearchSpace& message) { return Formats(*SpaceFromMessage(message)); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(Formats(tests::NasBench201()), (Names{"ops", "indices", "key", "nas-bench-201"}));
  const Names blocks = {"ops", "indices", "key", "blocks", "proxylessnas", "once-for-all"};
  EXPECT_EQ(formats(tests::ProxylessGpu()), blocks);
  EXPECT_EQ(formats(tests::PadNas(true)), blocks);
  EXPECT_EQ(formats(tests::FairNas()),
            (Names{"ops", "indices", "key", "nas-bench-macro", "blocks", "proxylessnas", "once-for-all"}));
  EXPECT_EQ(formats(tests::SposShuffleNet()), (Names{"ops", "indices", "key", "nas-bench-macro"}));
  // Its identity changes shapes, so it is no list of inverted residual blocks.
  EXPECT_EQ(formats(tests::NasBenchMacro()), (Names{"ops", "indices", "key", "nas-bench-macro"}));
  EXPECT_EQ(formats(tests::DartsPairs()), (Names{"ops", "indices", "key", "darts"}));
  EXPECT_EQ(formats(tests::DartsShared()), (Names{"ops", "indices", "key", "darts"}));
  EXPECT_EQ(formats(tests::AutoSpaceLearned(11)), (Names{"ops", "indices", "key", "autospace"}));
}

// Every notation of every published space: what is written reads back, by name and, but for the lists of numbers that
// look like codes, by detection.
TEST(Notation, RoundTripsInEverySpace) {
  std::vector<Space> spaces = {tests::NasBench201()};
  for (const v1::SearchSpace& message :
       {tests::ProxylessGpu(), tests::ProxylessMobile(), tests::FairNas(), tests::PadNas(false), tests::PadNas(true),
        tests::SposShuffleNet(), tests::NasBenchMacro(), tests::DartsPairs()}) {
    spaces.push_back(*SpaceFromMessage(message));
  }
  for (const Space& space : spaces) {
    const BigInt children = Children(space);
    for (int draw = 0; draw < 20; ++draw) {
      const Architecture child = NthChild(space, children * draw / 20 + draw);
      for (const std::string& format : Formats(space)) {
        const auto text = ExportArchitecture(space, child, format);
        ASSERT_TRUE(text.ok()) << space.name << " " << format << ": " << text.status().message();
        const auto read = ImportArchitecture(space, format, *text);
        ASSERT_TRUE(read.ok()) << space.name << " " << format << ": " << read.status().message();
        EXPECT_EQ(*read, child) << space.name << " " << format << ": " << *text;
        if (format == "indices" || format == "key") continue;
        const auto detected = ImportArchitecture(space, "", *text);
        ASSERT_TRUE(detected.ok()) << *text << ": " << detected.status().message();
        EXPECT_EQ(*detected, child) << *text;
      }
    }
  }
}

TEST(Notation, PointsAtTheCharacterOfANumber) {
  Space space = tests::NasBench201();
  space.choices[1].alive = {0, 1};
  Finish(space);
  tests::ExpectPointsAt(space, "",
                        {{"", "text[0]"},
                         {"1 1 1 1 1", "text[9]"},
                         {"1 1 1 1 1 1 1", "text[12]"},
                         {"1 1 1 1 1 x", "text[10]"},
                         {"1 1 1 1 1 9", "text[10]"},
                         {"1  3 1 1 1 1", "text[3]"},
                         {"1 1 1 1 1 99999999999999999999", "text[10]"},
                         {"(1 1 1 1 1 1", "text[12]"},
                         {"(1 1 1 1 1 1]", "text[12]"},
                         {"[1 1 1 1 1 1] 1", "text[14]"},
                         {"1 1 1; 1 1 1", "text[5]"},
                         {std::string("1 1\0 1 1 1 1", 12), "text[3]"},
                         {std::string(kMaxNotationBytes + 1, '1'), "text"}});
  tests::ExpectPointsAt(space, "indices", {{"1 1 1 1 1 5", "text[10]"}, {"1 2 1 1 1 1", "text[2]"}});
}

// A key counts in the root space, so dropping candidates does not change what it names.
TEST(Notation, KeysSurviveShrinking) {
  Space space = tests::NasBench201();
  EXPECT_EQ(*ExportArchitecture(space, {0, 0, 2, 0, 0, 0}, "key"), "250");
  space.choices[2].alive = {1, 2};
  space.choices[1].alive = {0, 1};
  Finish(space);
  EXPECT_EQ(*ImportArchitecture(space, "key", "0250"), (Architecture{0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(*ExportArchitecture(space, {0, 0, 2, 0, 0, 0}, "key"), "250");
  EXPECT_EQ(ImportArchitecture(space, "key", "0").status().code(), base::Code::kInvalidArgument);
  tests::ExpectPointsAt(
      space, "key",
      {{"", "text[0]"}, {"-1", "text[0]"}, {" 15625", "text[1]"}, {"250 7", "text[4]"}, {"0x1", "text[0]"}});
}

TEST(Notation, PointsAtTheCharacterOfANasBench201String) {
  Space space = tests::NasBench201();
  space.choices[1].alive = {0, 1};
  Finish(space);
  tests::ExpectPointsAt(space, "",
                        {{"|none~0|+|none~0|none~1|", "text[24]"},
                         {"|none~0|+|none~0|none~1|+|none~0|none~1|", "text[40]"},
                         {"|none~0|+|none~0|none~1|+|none~0|none~2|none~2|", "text[37]"},
                         {"|none~0|+|none~0|none~1|+|none~0|none~1|warp~2|", "text[40]"},
                         {"|none~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|none~2|", "text[10]"},
                         {"|none|+|none~0|none~1|+|none~0|none~1|none~2|", "text[5]"},
                         {"none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "text[0]"},
                         {"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+", "text[47]"}});
  EXPECT_EQ(ImportArchitecture(space, "morse", "1").status().details().field, "format");
  const auto chain = SpaceFromMessage(tests::NasBenchMacro());
  EXPECT_EQ(ImportArchitecture(*chain, "nas-bench-201", kBest).status().details().field, "format");
  EXPECT_EQ(ImportArchitecture(*chain, "", kBest).status().details().field, "format");
}

TEST(Notation, PointsAtTheCharacterOfACode) {
  Space space = *SpaceFromMessage(tests::NasBenchMacro());
  space.choices[2].alive = {0, 1};
  Finish(space);
  EXPECT_EQ(*ImportArchitecture(space, "", "22012210"), (Architecture{2, 2, 0, 1, 2, 2, 1, 0}));
  tests::ExpectPointsAt(space, "nas-bench-macro",
                        {{"", "text[0]"},
                         {"2201221", "text[7]"},
                         {"220122100", "text[8]"},
                         {"22212210", "text[2]"},
                         {" 2201221x", "text[8]"},
                         {"22012210 1", "text[9]"}});
}

TEST(Notation, ReadsBlocksAsPapersWriteThem) {
  const Space space = *SpaceFromMessage(tests::ProxylessMobile());
  const char* listed =
      "e1k3; k5e3,k3e3,-,-; k7e3,k3e3,k5e3,k5e3; k7e6,k5e3,k5e3,k5e3; k5e6,k5e3,k5e3,k5e3; k7e6,k7e6,k7e3,k7e3; k7e6";
  const auto child = ImportArchitecture(space, "", listed);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(*ExportArchitecture(space, *child, "ops"), "2 0 -1 -1 4 0 2 2 5 2 2 2 3 2 2 2 5 5 4 4 5");
  EXPECT_EQ(*ExportArchitecture(space, *child, "blocks"),
            "k5e3,k3e3,-,-;k7e3,k3e3,k5e3,k5e3;k7e6,k5e3,k5e3,k5e3;k5e6,k5e3,k5e3,k5e3;k7e6,k7e6,k7e3,k7e3;k7e6");
  const std::string rest = "k7e3 k3e3 k5e3 k5e3 k7e6 k5e3 k5e3 k5e3 k5e6 k5e3 k5e3 k5e3 k7e6 k7e6 k7e3 k7e3 k7e6";
  EXPECT_EQ(*ImportArchitecture(space, "", "IBConv_K5_E3 mb_k3_e3 identity - " + rest), *child);
  tests::ExpectPointsAt(space, "blocks",
                        {{"k5e3,k3e3", "text[9]"},
                         {"k5e3,k3x3", "text[5]"},
                         {"k5e3,k3", "text[5]"},
                         {"k5e3,,;k3e3e", "text[7]"},
                         {"k99999999999999999999e1", "text[0]"},
                         {"- k3e3 - - " + rest, "text[0]"},
                         {"k5e1 k5e3 k3e3 - - " + rest, "text[0]"},
                         {"e1k3 k5e3 k3e3 - - " + rest + " k3e3", "text[104]"}});
}

// PAD-NAS's lists begin with the searchable first block.
TEST(Notation, ReadsPadNasLists) {
  const Space space = *SpaceFromMessage(tests::PadNas(true));
  const std::string listed = "k7e1;k3e2,-,-,k5e5;k7e3,-,-,-;k3e1,-,k5e4,-;k5e6,-,-,-;k7e6,k3e3,-,-;k7e2";
  const auto child = ImportArchitecture(space, "", listed);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(*ExportArchitecture(space, *child, "blocks"), listed);
  tests::ExpectPointsAt(space, "", {{tests::Replaced(listed, "k7e1", "k7e2"), "text[0]"}});
}

}  // namespace
}  // namespace nasshrink::space
