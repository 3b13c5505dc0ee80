// Every operator kind, and whole children of every preset, in the engine and in plain tensor code.
#include <gtest/gtest.h>

#include "nn/compare_with_plain.h"
#include "nn/operator_spaces.h"

namespace nasshrink::nn {
namespace {

class Operators : public testing::TestWithParam<OperatorCase> {};

TEST_P(Operators, AgreeInASupernet) {
  const space::Space space = SpaceAround(GetParam());
  CompareWithPlain(space, false, {ChildWith(space)});
}

TEST_P(Operators, AgreeInAStandAloneChild) {
  space::Space space = SpaceAround(GetParam());
  const space::Architecture child = ChildWith(space);
  for (size_t c = 0; c < child.size(); ++c) space.choices[c].alive = {child[c]};
  CompareWithPlain(space, true, {child});
}

std::string NameOf(const testing::TestParamInfo<OperatorCase>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Every, Operators, testing::ValuesIn(OperatorCases()), NameOf);

}  // namespace
}  // namespace nasshrink::nn
