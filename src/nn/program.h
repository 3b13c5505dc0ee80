// One child of the supernet as a short list of work: what a step computes, and nothing else.
//
// Operations that do not lead to the classifier are left out (they change neither the loss nor any gradient), a value
// that merely repeats another one is that value, sibling convolutions (same source and window) are one convolution with
// concatenated weights, batch norms and sums happen where their result is written, and an activation is computed once
// for all that read it. A mixture holds several candidates of a choice, each scaled by a gate.
#ifndef NASSHRINK_NN_PROGRAM_H_
#define NASSHRINK_NN_PROGRAM_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/network.h"
#include "nn/operations.h"

namespace nasshrink::nn {

// A node's value, or a function of it. The functions follow in the order of space::Function.
enum class Form : uint8_t { kRaw, kRelu, kRelu6, kSwish, kHardSwish, kSigmoid, kHardSigmoid };
constexpr size_t kForms = 7;
inline Form FormOf(space::Function function) { return static_cast<Form>(static_cast<uint8_t>(function) + 1); }
inline space::Function FunctionOf(Form form) { return static_cast<space::Function>(static_cast<uint8_t>(form) - 1); }

struct NodeRef {
  uint32_t node = 0;
  Form form = Form::kRaw;
};

struct GroupPart {
  uint32_t weight = 0;  // index into Layout::parameters
  int out = 0;
  int offset = 0;  // first output channel in the group
};

// Convolutions of one source, made as one. Several parts have one window and no channel groups.
struct ConvGroup {
  NodeRef source;
  int in = 0;
  int out = 0;
  int kernel = 1;
  int stride_height = 1;
  int stride_width = 1;
  int dilation = 1;
  int groups = 1;
  bool normalised = true;  // its output goes through batch norm
  bool gradient = true;    // its weights have one
  std::vector<GroupPart> parts;
};

// A convolution's output, or a node's value, on its way into a sum: gate * norm(value + bias).
struct NodeTerm {
  bool of_group = true;
  uint32_t group = 0;
  int offset = 0;  // first channel in the group's output
  NodeRef node;    // when not of a group
  bool normalised = false;
  Norm norm;
  std::optional<uint32_t> bias;
  std::optional<uint32_t> gate;
  bool flows = true;  // gradient passes through it
};

struct ProgramNode {
  enum class Kind : uint8_t {
    kImages,
    kZeros,
    kSum,  // of terms, plain nodes and 3x3 average pools of nodes
    kPool,
    kProduct,
    kScale,
    kConcatenate,
    kTakeChannels,
    kShift,
    kSubsample,
    kPixelMean,
    kDrop,
  };
  Kind kind = Kind::kSum;
  int channels = 0;
  int height = 0;
  int width = 0;
  uint32_t layer = 0;               // of network.layers
  bool gradient = false;            // one is computed
  std::array<bool, kForms> read{};  // what is read of it
  std::vector<NodeTerm> terms;      // of a sum, as the next two
  std::vector<NodeRef> plain;
  std::vector<uint32_t> pooled;  // raw values, averaged
  std::vector<NodeRef> inputs;   // of other kinds
  space::PoolKind pool = space::PoolKind::kAverage;
  int kernel = 1;
  bool inside = false;           // of a pool: its windows stay in the picture
  uint32_t place = 0;            // of a drop
  int first = 0;                 // channel, and
  int step = 1;                  // distance to the next
  std::vector<uint32_t> groups;  // that read this node
};

// Without classes: the end of a part of a network, and `source` is what leaves it.
struct Classifier {
  NodeRef source;  // of a classifier: one pixel
  uint32_t weight = 0;
  std::optional<uint32_t> bias;
  int in = 0;
  int classes = 0;
};

struct Program {
  std::vector<ProgramNode> nodes;  // sources before what reads them
  std::vector<ConvGroup> groups;
  Classifier classifier;
  std::optional<Classifier> auxiliary;
  std::vector<uint32_t> parameters;  // that have a gradient, ascending
  uint32_t gates = 0;
  uint32_t drops = 0;
};

// Arguments as those of OperationsOf.
Program CompileProgram(const NetworkPlan& plan, const std::vector<space::Architecture>& cells,
                       Drops drops = Drops::kNone, Heads heads = Heads::kClassifier);
Program CompileMixture(const NetworkPlan& plan, const Mixture& mixture, Drops drops = Drops::kNone);
// One layer, which is no cell, as a part to be evaluated: what comes into it stands where the images do.
Program CompileLayer(const NetworkPlan& plan, uint32_t layer, uint32_t candidate);

// Equal for programs that compute the same from the same weights.
std::string SignatureOf(const Program& program);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PROGRAM_H_
