// A child of the supernet (or a mixture of several) as primitive operations in the order of the message: what
// nn/program.h fuses into the work of a step.
//
// Operators on edges that nothing reaches put out zeros, as their paths are broken; zeros are followed as far as they
// stay zeros without weights.
#ifndef NASSHRINK_NN_OPERATIONS_H_
#define NASSHRINK_NN_OPERATIONS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "nn/network.h"
#include "space/network_builder.h"

namespace nasshrink::nn {

struct Norm {
  uint32_t statistics = 0;  // index into Layout::statistics
  bool affine = false;
  uint32_t scale = 0;  // indices into Layout::parameters when affine
  uint32_t shift = 0;
};

struct Operation {
  enum class Kind : uint8_t {
    kImages,
    kZeros,
    kConvolve,
    kNormalise,
    kActivate,
    kPool,
    kSum,
    kProduct,
    kScale,  // the first input, each channel times the second's only pixel
    kConcatenate,
    kTakeChannels,
    kShift,
    kSubsample,
    kPixelMean,
    kGate,
    kDrop,  // each image times a number of its own
    kLinear,
  };
  Kind kind = Kind::kImages;
  std::vector<uint32_t> inputs;  // operations before
  space::Shape shape;            // of the result
  uint32_t layer = 0;            // of network.layers
  // Of the kinds that have them:
  space::Window window;
  uint32_t weight = 0;  // indices into Layout::parameters
  std::optional<uint32_t> bias;
  Norm norm;
  space::Function function = space::Function::kRelu;
  space::PoolKind pool = space::PoolKind::kAverage;
  uint32_t kernel = 1;
  uint32_t first = 0;  // channel
  uint32_t step = 1;
  uint32_t gate = 0;
  bool flows = true;    // gradient goes through the gate
  uint32_t place = 0;   // of a drop, counted from 0
  bool inside = false;  // of a pool: its windows stay in the picture
};

struct Operations {
  std::vector<Operation> list;
  uint32_t result = 0;                // of a whole network the classifier's linear operation
  std::optional<uint32_t> auxiliary;  // the linear operation of an auxiliary head
  uint32_t gates = 0;
  uint32_t drops = 0;
};

// What may be left out for an image (nn/image_drop.h): results of the operators on a cell's edges, all but identities
// that keep the shape, or these identities alone.
enum class Drops : uint8_t { kNone, kOperators, kIdentities };

// What a network puts out: its classifier's logits, or those of its auxiliary head as well.
enum class Heads : uint8_t { kClassifier, kBoth };

// A candidate that takes part in a mixture: its result times gates[gate]. Without `flows` no gradient passes through
// it, but the gate's own is computed (ProxylessNAS's full_v2).
struct MixedCandidate {
  uint32_t candidate = 0;
  uint32_t gate = 0;
  bool flows = true;
};
// By choice. A choice of a node's incoming edges has no gates; the edges of all its candidates take part.
using Mixture = std::vector<std::vector<MixedCandidate>>;

// `cells` holds one architecture a cell layer in network order, or one for all. Candidates must be alive. Both heads
// need a plan with an auxiliary one.
Operations OperationsOf(const NetworkPlan& plan, const std::vector<space::Architecture>& cells,
                        Drops drops = Drops::kNone, Heads heads = Heads::kClassifier);
Operations OperationsOf(const NetworkPlan& plan, const Mixture& mixture, Drops drops = Drops::kNone);
// Layer `layer`, which is no cell, on the images that come into it; with `candidate` where it is a choice.
Operations LayerOperations(const NetworkPlan& plan, uint32_t layer, uint32_t candidate);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_OPERATIONS_H_
