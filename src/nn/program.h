// One child of the supernet as a short list of work: what a step computes, and nothing else.
//
// Edges on no path from a cell's input to its output are left out (they change neither the loss nor any gradient),
// a node that merely repeats another one is that node, sibling convolutions (same source node and kernel) are one
// convolution with concatenated weights, and a node's ReLU is computed once for all that read it.
// A cell without a path puts out zeros, so nothing before it is computed.
#ifndef NASSHRINK_NN_PROGRAM_H_
#define NASSHRINK_NN_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "nn/network.h"

namespace nasshrink::nn {

enum class SourceForm : uint8_t { kRaw, kRectified, kHalved };

struct GroupPart {
  uint32_t weight = 0;  // index into Layout::parameters
  int out = 0;
  int offset = 0;  // first output channel in the group
};

// Convolutions of one source, made as one.
struct ConvGroup {
  uint32_t source = 0;
  SourceForm form = SourceForm::kRectified;
  int in = 0;
  int out = 0;
  int kernel = 0;
  int stride = 1;
  bool normalised = true;  // its output goes through batch norm
  std::vector<GroupPart> parts;
};

// A convolution's output, or another node's value, on its way into a node.
struct NodeTerm {
  bool of_group = true;
  uint32_t source = 0;  // a group, or a node
  int offset = 0;       // first channel in the group's output
  bool normalised = true;
  Norm norm;
};

struct ProgramNode {
  int channels = 0;
  int height = 0;
  int width = 0;
  bool constant = false;   // needs no gradient: the images, or the zeros of a cell without a path
  bool raw = false;        // its value is read
  bool rectified = false;  // max(value, 0) is read
  std::vector<NodeTerm> terms;
  std::vector<uint32_t> plain;
  std::vector<uint32_t> pooled;
  std::vector<uint32_t> groups;  // that read this node
};

struct Program {
  std::vector<ProgramNode> nodes;  // sources before what reads them
  std::vector<ConvGroup> groups;
  bool from_images = true;  // node 0 is the batch of images
  uint32_t head = 0;        // the node whose rectified (or raw) value is averaged over the pixels
  bool head_rectified = false;
  ClassifyLayer classifier;
  std::vector<uint32_t> parameters;  // that take part, ascending
  // Equal for children that compute the same.
  std::string signature;
};

// `cells` holds one architecture a cell layer in network order, or one for all. Candidates must be alive.
Program CompileProgram(const NetworkPlan& plan, const std::vector<space::Architecture>& cells);

// Which edges of a cell lie on a path from node 0 to its output, given the action on each.
std::vector<bool> LiveEdges(const space::Cell& cell, const std::vector<EdgeAction>& actions);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PROGRAM_H_
