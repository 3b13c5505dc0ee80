// The pieces that presets are put together from: fixed layers, searchable layers, the head.
#ifndef NASSHRINK_SPACE_PRESET_PARTS_H_
#define NASSHRINK_SPACE_PRESET_PARTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "space/operators.h"
#include "space/space.h"

namespace nasshrink::space {

// Appends a fixed layer; 0 channels: as many as come in.
void AddFixed(Space* space, std::string key, OperatorDef op, uint32_t out_channels = 0, uint32_t stride = 1);

// Convolution and batch norm with what follows it ("none", "relu", "relu6").
OperatorDef ConvNorm(int64_t kernel, std::string_view activation);
// Without a batch norm, as a graph.
OperatorDef BareConv(int64_t kernel, uint32_t channels, const std::string& activation);

// Appends a layer and the choice it uses, which is empty yet.
Choice* AddChoiceLayer(Space* space, uint32_t out_channels, uint32_t stride);

// Inverted residual "k3e6" of MobileNetV2.
Candidate MobileCandidate(int32_t code, int64_t kernel, int64_t expansion);

// The last 1x1 convolution (none at 0 channels), global average pool, linear classifier.
void AddHead(Space* space, uint32_t channels, std::string_view activation, bool bias = true);

// Blocks of a chain with one width; the first has the stride.
struct Stage {
  uint32_t channels;
  uint32_t blocks;
  uint32_t stride;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PRESET_PARTS_H_
