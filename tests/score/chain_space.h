// Spaces for tests of scores, rules and searches: a chain of choices with given operator codes.
#ifndef NASSHRINK_TESTS_SCORE_CHAIN_SPACE_H_
#define NASSHRINK_TESTS_SCORE_CHAIN_SPACE_H_

#include <string>
#include <vector>

#include "space/codec.h"
#include "space/space.h"

namespace nasshrink::tests {

// One layer a choice; every candidate alive. The operators carry no weights of their own.
inline space::Space ChainSpace(const std::vector<std::vector<int>>& codes) {
  space::Space space;
  space.name = "chain";
  space.network.input_channels = 3;
  space.network.input_height = 8;
  space.network.input_width = 8;
  space.network.classes = 2;
  for (size_t at = 0; at < codes.size(); ++at) {
    space::Choice& choice = space.choices.emplace_back();
    choice.key = "layer " + std::to_string(at);
    for (size_t candidate = 0; candidate < codes[at].size(); ++candidate) {
      space::Candidate& made = choice.candidates.emplace_back();
      made.code = codes[at][candidate];
      made.label = "op" + std::to_string(made.code);
      made.body = space::OperatorDef{"skip_connect", {}, {}};
      choice.alive.push_back(static_cast<uint32_t>(candidate));
    }
    space::Layer& layer = space.network.layers.emplace_back();
    layer.key = choice.key;
    layer.body = space::LayerChoice{static_cast<uint32_t>(at)};
  }
  space::Finish(space);
  return space;
}

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SCORE_CHAIN_SPACE_H_
