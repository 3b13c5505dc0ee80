#include "space/steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "space/build_network.h"
#include "space/build_operator.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/operators.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

TEST(Steps, CountAStepsInputsAndResultTogether) {
  Steps steps;
  const Tensor in = steps.Input({1, 2, 3});
  const Tensor wide = steps.Compute({in}, {5, 2, 3});
  const Tensor out = steps.Compute({wide}, {2, 2, 3});
  steps.Keep(out);
  EXPECT_EQ(steps.Peak(), 42U);  // wide and out
}

TEST(Steps, KeepATensorUntilItsLastReader) {
  Steps steps;
  const Tensor in = steps.Input({4, 1, 1});
  const Tensor a = steps.Compute({in}, {10, 1, 1});
  const Tensor b = steps.Compute({a}, {10, 1, 1});
  steps.Keep(steps.Compute({in, b}, {4, 1, 1}));
  EXPECT_EQ(steps.Peak(), 24U);  // in, a and b
}

TEST(Steps, MergeInPlaceOnlyWhereAnInputIsFree) {
  Steps free;
  const Tensor in = free.Input({4, 1, 1});
  free.Keep(free.Merge(free.Compute({in}, {4, 1, 1}), in));
  EXPECT_EQ(free.Peak(), 8U);
  Steps needed;
  const Tensor first = needed.Input({4, 1, 1});
  const Tensor second = needed.Compute({first}, {4, 1, 1});
  needed.Keep(needed.Compute({first, second, needed.Merge(first, second)}, {1, 1, 1}));
  EXPECT_EQ(needed.Peak(), 13U);
}

TEST(Steps, StopAtTheLargestNumber) {
  EXPECT_EQ(Saturated(uint64_t{1} << 32, uint64_t{1} << 32, 0), 0U);
  EXPECT_EQ(Saturated(uint64_t{1} << 32, uint64_t{1} << 32), UINT64_MAX);
  OperatorCost cost = {UINT64_MAX, 1};
  cost += {1, 1};
  EXPECT_EQ(cost.macs, UINT64_MAX);
  EXPECT_EQ(cost.params, 2U);
}

struct Line {
  std::vector<size_t> reads;
  bool merge = false;
  uint32_t size = 0;
};

// Who is alive while a step runs, asked of every tensor at every step. Tensor 0 is the input, i what line i-1 writes.
uint64_t LiteralPeak(uint32_t input, const std::vector<Line>& lines) {
  const auto size = [&](size_t tensor) { return tensor == 0 ? input : lines[tensor - 1].size; };
  const auto read_after = [&](size_t tensor, size_t line) {
    if (tensor == lines.size()) return true;  // the result
    for (size_t i = line + 1; i < lines.size(); ++i) {
      if (std::count(lines[i].reads.begin(), lines[i].reads.end(), tensor) > 0) return true;
    }
    return false;
  };
  uint64_t peak = input;
  for (size_t line = 0; line < lines.size(); ++line) {
    const std::set<size_t> reads(lines[line].reads.begin(), lines[line].reads.end());
    uint64_t alive = size(line + 1);
    bool in_place = false;
    for (size_t tensor = 0; tensor <= line; ++tensor) {
      const bool read = reads.count(tensor) > 0;
      const bool later = read_after(tensor, line);
      if (read || later) alive += size(tensor);
      if (read && !later && lines[line].merge && size(tensor) == lines[line].size) in_place = true;
    }
    peak = std::max(peak, in_place ? alive - lines[line].size : alive);
  }
  return peak;
}

TEST(Steps, AgreeWithALiteralSimulation) {
  std::mt19937 random(1);
  const auto below = [&](size_t bound) { return random() % bound; };
  for (int round = 0; round < 500; ++round) {
    const uint32_t input = 1 + static_cast<uint32_t>(below(9));
    std::vector<Line> lines;
    std::vector<uint32_t> sizes = {input};
    Steps steps;
    std::vector<Tensor> tensors = {steps.Input({input, 1, 1})};
    const size_t count = 1 + below(12);
    for (size_t i = 0; i < count; ++i) {
      Line line;
      line.merge = below(3) == 0;
      const size_t reads = line.merge ? 2 : 1 + below(3);
      for (size_t r = 0; r < reads; ++r) line.reads.push_back(below(tensors.size()));
      if (line.merge) {
        line.size = sizes[line.reads[0]];
        tensors.push_back(steps.Merge(tensors[line.reads[0]], tensors[line.reads[1]]));
      } else {
        line.size = 1 + static_cast<uint32_t>(below(9));
        std::vector<Tensor> inputs;
        for (const size_t read : line.reads) inputs.push_back(tensors[read]);
        tensors.push_back(steps.Compute(inputs, {line.size, 1, 1}));
      }
      sizes.push_back(line.size);
      lines.push_back(std::move(line));
    }
    steps.Keep(tensors.back());
    ASSERT_EQ(steps.Peak(), LiteralPeak(input, lines)) << round;
  }
}

