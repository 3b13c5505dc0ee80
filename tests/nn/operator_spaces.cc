#include "nn/operator_spaces.h"

#include <gtest/gtest.h>

#include <ostream>
#include <utility>

#include "space/codec.h"
#include "space/preset_parts.h"
#include "space/validate.h"

namespace nasshrink::nn {
namespace {

using space::Attribute;
using space::MakeOperator;
using space::OperatorDef;

constexpr OperatorSite kStays = {kOperatorChannels, 1, 6};
constexpr OperatorSite kHalves = {kOperatorChannels, 2, 6};
constexpr OperatorSite kHalvesOdd = {kOperatorChannels, 2, 7};
constexpr OperatorSite kGrows = {2 * kOperatorChannels, 1, 6};
constexpr OperatorSite kGrowsAndHalves = {2 * kOperatorChannels, 2, 6};
constexpr OperatorSite kGrowsAndHalvesOdd = {2 * kOperatorChannels, 2, 7};

Attribute Number(const char* name, int64_t value) { return {name, value}; }
Attribute Text(const char* name, const char* value) { return {name, std::string(value)}; }

// The operator with its place and sizes as a name: "mb_block_expansion_3_kernel_5_layer_8x2of6".
std::string NameOf(const OperatorDef& op, const char* place, const OperatorSite& site, const std::string& note) {
  std::string name = op.kind + (note.empty() ? "" : "_" + note);
  for (const Attribute& attribute : op.attributes) {
    name += "_" + attribute.name + "_";
    if (const auto* number = std::get_if<int64_t>(&attribute.value)) name += std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&attribute.value)) name += *text;
  }
  return name + "_" + place + "_" + std::to_string(site.out) + "x" + std::to_string(site.stride) + "of" +
         std::to_string(site.side);
}

class CaseList {
 public:
  void Add(uint8_t places, const OperatorDef& op, const std::vector<OperatorSite>& sites,
           const std::string& note = "") {
    constexpr std::pair<space::Place, const char*> kPlaces[] = {
        {space::kOnEdge, "edge"}, {space::kAsLayer, "layer"}, {space::kAsFixed, "fixed"}};
    for (const auto& [place, word] : kPlaces) {
      if ((places & place) == 0) continue;
      for (const OperatorSite& site : sites) cases_.push_back({NameOf(op, word, site, note), place, op, site});
    }
  }
  std::vector<OperatorCase> Take() { return std::move(cases_); }

 private:
  std::vector<OperatorCase> cases_;
};

const std::vector<OperatorSite>& AnyShape() {
  static const auto* const sites =
      new std::vector<OperatorSite>{kStays, kGrows, kHalves, kGrowsAndHalves, kGrowsAndHalvesOdd};
  return *sites;
}

const std::vector<OperatorSite>& SameChannels() {
  static const auto* const sites = new std::vector<OperatorSite>{kStays, kHalves, kHalvesOdd};
  return *sites;
}

constexpr uint8_t kCandidate = space::kOnEdge | space::kAsLayer;
constexpr uint8_t kInChain = space::kAsLayer | space::kAsFixed;

void AddSimple(CaseList* list) {
  list->Add(kCandidate, MakeOperator("none"), {kStays, kGrowsAndHalves});
  list->Add(kCandidate, MakeOperator("identity"), {kStays});
  for (const char* strided : {"conv_bn", "factorized_reduce"}) {
    list->Add(kCandidate, MakeOperator("identity", {Text("strided", strided)}), AnyShape());
  }
  for (const char* kind : {"avg_pool", "max_pool"}) {
    for (const int64_t kernel : {1, 3, 5}) {
      for (const int64_t norm : {0, 1}) {
        list->Add(space::kOnEdge | space::kAsFixed,
                  MakeOperator(kind, {Number("batch_norm", norm), Number("kernel", kernel)}), SameChannels());
      }
    }
  }
  list->Add(space::kAsFixed, MakeOperator("bn_relu"), {kStays});
  list->Add(space::kAsFixed, MakeOperator("factorized_reduce"), AnyShape());
  list->Add(space::kAsFixed, MakeOperator("resnet_block"), {kHalves, kGrowsAndHalves});
}

