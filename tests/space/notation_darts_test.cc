// Genotypes of DARTS, in both kinds of spaces.
#include <gtest/gtest.h>

#include "space/architecture.h"
#include "space/codec.h"
#include "space/notation.h"
#include "space/notation_errors.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

using tests::Replaced;

// DARTS_V2, Liu et al. (ICLR 2019), in the order of its authors.
constexpr const char* kSecondOrder =
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 6))";

TEST(DartsNotation, ReadsGenotypesHoweverPythonWritesThem) {
  const Space space = *SpaceFromMessage(tests::DartsPairs());
  const auto child = ImportArchitecture(space, "", kSecondOrder);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(*child, Canonical(space, *child));
  std::string text = Replaced(kSecondOrder, "range(2, 6)", "[2, 3,4 , 5]");
  text = Replaced(text, "range(2, 6)", "list(range(2,6))");
  text = Replaced(text, "('sep_conv_3x3', 0)", "[\"sep_conv_3x3\" , 0,]");
  text = Replaced(text, "Genotype", "\n DARTS_V2 = Genotype");
  const auto same = ImportArchitecture(space, "", text);
  ASSERT_TRUE(same.ok()) << same.status().message();
  EXPECT_EQ(*same, *child);
  // Concatenations say nothing that the space does not know.
  const auto short_form = ImportArchitecture(
      space, "",
      Replaced(Replaced(kSecondOrder, " normal_concat=range(2, 6),", ""), ", reduce_concat=range(2, 6)", ""));
  ASSERT_TRUE(short_form.ok()) << short_form.status().message();
  EXPECT_EQ(*short_form, *child);
}

TEST(DartsNotation, WritesInputsInAscendingOrder) {
  const Space space = *SpaceFromMessage(tests::DartsPairs());
  std::string sorted = Replaced(kSecondOrder, "('sep_conv_3x3', 1), ('skip_connect', 0), ",
                                "('skip_connect', 0), ('sep_conv_3x3', 1), ");
  sorted = Replaced(sorted, "('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), ",
                    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ");
  sorted = Replaced(sorted, "('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat",
                    "('max_pool_3x3', 1), ('skip_connect', 2)], reduce_concat");
  EXPECT_EQ(*ExportArchitecture(space, *ImportArchitecture(space, "", kSecondOrder), "darts"), sorted);
}

TEST(DartsNotation, PointsAtTheCharacter) {
  Space space = *SpaceFromMessage(tests::DartsPairs());
  // Edge 2<-0 of the normal cell loses skip_connect, node 5 of it the inputs 0 and 2.
  space.choices[0].alive = {0, 1, 3, 4, 5, 6};
  const auto expect = [&](const std::string& from, const std::string& to, const std::string& marker) {
    const std::string text = Replaced(kSecondOrder, from, to);
    const size_t at = text.find(marker);
    ASSERT_NE(at, std::string::npos) << marker;
    tests::ExpectPointsAt(space, "darts", {{text, "text[" + std::to_string(at) + "]"}});
  };
  Finish(space);
  expect("'sep_conv_3x3', 0", "'skip_connect', 0", "skip_connect', 0), ('sep");
  expect("'sep_conv_3x3', 0", "'warp', 0", "warp");
  expect("'sep_conv_3x3', 0", "'sep_conv_3x3', 9", "9)");
  expect("('sep_conv_3x3', 1)", "('sep_conv_3x3',0)", "0), ('sep_conv_3x3', 0), ('sep");
  expect("'sep_conv_3x3', 0", "sep_conv_3x3, 0", "sep_conv_3x3, 0");
  expect("'sep_conv_3x3', 0", "'sep_conv_3x3, 0", ", 0");
  expect("'sep_conv_3x3', 0", "'sep_conv_3x3', x", "x),");
  expect("normal=", "ordinary=", "ordinary");
  expect("reduce=", "normal=", "normal=[('max");
  expect("normal_concat=range(2, 6)", "normal_concat=range(2, 5)", "range(2, 5)");
  expect("normal_concat=range(2, 6)", "normal_concat=range(2, 4000000000)", "range(2, 4000000000)");
  expect("normal_concat=range(2, 6)", "normal_concat=6", "6, reduce");
  expect(", ('dil_conv_3x3', 2)]", "]", "], normal_concat");
  expect("('dil_conv_3x3', 2)]", "('dil_conv_3x3', 2), ('none', 2)]", "none");
  expect("reduce_concat=range(2, 6))", "reduce_concat=range(2, 6)) + 1", "+ 1");
  tests::ExpectPointsAt(space, "darts", {{"", "text[0]"}, {"Phenotype()", "text[0]"}, {"Genotype()", "text[10]"}});
  std::vector<uint32_t>* pairs = nullptr;
  for (Choice& choice : space.choices) {
    if (choice.key == "normal inputs of 5") pairs = &choice.alive;
  }
  ASSERT_NE(pairs, nullptr);
  pairs->erase(pairs->begin() + 1);
  Finish(space);
  expect("sep", "sep", "0), ('dil_conv_3x3', 2)");
}

std::string SharedGenotype(const std::string& entries) {
  return "Genotype(normal=" + entries + ", normal_concat=range(2, 6), reduce=" + entries +
         ", reduce_concat=range(2, 6))";
}

// One table of operators for both cells: edges that a genotype does not list have "none".
TEST(DartsNotation, WritesTheSharedTableWhereNodesHaveTwoInputs) {
  Space space = *SpaceFromMessage(tests::DartsShared());
  const std::string text = SharedGenotype(
      "[('sep_conv_3x3', 0), ('max_pool_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 2), ('skip_connect', 0), "
      "('dil_conv_3x3', 3), ('sep_conv_3x3', 1), ('avg_pool_3x3', 4)]");
  const auto child = ImportArchitecture(space, "", text);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(*ExportArchitecture(space, *child, "ops"), "4 1 0 4 3 3 0 0 6 0 4 0 0 2");
  EXPECT_EQ(*ExportArchitecture(space, *child, "darts"), text);
  const auto all = ImportArchitecture(space, "", "4 4 4 4 4 4 4 4 4 4 4 4 4 4");
  const auto status = ExportArchitecture(space, *all, "darts").status();
  EXPECT_EQ(status.code(), base::Code::kInvalidArgument);
  EXPECT_EQ(status.details().field, "format");
  const std::string other = Replaced(text, "reduce=[('sep_conv_3x3', 0)", "reduce=[('sep_conv_5x5', 0)");
  tests::ExpectPointsAt(space, "darts", {{other, "text[" + std::to_string(other.find("[('sep_conv_5x5'")) + "]"}});
  space.choices[2].alive = {1, 2};  // edge 3<-0, which the genotype leaves out, must have an operator
  Finish(space);
  tests::ExpectPointsAt(space, "darts", {{text, "text[16]"}});
}

}  // namespace
}  // namespace nasshrink::space
