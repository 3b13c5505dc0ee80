// Cells that no preset has: dead ends, products, several inputs and outputs, and candidates that are cells of them.
#include <gtest/gtest.h>

#include <utility>

#include "nn/compare_with_plain.h"
#include "nn/operator_spaces.h"
#include "space/preset_parts.h"

namespace nasshrink::nn {
namespace {

using space::CandidateEdge;
using space::MakeOperator;
using space::Merge;
using space::OperatorDef;

OperatorDef Named(const std::string& name) {
  if (name == "conv") return MakeOperator("conv", {{"kernel", int64_t{3}}});
  if (name == "depthwise") return MakeOperator("depthwise_conv", {{"kernel", int64_t{3}}});
  if (name == "separable") return MakeOperator("sep_conv", {{"kernel", int64_t{3}}});
  if (name == "pool") return MakeOperator("max_pool", {{"kernel", int64_t{3}}});
  if (name == "relu_conv") return MakeOperator("relu_conv_bn", {{"kernel", int64_t{3}}});
  if (name == "reduce") return MakeOperator("identity", {{"strided", std::string("conv_bn")}});
  return MakeOperator(name);
}

// A cell of four nodes with these operators on edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2.
space::CellCandidate FourNodes(const std::vector<std::string>& operators, uint32_t ratio, Merge second, Merge third) {
  space::CellCandidate cell;
  cell.nodes = 4;
  cell.ratio = ratio;
  cell.merges = {second, third};
  size_t next = 0;
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    for (uint32_t from = 0; from < to; ++from) cell.edges.push_back({from, to, Named(operators[next++])});
  }
  return cell;
}

void CompareCandidate(const space::CellCandidate& cell) {
  constexpr OperatorSite kSites[] = {{kOperatorChannels, 1, 6},
                                     {2 * kOperatorChannels, 1, 6},
                                     {kOperatorChannels, 2, 7},
                                     {2 * kOperatorChannels, 2, 6}};
  for (const OperatorSite& site : kSites) {
    SCOPED_TRACE(std::to_string(site.out) + " channels, stride " + std::to_string(site.stride));
    space::Space space = StartSpace(site.side, "swish");
    space::AddChoiceLayer(&space, site.out, site.stride)->candidates = {{0, "cell", cell}};
    space = EndSpace(std::move(space));
    CompareWithPlain(space, false, {{0}}, 4);
    CompareWithPlain(space, true, {{0}}, 4);
  }
}

TEST(CandidateCells, AgreeForEveryRatioAndMerge) {
  for (const uint32_t ratio : {1U, 3U}) {
    for (const Merge second : {Merge::kSum, Merge::kProduct}) {
      for (const Merge third : {Merge::kSum, Merge::kProduct}) {
        CompareCandidate(
            FourNodes({"conv", "identity", "depthwise", "identity", "separable", "conv"}, ratio, second, third));
        CompareCandidate(
            FourNodes({"identity", "pool", "identity", "depthwise", "none", "identity"}, ratio, second, third));
      }
    }
  }
}

// Node 2 is reached by nothing: what reads it adds nothing, and a product leaves it out.
TEST(CandidateCells, AgreeWithNodesThatNothingReaches) {
  for (const Merge third : {Merge::kSum, Merge::kProduct}) {
    CompareCandidate(FourNodes({"conv", "none", "none", "depthwise", "identity", "conv"}, 2, Merge::kProduct, third));
    CompareCandidate(FourNodes({"none", "none", "conv", "depthwise", "conv", "identity"}, 1, Merge::kSum, third));
  }
}

TEST(CandidateCells, AgreeWithNodesThatNothingReads) {
  CompareCandidate(FourNodes({"conv", "conv", "conv", "identity", "none", "none"}, 2, Merge::kSum, Merge::kProduct));
}

TEST(CandidateCells, AgreeWithoutAPath) {
  CompareCandidate(FourNodes({"conv", "conv", "identity", "none", "none", "none"}, 3, Merge::kSum, Merge::kSum));
  CompareCandidate(FourNodes({"none", "none", "conv", "none", "conv", "conv"}, 1, Merge::kSum, Merge::kSum));
}

TEST(CandidateCells, AgreeWithALoneDepthwiseEdge) {
  space::CellCandidate cell;
  cell.nodes = 2;
  cell.ratio = 3;
  cell.edges = {{0, 1, Named("depthwise")}};
  CompareCandidate(cell);
}

// A cell whose edges all have a choice of their own with one operator each.
struct CellForm {
  uint32_t inputs = 1;
  uint32_t nodes = 0;
  std::vector<std::pair<std::pair<uint32_t, uint32_t>, std::string>> edges;  // (from, to), operator
  std::vector<uint32_t> outputs;
  bool preprocess = false;
};

uint32_t AddCell(const CellForm& form, space::Space* space) {
  space::Cell cell;
  cell.key = "cell " + std::to_string(space->network.cells.size());
  cell.inputs = form.inputs;
  cell.nodes = form.nodes;
  cell.outputs = form.outputs;
  if (form.preprocess) cell.preprocess = {MakeOperator("relu_conv_bn", {{"kernel", int64_t{1}}})};
  for (const auto& [ends, name] : form.edges) {
    const auto choice = static_cast<uint32_t>(space->choices.size());
    cell.edges.push_back({ends.first, ends.second, choice});
    space->choices.push_back({"edge " + std::to_string(choice), {{0, name, Named(name)}}, {}, {}});
  }
  space->network.cells.push_back(std::move(cell));
  return static_cast<uint32_t>(space->network.cells.size() - 1);
}

void AddCellLayer(uint32_t cell, uint32_t channels, uint32_t stride, space::Space* space) {
  space->network.layers.push_back(
      {"layer " + std::to_string(space->network.layers.size()), space::LayerCell{cell}, channels, stride});
}

void CompareBoth(space::Space space) {
  space = EndSpace(std::move(space));
  const space::Architecture child(space.choices.size(), 0);
  CompareWithPlain(space, false, {child}, 6);
  CompareWithPlain(space, true, {child}, 6);
}

// Four layers of two cells with three inputs: the first layer stands in for the inputs that are missing, and where the
// second cell halves the picture the next one's older inputs are twice as large.
TEST(Cells, AgreeWithThreeInputsAndTwoOutputs) {
  for (const uint32_t side : {8U, 7U}) {
    space::Space space = StartSpace(side, "none");
    const uint32_t plain = AddCell({3,
                                    6,
                                    {{{0, 3}, "separable"},
                                     {{1, 3}, "identity"},
                                     {{2, 4}, "relu_conv"},
                                     {{3, 4}, "pool"},
                                     {{1, 5}, "none"},
                                     {{4, 5}, "conv"}},
                                    {3, 5},
                                    true},
                                   &space);
    const uint32_t halving = AddCell({2,
                                      5,
                                      {{{0, 2}, "reduce"},
                                       {{1, 2}, "pool"},
                                       {{1, 3}, "depthwise"},
                                       {{2, 3}, "identity"},
                                       {{0, 4}, "separable"},
                                       {{3, 4}, "relu_conv"}},
                                      {2, 3, 4},
                                      true},
                                     &space);
    AddCellLayer(plain, 8, 1, &space);
    AddCellLayer(plain, 12, 1, &space);
    AddCellLayer(halving, 12, 2, &space);
    AddCellLayer(halving, 6, 1, &space);
    CompareBoth(std::move(space));
  }
}

TEST(Cells, AgreeWithoutPreprocessingAndWithOutputsThatNothingReaches) {
  space::Space space = StartSpace(6, "relu");
  const uint32_t cell = AddCell({2,
                                 6,
                                 {{{0, 2}, "identity"},
                                  {{1, 2}, "relu_conv"},
                                  {{0, 3}, "none"},
                                  {{3, 4}, "separable"},
                                  {{1, 5}, "conv"},
                                  {{4, 5}, "relu_conv"}},
                                 {2, 4, 5},
                                 false},
                                &space);
  space::AddFixed(&space, "widen", MakeOperator("conv", {{"kernel", int64_t{1}}}), kOperatorChannels);
  AddCellLayer(cell, 3 * kOperatorChannels, 1, &space);
  CompareBoth(std::move(space));
}

}  // namespace
}  // namespace nasshrink::nn
