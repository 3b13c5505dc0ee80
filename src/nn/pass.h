// Runs a program: one batch of images forward, and backward for the gradients of its weights.
//
// Holds the activations between the two. Batch norm uses the batch's own moments, or given ones. T is float, or double
// for checks. Must run on the executor's thread; may throw what torch throws.
#ifndef NASSHRINK_NN_PASS_H_
#define NASSHRINK_NN_PASS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "nn/buffer_pool.h"
#include "nn/convolution.h"
#include "nn/moves.h"
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
template <typename T>
struct GivenMoments {
  const T* mean = nullptr;
  const T* variance = nullptr;
};

// With fewer channels rounding costs more than it gains (measured on a CPU with AVX512-BF16).
constexpr int kFewestHalved = 32;

template <typename T>
class Pass {
 public:
  // `weights` in the layout's order. With `for_training` activations are kept for Backward.
  Pass(const NetworkPlan& plan, const Program& program, const T* weights, BufferPool& pool, bool for_training);

  // What the classifier's inputs are multiplied by, [count, features]; null for nothing. It must stay until Backward is
  // done.
  void SetFeatureScale(const T* scale) { feature_scale_ = scale; }

  // Convolutions with at least kFewestHalved channels on both sides take operands of bfloat16 (mixed precision). Of T
  // float alone.
  void SetHalved(bool halved) { halved_ = halved; }

  // Of a program with drops: what each place multiplies an image by, [drops, count]. It must stay until Backward is
  // done.
  void SetImageScales(const T* scales) { image_scales_ = scales; }

  // Images [count, height, width, channels]; they must stay until Backward is done. `gates` holds the values of a
  // mixture's gates and must stay too. Returns logits [count, classes].
  const std::vector<T>& Forward(const T* images, int64_t count, const GivenMoments<T>* given, const T* gates = nullptr);
  // Of a program with an auxiliary head, as Forward's: [count, classes].
  const std::vector<T>& auxiliary_logits() const { return auxiliary_logits_; }
  // Of a part of a network: what leaves it, [count, height, width, channels], until Forward is called again.
  const T* Result() const { return ValueOf(program_.classifier.source); }
  // Gives back what Forward has kept.
  void Release();
  // Writes the gradient of every parameter of the program to its place in `gradients`; adds to those of the gates,
  // also of candidates through which no gradient flows. A program with an auxiliary head takes the gradient of its
  // logits, too.
  void Backward(const T* logit_gradient, T* gradients, double* gate_gradients = nullptr,
                const T* auxiliary_gradient = nullptr);

  // Of the batch, one entry a batch norm that took part; empty with given moments.
  const std::vector<NormMoments>& moments() const { return moments_; }

 private:
  struct TermState {
    double gate = 1;
    std::vector<double> mean, deviation_inverse;
    std::vector<T> scale;  // the gate included
  };
  struct NodeState {
    std::array<Activation<T>, kForms> values;
    std::vector<TermState> terms;
    std::vector<uint8_t> taken;  // of a max pool
    Activation<T> gradient;
    std::array<std::vector<const T*>, kForms> gradients;  // of each form
    std::vector<const T*> pooled_gradients;
    std::vector<Activation<T>> owned_gradients;  // behind some of the pointers above
  };
  struct GroupState {
    Activation<T> output, weight;
    const T* weight_data = nullptr;
    const T* output_gradient = nullptr;
    std::vector<double> mean, variance;
  };
  // Fixed by the program.
  struct NodePlan {
    std::array<bool, kForms> stored{};        // computed by the node
    std::array<bool, kForms> kept{};          // needed by Backward
    bool bare = false;                        // the value is a convolution's output as it is
    std::vector<NodeRef> free_after;          // values that are given back when the node is done
    std::vector<uint32_t> free_groups_after;  // convolution outputs, likewise
    std::vector<uint32_t> free_gradients_at;  // nodes' gradients that Backward gives back after this node
  };

  const ProgramNode& NodeAt(uint32_t index) const { return program_.nodes[index]; }
  const ConvGroup& GroupAt(uint32_t index) const { return program_.groups[index]; }
  Shape ShapeOf(const ProgramNode& node) const { return {images_, node.height, node.width, node.channels}; }
  const T* ParameterData(uint32_t index) const { return weights_ + plan_.layout.parameters[index].offset; }
  T* GradientOf(uint32_t parameter, T* gradients) const {
    return gradients + plan_.layout.parameters[parameter].offset;
  }
  const T* ValueOf(const NodeRef& ref) const { return nodes_[ref.node].values[static_cast<size_t>(ref.form)].data(); }
  ConvolutionSize SizeOf(const ConvGroup& group) const;
  PoolSize PoolSizeOf(const ProgramNode& node) const;
  Activation<T> Take(int64_t count) { return Activation<T>(pool_, count); }

  void PlanMemory();
  void PlanKept();
  bool IsBare(const ProgramNode& node) const;
  static bool ReadsProducts(const NodeTerm& term) { return term.normalised || term.gate.has_value(); }

  void ComputeNode(uint32_t index, const GivenMoments<T>* given);
  void ComputeSum(uint32_t index, const GivenMoments<T>* given);
  void ComputeMove(uint32_t index);
  const T* ImageScalesOf(const ProgramNode& node) const { return image_scales_ + node.place * images_; }
  void Concatenate(uint32_t index, T* out) const;
  void ComputeForms(uint32_t index);
  TermState Prepare(const NodeTerm& term, int channels, const GivenMoments<T>* given, std::vector<T>* shift);
  NormMoments MomentsOf(const NodeTerm& term, int channels, const GivenMoments<T>* given);
  void ComputeGroup(uint32_t index, const GivenMoments<T>* given);
  void ComputeLogits();
  void Classify(const Classifier& classifier, const T* features, T* logits) const;
  // Of the classifier, as it reads them.
  const T* Features() const {
    return feature_scale_ != nullptr ? features_.data() : ValueOf(program_.classifier.source);
  }

  Strided<T> TermValue(const NodeTerm& term, int channels) const;
  void Give(const NodeRef& ref, Activation<T> gradient);
  Activation<T> ClassifyBackward(const Classifier& classifier, const T* features, const T* logit_gradient,
                                 T* gradients);
  void BackwardHead(const T* logit_gradient, T* gradients);
  void BackwardGroup(uint32_t index, T* gradients);
  void AssembleNode(uint32_t index, std::vector<double>* sums);
  void BackwardSum(uint32_t index, const std::vector<double>& sums, T* gradients, double* gate_gradients);
  NormaliseBackwardTerm<T> TargetOf(const NodeTerm& term, uint32_t index);
  void BackwardTerm(uint32_t index, size_t term, const double* sums, const double* products, T* gradients,
                    double* gate_gradients, NormaliseBackwardTerm<T>* out);
  void BackwardMove(uint32_t index);
  void BackwardProducts(uint32_t index);
  void ReleaseAfterBackward(uint32_t index);

  const NetworkPlan& plan_;
  const Program& program_;
  const T* weights_;
  BufferPool& pool_;
  const bool for_training_;

  int64_t images_ = 0;
  const T* input_ = nullptr;
  const T* gates_ = nullptr;
  const T* feature_scale_ = nullptr;
  const T* image_scales_ = nullptr;
  bool halved_ = false;
  std::vector<T> features_;  // scaled
  std::vector<NodePlan> plans_;
  std::vector<bool> group_kept_;
  std::vector<NodeState> nodes_;
  std::vector<GroupState> groups_;
  std::vector<NormMoments> moments_;
  std::vector<T> logits_, auxiliary_logits_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PASS_H_
