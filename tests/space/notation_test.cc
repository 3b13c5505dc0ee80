#include "space/notation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "shared_file.h"
#include "space/codec.h"
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
  EXPECT_EQ(Formats(*space), (std::vector<std::string>{"ops", "indices"}));
}

TEST(Notation, NamesWhatItCannotRead) {
  Space space = tests::NasBench201();
  space.choices[1].alive = {0, 1};
  Finish(space);
  const char* wrong[] = {
      "",
      "1 1 1 1 1",
      "1 1 1 1 1 1 1",
      "1 1 1 1 1 x",
      "1 1 1 1 1 9",
      "1 3 1 1 1 1",
      "1 1 1 1 1 99999999999999999999",
      "|none~0|+|none~0|none~1|",
      "|none~0|+|none~0|none~1|+|none~0|none~1|",
      "|none~0|+|none~0|none~1|+|none~0|none~2|none~2|",
      "|none~0|+|none~0|none~1|+|none~0|none~1|warp~2|",
      "|none~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|none~2|",
      "|none|+|none~0|none~1|+|none~0|none~1|none~2|",
  };
  for (const char* text : wrong) {
    const auto child = ImportArchitecture(space, "", text);
    EXPECT_EQ(child.status().code(), base::Code::kInvalidArgument) << text;
    EXPECT_FALSE(child.status().details().field.empty()) << text;
  }
  EXPECT_EQ(ImportArchitecture(space, "morse", "1").status().details().field, "format");
  const auto chain = SpaceFromMessage(tests::NasBenchMacro());
  EXPECT_EQ(ImportArchitecture(*chain, "nas-bench-201", kBest).status().details().field, "format");
}

TEST(Notation, AgreesWithTheFixture) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/notations.json");
  const auto fixture = nlohmann::json::parse(std::ifstream(path));
  const Space space = tests::NasBench201();
  int rows = 0;
  for (const auto& one : fixture["cases"]) {
    if (one["space"] != "nas-bench-201") continue;
    for (const auto& row : one["rows"]) {
      const auto text = row[1].get<std::string>();
      const auto child = ImportArchitecture(space, "", text);
      ASSERT_TRUE(child.ok()) << child.status().message();
      EXPECT_EQ(*ExportArchitecture(space, *child, "ops"), row[2].get<std::string>());
      EXPECT_EQ(*ExportArchitecture(space, *child, "nas-bench-201"), text);
      ++rows;
    }
  }
  EXPECT_EQ(rows, 100);
}

}  // namespace
}  // namespace nasshrink::space
