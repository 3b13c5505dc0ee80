// Names, shapes and places of a network's tensors, and the flat memory they live in.
//
// All weights of a supernet sit in one array (so do W0, gradients and momentum), each tensor a contiguous piece in
// PyTorch's order of elements. Running statistics of batch norms sit in two arrays of their own.
#ifndef NASSHRINK_NN_PARAMETERS_H_
#define NASSHRINK_NN_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "run/backend.h"

namespace nasshrink::nn {

enum class ParameterKind : uint8_t { kConv, kLinear, kBias, kNormScale, kNormShift };

// The candidate a tensor belongs to, in one of the layers where its choice stands.
struct Owner {
  uint32_t layer = 0;  // of network.layers
  uint32_t edge = 0;   // of the layer's cell; 0 in a layer that is a choice
  uint32_t choice = 0;
  uint32_t candidate = 0;
};

struct Parameter {
  std::string name;
  std::string child_name;  // in the file of a child, which has no candidates
  ParameterKind kind = ParameterKind::kConv;
  std::vector<int64_t> shape;
  size_t offset = 0;
  size_t size = 0;
  // Random stream of its initial values: the same in a space and in what it shrinks to.
  uint64_t stream = 0;
  std::optional<Owner> owner;  // none: a fixed part

  int64_t fan_in() const;
};

// Running mean and variance of one batch norm.
struct Statistics {
  std::string name;
  std::string child_name;
  size_t offset = 0;
  size_t channels = 0;
  std::optional<Owner> owner;
};

struct Layout {
  std::vector<Parameter> parameters;
  std::vector<Statistics> statistics;
  size_t weights = 0;     // floats in a weight array, padding included
  size_t channels = 0;    // floats in a statistics array
  uint64_t elements = 0;  // of all parameters, without padding

  // Sets the parameter's size and place.
  void Add(Parameter parameter);
  void Add(Statistics norm);
};

// What a supernet remembers.
struct Weights {
  std::vector<float> current;
  std::vector<float> base;     // W0
  std::vector<float> average;  // empty: none is kept
  std::vector<float> running_mean;
  std::vector<float> running_variance;
  uint64_t steps = 0;
  // Of strategies that learn them; none before one has begun.
  std::optional<run::ArchitectureParameters> architecture;

  // The weights that evaluation and export use.
  const float* evaluated() const { return average.empty() ? current.data() : average.data(); }
};

uint64_t BytesOf(const Weights& weights);

// Fills `weights` with initial values: `init` is "kaiming_uniform" (the framework's default, a = sqrt 5), "kaiming"
// (He et al. 2015, normal, fan-in), "xavier" (Glorot and Bengio 2010, uniform) or "orthogonal" (Saxe et al. 2014).
base::Status Initialise(const Layout& layout, const std::string& init, uint64_t seed, Weights* weights);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PARAMETERS_H_
