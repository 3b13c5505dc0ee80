#include "space/scale_width.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "space/codec.h"
#include "space/cost.h"

namespace nasshrink::space {
namespace {

// What a layer's channels are a multiple of.
uint32_t UnitOf(const Network& network, const Layer& layer) {
  const auto* cell = std::get_if<LayerCell>(&layer.body);
  return cell == nullptr ? 1 : static_cast<uint32_t>(network.cells[cell->cell].outputs.size());
}

// Channels of the narrowest layer, of one output of a cell.
uint32_t Narrowest(const Network& network) {
  uint32_t narrowest = 0;
  for (const Layer& layer : network.layers) {
    const uint32_t channels = layer.out_channels / UnitOf(network, layer);
    if (channels > 0 && (narrowest == 0 || channels < narrowest)) narrowest = channels;
  }
  return narrowest;
}

}  // namespace

base::Result<Space> ScaleWidth(const Space& space, uint32_t numerator, uint32_t denominator) {
  Space scaled = space;
  for (Layer& layer : scaled.network.layers) {
    if (layer.out_channels == 0) continue;
    const uint64_t unit = UnitOf(space.network, layer);
    const uint64_t each = layer.out_channels / unit;
    const uint64_t wide = std::max<uint64_t>(1, (2 * each * numerator + denominator) / (2 * uint64_t{denominator}));
    if (wide * unit > 65536) {
      return base::Invalid(layer.key, wide * unit, "1..65536 channels", "is too wide");
    }
    layer.out_channels = static_cast<uint32_t>(wide * unit);
  }
  // Checked and finished as a space from outside.
  v1::SearchSpace message;
  SpaceToMessage(scaled, &message);
  return SpaceFromMessage(message);
}

base::Result<Space> ScaleToMacs(const Space& space, const Architecture& architecture, uint64_t macs) {
  const uint32_t narrowest = Narrowest(space.network);
  if (narrowest == 0) return base::Invalid("space", "no widths", "layers with channels", "cannot be scaled");
  std::optional<Space> best;
  for (uint32_t width = 1; width <= 65536; ++width) {
    auto scaled = ScaleWidth(space, width, narrowest);
    // Some widths do not fit together, for example odd ones where channels are halved.
    if (!scaled.ok()) continue;
    NASSHRINK_ASSIGN_OR_RETURN(const CostModel cost, CostModel::Make(*scaled));
    if (cost.Macs(architecture) > macs) break;
    best = *std::move(scaled);
  }
  if (best) return *std::move(best);
  return base::Invalid("macs", macs, "more multiply-adds", "is less than the narrowest network has");
}

}  // namespace nasshrink::space
