// Runs a program: one batch of images forward, and backward for the gradients of its weights.
//
// Holds the activations between the two. Batch norm uses the batch's own moments, or given ones. Must run on the
// executor's thread; may throw what torch throws.
#ifndef NASSHRINK_NN_PASS_H_
#define NASSHRINK_NN_PASS_H_

#include <cstdint>
#include <vector>

#include "nn/buffer_pool.h"
#include "nn/convolution.h"
#include "nn/program.h"

namespace nasshrink::nn {

// Mean and biased variance of one batch norm's input.
struct NormMoments {
  uint32_t statistics = 0;
  std::vector<double> mean;
  std::vector<double> variance;
  int64_t count = 0;
};

// Moments to normalise with instead of the batch's: statistics arrays of the layout.
struct GivenMoments {
  const float* mean = nullptr;
  const float* variance = nullptr;
};

class Pass {
 public:
  // `weights` in the layout's order. With `for_training` activations are kept for Backward.
  Pass(const NetworkPlan& plan, const Program& program, const float* weights, BufferPool& pool, bool for_training);

  // Images [count, height, width, channels]; they must stay until Backward is done. Returns logits [count, classes].
  const std::vector<float>& Forward(const float* images, int64_t count, const GivenMoments* given);
  // Writes the gradient of every parameter of the program to its place in `gradients`.
  void Backward(const float* logit_gradient, float* gradients);

  // Of the batch, one entry a batch norm that took part; empty with given moments.
  const std::vector<NormMoments>& moments() const { return moments_; }

 private:
  struct TermState {
    std::vector<double> mean, deviation_inverse;
    std::vector<float> scale;
  };
  struct NodeState {
    Activation raw, rectified, gradient;
    std::vector<TermState> terms;
    std::vector<const float*> masked_gradients, plain_gradients, pooled_gradients;
    std::vector<Activation> owned_gradients;  // behind some of the pointers above
    uint32_t last_reader = 0;                 // node that reads `raw` last
    bool raw_in_backward = false;
    uint32_t first_source = 0;  // node up to whose turn `gradient` is read
  };
  struct GroupState {
    Activation output, weight, halved, input_gradient;
    const float* weight_data = nullptr;
    const float* input = nullptr;
    const float* output_gradient = nullptr;
    std::vector<double> mean, variance;
    uint32_t last_reader = 0;
  };

  Shape ShapeOf(const ProgramNode& node) const { return {images_, node.height, node.width, node.channels}; }
  const float* ParameterData(uint32_t index) const { return weights_ + plan_.layout.parameters[index].offset; }
  ConvolutionSize SizeOf(const ConvGroup& group) const;
  Activation Take(int64_t count) { return Activation(pool_.Take(static_cast<size_t>(count))); }

  void PlanMemory();
  void TakeImages();
  void ComputeNode(uint32_t index, const GivenMoments* given);
  TermState Normalise(const NodeTerm& term, int channels, const GivenMoments* given, std::vector<float>* shift);
  void ComputeGroup(uint32_t index);
  void ReleaseAfterForward(uint32_t index);
  void ComputeLogits();

  Strided TermValue(const NodeTerm& term, int channels) const;
  void BackwardHead(const float* logit_gradient, float* gradients);
  void BackwardGroup(uint32_t index, float* gradients);
  void BackwardNode(uint32_t index, float* gradients);
  void BackwardTerms(uint32_t index, const std::vector<double>& sums, float* gradients);
  void ReleaseAfterBackward(uint32_t index);

  const NetworkPlan& plan_;
  const Program& program_;
  const float* weights_;
  BufferPool& pool_;
  const bool for_training_;

  int64_t images_ = 0;
  const float* input_ = nullptr;
  std::vector<NodeState> nodes_;
  std::vector<GroupState> groups_;
  std::vector<NormMoments> moments_;
  std::vector<float> features_;
  std::vector<float> logits_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PASS_H_