void AddConvolutions(CaseList* list) {
  constexpr uint8_t kEdgeOrFixed = space::kOnEdge | space::kAsFixed;
  for (const int64_t kernel : {1, 3, 5}) {
    list->Add(kEdgeOrFixed, MakeOperator("conv", {Number("kernel", kernel)}), AnyShape());
    list->Add(space::kOnEdge, MakeOperator("depthwise_conv", {Number("kernel", kernel)}), AnyShape());
    list->Add(kCandidate | space::kAsFixed, MakeOperator("relu_conv_bn", {Number("kernel", kernel)}), AnyShape());
    list->Add(space::kOnEdge, MakeOperator("sep_conv", {Number("kernel", kernel)}), AnyShape());
  }
  list->Add(kEdgeOrFixed, MakeOperator("conv", {Number("groups", 2), Number("kernel", 3)}), AnyShape());
  list->Add(kEdgeOrFixed, MakeOperator("conv", {Number("dilation", 2), Number("kernel", 3)}), AnyShape());
  list->Add(kEdgeOrFixed, MakeOperator("conv", {Number("channels", kStays.out), Number("kernel", 3)}), SameChannels());
  list->Add(space::kOnEdge, MakeOperator("depthwise_conv", {Number("dilation", 2), Number("kernel", 3)}), AnyShape());
  list->Add(kCandidate | space::kAsFixed, MakeOperator("relu_conv_bn", {Number("dilation", 2), Number("kernel", 3)}),
            AnyShape());
  list->Add(space::kOnEdge, MakeOperator("dil_conv", {Number("kernel", 3)}), AnyShape());
  for (const int64_t kernel : {3, 5}) {
    list->Add(space::kOnEdge, MakeOperator("dil_conv", {Number("dilation", 2), Number("kernel", kernel)}), AnyShape());
  }
  list->Add(kInChain, MakeOperator("conv_bn", {Number("kernel", 3)}), AnyShape());
  list->Add(kInChain, MakeOperator("conv_bn", {Number("groups", 2), Number("kernel", 3)}), AnyShape());
  for (const char* activation : {"none", "relu", "relu6", "swish", "h_swish"}) {
    list->Add(kInChain, MakeOperator("conv_bn", {Text("activation", activation), Number("kernel", 1)}), AnyShape());
  }
}

void AddBlocks(CaseList* list) {
  for (const int64_t expansion : {1, 3, 6}) {
    for (const int64_t kernel : {3, 5, 7}) {
      list->Add(kInChain, MakeOperator("mb_block", {Number("expansion", expansion), Number("kernel", kernel)}),
                AnyShape());
    }
  }
  for (const char* activation : {"none", "relu", "relu6", "swish", "h_swish"}) {
    for (const int64_t reduction : {1, 4}) {
      list->Add(kInChain,
                MakeOperator("mb_block", {Text("activation", activation), Number("expansion", 3), Number("kernel", 3),
                                          Number("squeeze_excite", reduction)}),
                {kStays, kGrowsAndHalvesOdd});
    }
  }
  list->Add(kInChain,
            MakeOperator("mb_block", {Number("expansion", 1), Number("kernel", 3), Number("squeeze_excite", 4)}),
            {kStays, kGrowsAndHalvesOdd});
  const std::vector<OperatorSite> shuffles = {kStays, kGrows, kGrowsAndHalves, kGrowsAndHalvesOdd};
  for (const int64_t kernel : {3, 5, 7}) {
    list->Add(space::kAsLayer, MakeOperator("shuffle_block", {Number("kernel", kernel)}), shuffles);
  }
  list->Add(space::kAsLayer, MakeOperator("shuffle_xception"), shuffles);
}

constexpr uint8_t kAnyPlace = kCandidate | space::kAsFixed;

OperatorDef GraphOf(std::vector<space::Primitive> graph) {
  OperatorDef op = MakeOperator("graph");
  op.graph = std::move(graph);
  return op;
}

