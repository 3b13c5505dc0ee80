// A small space of every family that the back end trains.
#ifndef NASSHRINK_TESTS_NN_SMALL_SPACES_H_
#define NASSHRINK_TESTS_NN_SMALL_SPACES_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "space/codec.h"
#include "space/operators.h"
#include "space/preset_parts.h"
#include "space/presets.h"
#include "space/space.h"

namespace nasshrink::nn {

// Presets of chains and cells on 32x32 images of two channels, three classes, as narrow as they get.
inline space::Space SmallPreset(const std::string& name) {
  v1::PresetOptions options;
  options.set_classes(3);
  options.set_input_channels(2);
  options.set_input_height(32);
  options.set_input_width(32);
  if (name == "nas-bench-201") {
    options.set_channels(4);
    options.set_cells(1);
  } else if (name == "darts" || name == "darts-edges" || name == "darts-shared") {
    options.set_channels(2);
    options.set_layers(4);
    options.set_stem(name == "darts-shared" ? "imagenet" : "cifar");
  } else {
    // Blocks of ShuffleNet need more channels after a reduction than before.
    options.set_width_multiplier(name == "spos-shufflenet" ? 0.25 : 0.1);
    if (name == "autospace") {
      options.set_layers(6);
    } else {
      options.set_depth_multiplier(0.5);
    }
  }
  auto space = space::Preset(name, options);
  EXPECT_TRUE(space.ok()) << name << ": " << space.status().message();
  return *space;
}

// AutoSpace with three random cells a layer instead of its grammar.
inline space::Space SmallAutoSpace() {
  space::Space space = SmallPreset("autospace");
  base::Philox random(7, base::Purpose::kSampleSpace);
  for (space::Choice& choice : space.choices) {
    const space::CellGrammar grammar = choice.grammar.front();
    choice.grammar.clear();
    for (int32_t code = 0; code < 3; ++code) {
      space::CellCandidate cell;
      cell.nodes = grammar.nodes;
      cell.ratio = grammar.ratios[random.Below(2)];
      for (uint32_t to = 1; to < cell.nodes; ++to) {
        for (uint32_t from = 0; from < to; ++from) {
          const auto op = static_cast<uint32_t>(to == 1 ? random.Below(3) : random.Below(5));
          cell.edges.push_back({from, to, grammar.operators[op]});
        }
      }
      for (int merge = 0; merge < 2; ++merge) cell.merges.push_back(grammar.merges[random.Below(2)]);
      choice.candidates.push_back({code, fmt::format("cell {}", code), std::move(cell)});
      choice.alive.push_back(static_cast<uint32_t>(code));
    }
  }
  space::Finish(space);
  return space;
}

// A chain of a user's operators: graphs with every primitive, squeeze-and-excite, swish, pools, bare convolutions.
inline space::Space SmallGraphs() {
  using space::MakeOperator;
  const auto number = [](const char* name, int64_t value) { return space::Attribute{name, value}; };
  const auto text = [](const char* name, const char* value) { return space::Attribute{name, std::string(value)}; };
  space::Space space;
  space.name = "graphs";
  space.network.input_channels = 2;
  space.network.input_height = space.network.input_width = 12;
  space.network.classes = 3;
  space::AddFixed(&space, "stem", MakeOperator("conv", {number("groups", 2), number("kernel", 3)}), 8, 2);
  const auto graph = [&](std::vector<space::Primitive> primitives) {
    space::OperatorDef op = MakeOperator("graph");
    op.graph = std::move(primitives);
    return op;
  };
  const space::Primitive wide = {"conv", {0}, {number("channels", 12), number("kernel", 1)}};
  const std::vector<space::OperatorDef> operators = {
      graph({wide,
             {"batch_norm", {1}, {}},
             {"h_swish", {2}, {}},
             {"depthwise_conv", {3}, {number("dilation", 2), number("kernel", 3)}},
             {"batch_norm", {4}, {}},
             {"swish", {5}, {}},
             {"sigmoid", {6}, {}},
             {"multiply", {6, 7}, {}},
             {"conv", {8}, {number("channels", 8), number("kernel", 3)}}}),
      graph({{"max_pool", {0}, {number("batch_norm", 1), number("kernel", 3)}},
             {"avg_pool", {0}, {number("kernel", 5)}},
             {"conv", {0}, {number("channels", 4), number("groups", 2), number("kernel", 5)}},
             {"concat", {1, 2, 3}, {}},
             {"relu6", {4}, {}},
             {"conv", {5}, {number("channels", 8), number("kernel", 1)}},
             {"add", {6, 1}, {}},
             {"relu", {7}, {}}}),
      MakeOperator("mb_block", {text("activation", "h_swish"), number("expansion", 3), number("kernel", 3),
                                number("squeeze_excite", 4)}),
      MakeOperator("mb_block", {text("activation", "swish"), number("expansion", 1), number("kernel", 5),
                                number("squeeze_excite", 2)}),
      MakeOperator("relu_conv_bn", {number("dilation", 2), number("kernel", 3)}),
      MakeOperator("conv_bn", {text("activation", "h_swish"), number("groups", 2), number("kernel", 3)}),
  };
  for (const uint32_t stride : {2U, 1U}) {
    space::Choice* choice = space::AddChoiceLayer(&space, 8, stride);
    for (size_t i = 0; i < operators.size(); ++i) {
      choice->candidates.push_back({static_cast<int32_t>(i), fmt::format("operator {}", i), operators[i]});
      choice->alive.push_back(static_cast<uint32_t>(i));
    }
    if (stride != 1) continue;
    choice->candidates.push_back({8, "none", MakeOperator("none")});
    choice->candidates.push_back({9, "identity", MakeOperator("identity")});
    choice->alive.insert(choice->alive.end(), {6, 7});
  }
  space::AddFixed(&space, "reduce", MakeOperator("factorized_reduce"), 9, 2);
  space::AddFixed(&space, "pool", MakeOperator("max_pool", {number("kernel", 3)}));
  space::AddHead(&space, 0, "none", false);
  space::Finish(space);
  return space;
}

struct NamedSpace {
  std::string name;
  space::Space space;
};

inline std::vector<NamedSpace> SmallSpaces() {
  std::vector<NamedSpace> spaces;
  for (const char* name : {"nas-bench-201", "darts", "darts-edges", "darts-shared", "mobilenet-proxyless-gpu",
                           "fairnas", "pad-nas-basic", "pad-nas-large", "spos-shufflenet", "nas-bench-macro"}) {
    spaces.push_back({name, SmallPreset(name)});
  }
  spaces.push_back({"autospace", SmallAutoSpace()});
  spaces.push_back({"graphs", SmallGraphs()});
  return spaces;
}

inline space::Architecture RandomChild(const space::Space& space, base::Philox& random) {
  space::Architecture child;
  for (const space::Choice& choice : space.choices) {
    child.push_back(choice.alive[random.Below(static_cast<uint32_t>(choice.alive.size()))]);
  }
  return child;
}

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_SMALL_SPACES_H_
