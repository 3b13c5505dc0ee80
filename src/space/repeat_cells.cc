#include "space/repeat_cells.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "space/codec.h"

namespace nasshrink::space {
namespace {

bool MayRepeat(const Layer& layer) { return std::holds_alternative<LayerCell>(layer.body) && layer.stride == 1; }

bool Equal(const Layer& a, const Layer& b) {
  return MayRepeat(a) && MayRepeat(b) && std::get<LayerCell>(a.body).cell == std::get<LayerCell>(b.body).cell &&
         a.out_channels == b.out_channels;
}

// A key that ends in a number, "cell 3".
struct NumberedKey {
  std::string prefix;
  uint32_t number = 0;

  std::string Text(uint32_t offset) const { return fmt::format("{} {}", prefix, number + offset); }
};

std::optional<NumberedKey> KeyOf(const Layer& layer) {
  const size_t space = layer.key.rfind(' ');
  if (space == std::string::npos) return std::nullopt;
  NumberedKey key{layer.key.substr(0, space), 0};
  const char* const end = layer.key.data() + layer.key.size();
  const auto [stop, error] = std::from_chars(layer.key.data() + space + 1, end, key.number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return key;
}

// Where all cells are numbered through, so are those of the new network.
void NumberThrough(const std::vector<Layer>& before, std::vector<Layer>* layers) {
  std::optional<NumberedKey> first;
  for (const Layer& layer : before) {
    if (!std::holds_alternative<LayerCell>(layer.body)) continue;
    const auto key = KeyOf(layer);
    if (!key || (first && key->prefix != first->prefix)) return;
    if (!first) first = key;
  }
  uint32_t cells = 0;
  for (Layer& layer : *layers) {
    if (first && std::holds_alternative<LayerCell>(layer.body)) layer.key = first->Text(cells++);
  }
}

void AddRun(const Layer& layer, uint32_t times, std::vector<Layer>* layers) {
  const auto key = KeyOf(layer);
  for (uint32_t i = 0; i < times; ++i) {
    layers->push_back(layer);
    if (key) layers->back().key = key->Text(i);
  }
}

// Nothing when there is no run to repeat.
std::vector<Layer> Repeated(const std::vector<Layer>& layers, uint32_t times) {
  std::vector<Layer> repeated;
  bool found = false;
  for (size_t i = 0; i < layers.size();) {
    if (!MayRepeat(layers[i])) {
      repeated.push_back(layers[i++]);
      continue;
    }
    found = true;
    AddRun(layers[i], times, &repeated);
    const Layer& first = layers[i];
    while (i < layers.size() && Equal(first, layers[i])) ++i;
  }
  return found ? repeated : std::vector<Layer>();
}

}  // namespace

base::Status CheckRepeatCells(const Network& network, uint32_t times) {
  if (times == 0) return base::Invalid("cells", 0, "1..4096", "leaves nothing");
  if (LayersRepeated(network, times) > 0) return {};
  return base::Invalid("cells", times, "a network with cells of stride 1", "has nothing to repeat");
}

size_t LayersRepeated(const Network& network, uint32_t times) { return Repeated(network.layers, times).size(); }

base::Result<Space> RepeatCells(const Space& space, uint32_t times) {
  NASSHRINK_RETURN_IF_ERROR(CheckRepeatCells(space.network, times));
  Space repeated = space;
  repeated.network.layers = Repeated(space.network.layers, times);
  NumberThrough(space.network.layers, &repeated.network.layers);
  // Checked and finished as a space from outside.
  v1::SearchSpace message;
  SpaceToMessage(repeated, &message);
  return SpaceFromMessage(message);
}

}  // namespace nasshrink::space