// Input 8x4x4 = 128 elements, middle 6 * 128. While the depthwise convolution runs the input waits for the residual.
TEST(ActivationPeak, OfAMobileBlock) {
  const OperatorDef block = MakeOperator("mb_block", {{"expansion", int64_t{6}}, {"kernel", int64_t{3}}});
  Steps residual;
  const Tensor in = residual.Input({8, 4, 4});
  residual.Keep(**BuildOperator(block, in, {8, 4, 4}, &residual));
  EXPECT_EQ(residual.Peak(), 128U + 768U + 768U);
  Steps strided;
  strided.Keep(**BuildOperator(block, strided.Input({8, 4, 4}), {16, 2, 2}, &strided));
  EXPECT_EQ(strided.Peak(), 768U + 192U);  // the input is gone
}

// Six 3x3 convolutions: while edge 2<-1 runs, nodes 0 and 1, what 2<-0 made and the edge's result are there, 16x32x32
// each. Six identities: nodes 0 and 1 are one tensor, their sum is another, and the last sums are written over them.
TEST(ActivationPeak, OfNasBench201) {
  const Space space = tests::NasBench201();
  const auto model = CostModel::Make(space);
  ASSERT_TRUE(model.ok());
  constexpr uint64_t kTensor = 16 * 32 * 32;
  const auto peak = [&](const Architecture& child) { return model->StepsOfChild(child)->Peak(); };
  EXPECT_EQ(peak({3, 3, 3, 3, 3, 3}), 4 * kTensor);
  EXPECT_EQ(peak({3, 0, 3, 0, 0, 3}), 2 * kTensor);  // a chain
  EXPECT_EQ(peak({1, 1, 1, 1, 1, 1}), 2 * kTensor);
  EXPECT_EQ(model->peaks()[0][3], 2 * kTensor);
  EXPECT_EQ(model->peaks()[0][1], kTensor);
}

TEST(ActivationPeak, ScalesWithTheResolution) {
  const Space space = tests::PresetSpace("mobilenet-proxyless-gpu");
  const Architecture child(21, 0);
  const auto full = CostModel::Make(space);
  const auto half = CostModel::Make(space, 112);
  ASSERT_TRUE(full.ok() && half.ok());
  EXPECT_EQ(full->StepsOfChild(child)->Peak(), 4 * half->StepsOfChild(child)->Peak());
}

Architecture RandomChild(const Space& space, std::mt19937* random) {
  Architecture child;
  for (const Choice& choice : space.choices) child.push_back(choice.alive[(*random)() % choice.alive.size()]);
  return child;
}

// The table and the child written out agree, whatever the space.
TEST(StepsOfChild, AddUpToTheTable) {
  std::mt19937 random(2);
  std::vector<Space> spaces;
  for (const char* name : {"nas-bench-201", "darts", "darts-edges", "darts-shared", "mobilenet-proxyless-gpu",
                           "mobilenet-proxyless-mobile", "fairnas", "pad-nas-basic", "pad-nas-large", "spos-shufflenet",
                           "nas-bench-macro"}) {
    spaces.push_back(tests::PresetSpace(name));
  }
  spaces.push_back(*SpaceFromMessage(tests::AutoSpaceLearned(5)));
  for (const Space& space : spaces) {
    const auto model = CostModel::Make(space);
    ASSERT_TRUE(model.ok()) << space.name << ": " << model.status().message();
    for (int i = 0; i < 20; ++i) {
      const Architecture child = RandomChild(space, &random);
      const OperatorCost cost = model->Of(child);
      const auto steps = model->StepsOfChild(child);
      ASSERT_TRUE(steps.ok()) << steps.status().message();
      EXPECT_EQ(steps->cost().macs, cost.macs) << space.name;
      EXPECT_EQ(steps->cost().params, cost.params) << space.name;
      EXPECT_LE(model->LiveOf(child).macs, cost.macs) << space.name;
      EXPECT_GE(cost.macs, model->min().macs) << space.name;
      EXPECT_LE(cost.params, model->max().params) << space.name;
      for (size_t choice = 0; space.network.cells.empty() && choice < child.size(); ++choice) {
        EXPECT_GE(steps->Peak(), model->peaks()[choice][child[choice]]) << space.name;
      }
    }
  }
}

}  // namespace
}  // namespace nasshrink::space