void AddGraphs(CaseList* list) {
  constexpr int64_t kWide = 6;
  const auto wide = [&](int64_t kernel) {
    return std::vector<Attribute>{Number("channels", kWide), Number("kernel", kernel)};
  };
  for (const char* activation : {"relu", "relu6", "swish", "h_swish", "sigmoid", "identity"}) {
    list->Add(kAnyPlace,
              GraphOf({{"batch_norm", {0}, {}},
                       {activation, {1}, {}},
                       {"conv", {2}, {Number("channels", kStays.out), Number("kernel", 3)}}}),
              {kStays, kHalvesOdd}, activation);
  }
  // Every path takes the stride once, in whatever comes first; several readers of one value.
  list->Add(kAnyPlace,
            GraphOf({{"conv", {0}, wide(1)},
                     {"batch_norm", {1}, {}},
                     {"h_swish", {2}, {}},
                     {"avg_pool", {0}, {Number("kernel", 3)}},
                     {"conv", {4}, wide(1)},
                     {"sigmoid", {5}, {}},
                     {"multiply", {3, 6, 3}, {}},
                     {"depthwise_conv", {7}, {Number("dilation", 2), Number("kernel", 3)}},
                     {"max_pool", {0}, {Number("kernel", 3)}},
                     {"concat", {8, 9, 9}, {}},
                     {"batch_norm", {10}, {}},
                     {"conv", {11}, {Number("channels", kWide), Number("groups", 2), Number("kernel", 3)}},
                     {"add", {12, 3, 12}, {}},
                     {"conv", {13}, {Number("channels", kGrows.out), Number("kernel", 1)}}}),
            {kGrows, kGrowsAndHalves, kGrowsAndHalvesOdd}, "of_many");
  list->Add(kAnyPlace, GraphOf({{"add", {0, 0}, {}}, {"multiply", {1, 0}, {}}}), {kStays}, "without_weights");
  list->Add(kInChain, GraphOf({{"concat", {0, 0}, {}}}), {kGrows}, "of_one_concat");
  list->Add(kAnyPlace, GraphOf({{"relu", {0}, {}}, {"max_pool", {1}, {Number("kernel", 3)}}}), SameChannels(), "pool");
  // What the last primitive does not read changes nothing.
  list->Add(kAnyPlace,
            GraphOf({{"conv", {0}, {Number("kernel", 3)}}, {"conv", {0}, {Number("kernel", 1)}}, {"relu", {2}, {}}}),
            {kStays, kHalves}, "unread");
}

space::Candidate Other(const OperatorCase& one) {
  OperatorDef op = one.place == space::kAsLayer ? MakeOperator("conv_bn", {Number("kernel", 1)})
                                                : MakeOperator("relu_conv_bn", {Number("kernel", 1)});
  return {10, "other", std::move(op)};
}

uint32_t AddChoice(space::Space* space, std::vector<space::Candidate> candidates) {
  const auto index = static_cast<uint32_t>(space->choices.size());
  space::Choice& choice = space->choices.emplace_back();
  choice.key = "choice " + std::to_string(index);
  choice.candidates = std::move(candidates);
  return index;
}

// Edges 2<-0 and 3<-1 have the operator under test, the others pass on what they can.
void AddCellAround(const OperatorCase& one, space::Space* space) {
  const space::Candidate tested = {11, "tested", one.op};
  const uint32_t tested_choice = AddChoice(space, {Other(one), tested});
  const uint32_t other_choice = AddChoice(space, {tested, Other(one)});
  space::Cell cell;
  cell.key = "cell";
  cell.nodes = 4;
  cell.edges = {{0, 1, other_choice}, {0, 2, tested_choice}, {1, 3, tested_choice}, {2, 3, other_choice}};
  cell.outputs = {3};
  space->network.cells.push_back(std::move(cell));
  space->network.layers.push_back({"cell", space::LayerCell{0}, one.site.out, one.site.stride});
}

}  // namespace

void PrintTo(const OperatorCase& one, std::ostream* out) { *out << one.name; }

std::vector<OperatorCase> OperatorCases() {
  CaseList list;
  AddSimple(&list);
  AddConvolutions(&list);
  AddBlocks(&list);
  AddGraphs(&list);
  return list.Take();
}

space::Space StartSpace(uint32_t side, std::string_view activation) {
  space::Space space;
  space.name = "around-an-operator";
  space.network.input_channels = 2;
  space.network.input_height = space.network.input_width = side;
  space.network.classes = 3;
  space::AddFixed(&space, "stem", space::ConvNorm(3, activation), kOperatorChannels);
  return space;
}

space::Space EndSpace(space::Space space) {
  if (space.choices.empty()) {  // a space has a choice
    space::AddChoiceLayer(&space, 0, 1)->candidates = {{0, "identity", MakeOperator("identity")}};
  }
  space::AddHead(&space, 0, "none");
  space::Finish(space);
  const base::Status status = space::Validate(space);
  EXPECT_TRUE(status.ok()) << status.message();
  return space;
}

space::Space SpaceAround(const OperatorCase& one) {
  space::Space space = StartSpace(one.site.side, one.place == space::kOnEdge ? "none" : "swish");
  if (one.place == space::kOnEdge) {
    AddCellAround(one, &space);
  } else if (one.place == space::kAsLayer) {
    space::AddChoiceLayer(&space, one.site.out, one.site.stride)->candidates = {Other(one), {11, "tested", one.op}};
  } else {
    space::AddFixed(&space, "tested", one.op, one.site.out, one.site.stride);
  }
  return EndSpace(std::move(space));
}

space::Architecture ChildWith(const space::Space& space) {
  space::Architecture child;
  for (const space::Choice& choice : space.choices)
    child.push_back(static_cast<uint32_t>(choice.candidates.size() - 1));
  return child;
}

}  // namespace nasshrink::nn
