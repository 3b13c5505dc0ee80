#include "nn/sampling.h"

#include <algorithm>

#include "base/random.h"

namespace nasshrink::nn {
namespace {

uint32_t Draw(const space::Choice& choice, base::Philox& random) {
  return choice.alive[random.Below(static_cast<uint32_t>(choice.alive.size()))];
}

bool CanConnect(const space::Choice& choice) {
  return std::any_of(choice.alive.begin(), choice.alive.end(),
                     [&](uint32_t candidate) { return !space::BreaksPath(choice.candidates[candidate]); });
}

// Draws the incoming edges of `node` until one of them connects.
void DrawNode(const space::Space& space, const space::Cell& cell, uint32_t node, base::Philox& random,
              space::Architecture* out) {
  const auto incoming = [&](const space::CellEdge& edge) { return edge.to == node; };
  const bool connectable = std::any_of(cell.edges.begin(), cell.edges.end(), [&](const space::CellEdge& edge) {
    return incoming(edge) && CanConnect(space.choices[edge.choice]);
  });
  bool connected = false;
  do {
    for (const space::CellEdge& edge : cell.edges) {
      if (!incoming(edge)) continue;
      const space::Choice& choice = space.choices[edge.choice];
      const uint32_t candidate = Draw(choice, random);
      (*out)[edge.choice] = candidate;
      connected = connected || !space::BreaksPath(choice.candidates[candidate]);
    }
  } while (connectable && !connected);
}

}  // namespace

space::Architecture SampleShared(const space::Space& space, uint64_t seed, uint64_t step) {
  space::Architecture architecture;
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    base::Philox random(seed, base::Purpose::kPath, step, i);
    architecture.push_back(Draw(space.choices[i], random));
  }
  return architecture;
}

std::vector<space::Architecture> SamplePerCell(const NetworkPlan& plan, uint64_t seed, uint64_t step) {
  std::vector<space::Architecture> architectures;
  uint32_t ordinal = 0;
  for (const space::Layer& layer : plan.space.network.layers) {
    const auto* body = std::get_if<space::LayerCell>(&layer.body);
    if (body == nullptr) continue;
    const space::Cell& cell = plan.space.network.cells[body->cell];
    // Choices of other cells keep the shared draw, so that every entry is a whole architecture.
    space::Architecture architecture = SampleShared(plan.space, seed, step);
    base::Philox random(seed, base::Purpose::kPath, step, ++ordinal << 16U);
    for (uint32_t node = cell.inputs; node < cell.nodes; ++node)
      DrawNode(plan.space, cell, node, random, &architecture);
    architectures.push_back(std::move(architecture));
  }
  return architectures;
}

}  // namespace nasshrink::nn
