#include "space/published_spaces.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "space/codec.h"
#include "space/presets.h"

namespace nasshrink::tests {

space::Space PresetSpace(const char* name, const v1::PresetOptions& options) {
  auto space = space::Preset(name, options);
  if (!space.ok()) {
    std::fprintf(stderr, "%s\n", space.status().message().c_str());
    std::abort();
  }
  return *std::move(space);
}

v1::SearchSpace PresetMessage(const char* name, const v1::PresetOptions& options) {
  v1::SearchSpace message;
  space::SpaceToMessage(PresetSpace(name, options), &message);
  return message;
}

space::Space NasBench201() { return PresetSpace("nas-bench-201"); }
v1::SearchSpace ProxylessGpu() { return PresetMessage("mobilenet-proxyless-gpu"); }
v1::SearchSpace ProxylessMobile() { return PresetMessage("mobilenet-proxyless-mobile"); }
v1::SearchSpace FairNas() { return PresetMessage("fairnas"); }
v1::SearchSpace PadNas(bool large) { return PresetMessage(large ? "pad-nas-large" : "pad-nas-basic"); }
v1::SearchSpace SposShuffleNet() { return PresetMessage("spos-shufflenet"); }
v1::SearchSpace NasBenchMacro() { return PresetMessage("nas-bench-macro"); }
v1::SearchSpace DartsPairs() { return PresetMessage("darts"); }
v1::SearchSpace DartsShared() { return PresetMessage("darts-shared"); }

v1::SearchSpace AutoSpaceOpen(uint32_t layers) {
  v1::PresetOptions options;
  options.set_layers(layers);
  return PresetMessage("autospace", options);
}

v1::SearchSpace AutoSpaceLearned(uint32_t layers) {
  v1::SearchSpace space = AutoSpaceOpen(layers);
  uint32_t number = 0;
  for (v1::Choice& choice : *space.mutable_choices()) {
    const v1::CellGrammar grammar = choice.grammar();
    choice.clear_grammar();
    for (int32_t code = 0; code < 9; ++code) {
      v1::Candidate* candidate = choice.add_candidates();
      candidate->set_code(code);
      candidate->set_label("cell");
      v1::CellCandidate* cell = candidate->mutable_cell();
      cell->set_nodes(grammar.nodes());
      cell->set_ratio(grammar.ratios(code % 3));
      for (uint32_t to = 1; to < grammar.nodes(); ++to) {
        for (uint32_t from = 0; from < to; ++from) {
          v1::CandidateEdge* edge = cell->add_edges();
          edge->set_from(from);
          edge->set_to(to);
          *edge->mutable_op() = grammar.operators(static_cast<int>(number++ * 7 % 5));
        }
      }
      cell->add_merges(code % 2 == 0 ? v1::MERGE_SUM : v1::MERGE_PRODUCT);
      cell->add_merges(v1::MERGE_SUM);
    }
  }
  return space;
}

}  // namespace nasshrink::tests
