#include "nn/pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "nn/head.h"

namespace nasshrink::nn {
namespace {

// The framework's default epsilon.
constexpr double kEpsilon = 1e-5;

std::vector<double> Slice(const std::vector<double>& values, int offset, int count) {
  return {values.begin() + offset, values.begin() + offset + count};
}

}  // namespace

Pass::Pass(const NetworkPlan& plan, const Program& program, const float* weights, BufferPool& pool, bool for_training)
    : plan_(plan), program_(program), weights_(weights), pool_(pool), for_training_(for_training) {
  PlanMemory();
}

// Who reads a tensor last decides when it is given back.
void Pass::PlanMemory() {
  nodes_.resize(program_.nodes.size());
  groups_.resize(program_.groups.size());
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const ProgramNode& node = program_.nodes[i];
    NodeState& state = nodes_[i];
    state.last_reader = i;
    state.first_source = i;
    for (const auto* list : {&node.plain, &node.pooled}) {
      for (const uint32_t source : *list) {
        nodes_[source].last_reader = i;
        state.first_source = std::min(state.first_source, source);
      }
    }
    for (const NodeTerm& term : node.terms) {
      if (term.of_group) {
        groups_[term.source].last_reader = i;
        if (!term.normalised) state.first_source = std::min(state.first_source, program_.groups[term.source].source);
      } else {
        nodes_[term.source].last_reader = i;
        nodes_[term.source].raw_in_backward = true;
      }
    }
  }
  for (const ConvGroup& group : program_.groups) {
    if (group.form == SourceForm::kRaw) nodes_[group.source].raw_in_backward = true;
  }
  nodes_[program_.head].last_reader = static_cast<uint32_t>(nodes_.size());
}

ConvolutionSize Pass::SizeOf(const ConvGroup& group) const {
  ConvolutionSize size;
  size.input = ShapeOf(program_.nodes[group.source]);
  if (group.form == SourceForm::kHalved) {
    size.input.height /= 2;
    size.input.width /= 2;
  }
  size.out = group.out;
  size.kernel = group.kernel;
  size.stride = group.stride;
  return size;
}

Strided Pass::TermValue(const NodeTerm& term, int channels) const {
  if (!term.of_group) return {nodes_[term.source].raw.data(), channels};
  return {groups_[term.source].output.data() + term.offset, program_.groups[term.source].out};
}

const std::vector<float>& Pass::Forward(const float* images, int64_t count, const GivenMoments* given) {
  images_ = count;
  input_ = images;
  moments_.clear();
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    if (i == 0 && program_.from_images) {
      TakeImages();
    } else {
      ComputeNode(i, given);
    }
    for (const uint32_t group : program_.nodes[i].groups) {
      ComputeGroup(group);
      if (given == nullptr && program_.groups[group].normalised) {
        GroupState& state = groups_[group];
        ChannelMoments(SizeOf(program_.groups[group]).output(), state.output.data(), &state.mean, &state.variance);
      }
    }
    ReleaseAfterForward(i);
  }
  ComputeLogits();
  return logits_;
}

Pass::TermState Pass::Normalise(const NodeTerm& term, int channels, const GivenMoments* given,
                                std::vector<float>* shift) {
  TermState state;
  const auto count = static_cast<size_t>(channels);
  if (!term.normalised) {
    state.scale.assign(count, 1.0F);
    return state;
  }
  const Statistics& statistics = plan_.layout.statistics[term.norm.statistics];
  NormMoments moments;
  moments.statistics = term.norm.statistics;
  if (given != nullptr) {
    moments.mean.assign(given->mean + statistics.offset, given->mean + statistics.offset + count);
    moments.variance.assign(given->variance + statistics.offset, given->variance + statistics.offset + count);
  } else if (term.of_group) {
    moments.mean = Slice(groups_[term.source].mean, term.offset, channels);
    moments.variance = Slice(groups_[term.source].variance, term.offset, channels);
    moments.count = SizeOf(program_.groups[term.source]).output().pixels();
  } else {
    const Shape shape = ShapeOf(program_.nodes[term.source]);
    ChannelMoments(shape, nodes_[term.source].raw.data(), &moments.mean, &moments.variance);
    moments.count = shape.pixels();
  }
  const float* gamma = term.norm.affine ? ParameterData(term.norm.scale) : nullptr;
  const float* beta = term.norm.affine ? ParameterData(term.norm.shift) : nullptr;
  state.mean = moments.mean;
  state.deviation_inverse.resize(count);
  state.scale.resize(count);
  for (size_t c = 0; c < count; ++c) {
    state.deviation_inverse[c] = 1 / std::sqrt(moments.variance[c] + kEpsilon);
    const double scale = (gamma != nullptr ? gamma[c] : 1.0) * state.deviation_inverse[c];
    state.scale[c] = static_cast<float>(scale);
    (*shift)[c] += static_cast<float>((beta != nullptr ? beta[c] : 0.0) - moments.mean[c] * scale);
  }
  if (given == nullptr) moments_.push_back(std::move(moments));
  return state;
}

void Pass::TakeImages() {
  NodeState& state = nodes_[0];
  const ProgramNode& node = program_.nodes[0];
  // Nothing writes to a node's value, so the caller's memory serves as it is.
  state.raw = Activation(nullptr, const_cast<float*>(input_));
  if (!node.rectified) return;
  CombineInput input;
  input.shape = ShapeOf(node);
  input.plain.push_back(input_);
  state.rectified = Take(input.shape.size());
  Combine(input, nullptr, state.rectified.data());
}

void Pass::ComputeNode(uint32_t index, const GivenMoments* given) {
  const ProgramNode& node = program_.nodes[index];
  NodeState& state = nodes_[index];
  const Shape shape = ShapeOf(node);
  CombineInput input;
  input.shape = shape;
  std::vector<float> shift(static_cast<size_t>(node.channels), 0.0F);
  state.terms.clear();
  for (const NodeTerm& term : node.terms) {
    state.terms.push_back(Normalise(term, node.channels, given, &shift));
    input.scaled.push_back(TermValue(term, node.channels));
  }
  for (const TermState& term : state.terms) input.scale.push_back(term.scale.data());
  if (!node.terms.empty()) input.shift = shift.data();
  for (const uint32_t source : node.plain) input.plain.push_back(nodes_[source].raw.data());
  for (const uint32_t source : node.pooled) input.pooled.push_back(nodes_[source].raw.data());
  if (node.raw) state.raw = Take(shape.size());
  if (node.rectified) state.rectified = Take(shape.size());
  Combine(input, state.raw.data(), state.rectified.data());
}

void Pass::ComputeGroup(uint32_t index) {
  const ConvGroup& group = program_.groups[index];
  GroupState& state = groups_[index];
  if (group.parts.size() == 1) {
    state.weight_data = ParameterData(group.parts[0].weight);
  } else {
    const size_t per_output = static_cast<size_t>(group.in) * static_cast<size_t>(group.kernel * group.kernel);
    state.weight = Take(static_cast<int64_t>(per_output) * group.out);
    for (const GroupPart& part : group.parts) {
      std::memcpy(state.weight.data() + static_cast<size_t>(part.offset) * per_output, ParameterData(part.weight),
                  static_cast<size_t>(part.out) * per_output * sizeof(float));
    }
    state.weight_data = state.weight.data();
  }
  const NodeState& source = nodes_[group.source];
  const ConvolutionSize size = SizeOf(group);
  if (group.form == SourceForm::kHalved) {
    state.halved = Take(size.input.size());
    Halve(ShapeOf(program_.nodes[group.source]), source.raw.data(), state.halved.data());
    state.input = state.halved.data();
  } else {
    state.input = group.form == SourceForm::kRaw ? source.raw.data() : source.rectified.data();
  }
  state.output = Convolve(size, state.input, state.weight_data, pool_);
  if (!for_training_) {
    state.weight = {};
    state.halved = {};
  }
}

void Pass::ReleaseAfterForward(uint32_t index) {
  for (uint32_t i = 0; i <= index; ++i) {
    NodeState& node = nodes_[i];
    if (node.last_reader == index && !(for_training_ && node.raw_in_backward)) node.raw = {};
    if (!for_training_ && i == index && i != program_.head) node.rectified = {};
  }
  if (for_training_) return;
  for (GroupState& group : groups_) {
    if (group.last_reader == index) group.output = {};
  }
}

void Pass::ComputeLogits() {
  const ProgramNode& head = program_.nodes[program_.head];
  const NodeState& state = nodes_[program_.head];
  const ClassifyLayer& classifier = program_.classifier;
  features_.resize(static_cast<size_t>(images_ * head.channels));
  PixelMean(ShapeOf(head), program_.head_rectified ? state.rectified.data() : state.raw.data(), features_.data());
  logits_.resize(static_cast<size_t>(images_ * classifier.classes));
  Classify({images_, classifier.in, classifier.classes}, features_.data(), ParameterData(classifier.weight),
           ParameterData(classifier.bias), logits_.data());
}

void Pass::Backward(const float* logit_gradient, float* gradients) {
  BackwardHead(logit_gradient, gradients);
  for (auto i = static_cast<uint32_t>(nodes_.size()); i-- > 0;) {
    for (const uint32_t group : program_.nodes[i].groups) BackwardGroup(group, gradients);
    if (!program_.nodes[i].constant) BackwardNode(i, gradients);
    ReleaseAfterBackward(i);
  }
}

void Pass::BackwardHead(const float* logit_gradient, float* gradients) {
  const ClassifyLayer& classifier = program_.classifier;
  const ProgramNode& head = program_.nodes[program_.head];
  NodeState& state = nodes_[program_.head];
  std::vector<float> feature_gradient(features_.size());
  ClassifyBackward({images_, classifier.in, classifier.classes}, features_.data(), ParameterData(classifier.weight),
                   logit_gradient, gradients + plan_.layout.parameters[classifier.weight].offset,
                   gradients + plan_.layout.parameters[classifier.bias].offset, feature_gradient.data());
  Activation gradient = Take(ShapeOf(head).size());
  PixelMeanBackward(ShapeOf(head), feature_gradient.data(), gradient.data());
  (program_.head_rectified ? state.masked_gradients : state.plain_gradients).push_back(gradient.data());
  state.owned_gradients.push_back(std::move(gradient));
}

void Pass::BackwardGroup(uint32_t index, float* gradients) {
  const ConvGroup& group = program_.groups[index];
  GroupState& state = groups_[index];
  const ConvolutionSize size = SizeOf(group);
  const bool want_input = !program_.nodes[group.source].constant;
  const size_t per_output = static_cast<size_t>(group.in) * static_cast<size_t>(group.kernel * group.kernel);
  Activation weight_gradient = Take(static_cast<int64_t>(per_output) * group.out);
  Activation input_gradient = ConvolveBackward(size, state.input, state.weight_data, state.output_gradient,
                                               weight_gradient.data(), want_input, pool_);
  for (const GroupPart& part : group.parts) {
    std::memcpy(gradients + plan_.layout.parameters[part.weight].offset,
                weight_gradient.data() + static_cast<size_t>(part.offset) * per_output,
                static_cast<size_t>(part.out) * per_output * sizeof(float));
  }
  if (!want_input) return;
  NodeState& source = nodes_[group.source];
  if (group.form == SourceForm::kHalved) {
    const Shape shape = ShapeOf(program_.nodes[group.source]);
    Activation full = Take(shape.size());
    HalveBackward(shape, input_gradient.data(), full.data());
    input_gradient = std::move(full);
  }
  (group.form == SourceForm::kRectified ? source.masked_gradients : source.plain_gradients)
      .push_back(input_gradient.data());
  source.owned_gradients.push_back(std::move(input_gradient));
}

void Pass::BackwardNode(uint32_t index, float* gradients) {
  const ProgramNode& node = program_.nodes[index];
  NodeState& state = nodes_[index];
  GradientInput input;
  input.shape = ShapeOf(node);
  input.masked = state.masked_gradients;
  input.rectified = state.rectified.data();
  input.plain = state.plain_gradients;
  input.pooled = state.pooled_gradients;
  for (const NodeTerm& term : node.terms) {
    if (term.normalised) input.products.push_back(TermValue(term, node.channels));
  }
  state.gradient = Take(input.shape.size());
  std::vector<double> sums;
  AssembleGradient(input, state.gradient.data(), &sums);
  for (const uint32_t source : node.plain) nodes_[source].plain_gradients.push_back(state.gradient.data());
  for (const uint32_t source : node.pooled) nodes_[source].pooled_gradients.push_back(state.gradient.data());
  BackwardTerms(index, sums, gradients);
}

// The gradient of batch norm: scale * (g - mean(g) - x^ * mean(g x^)) with x^ the normalised value.
void Pass::BackwardTerms(uint32_t index, const std::vector<double>& sums, float* gradients) {
  const ProgramNode& node = program_.nodes[index];
  NodeState& state = nodes_[index];
  const Shape shape = ShapeOf(node);
  const auto channels = static_cast<size_t>(node.channels);
  const auto count = static_cast<double>(shape.pixels());
  std::vector<NormaliseBackwardTerm> work;
  size_t product = 0;
  for (size_t t = 0; t < node.terms.size(); ++t) {
    const NodeTerm& term = node.terms[t];
    const TermState& term_state = state.terms[t];
    NormaliseBackwardTerm out;
    out.value = TermValue(term, node.channels);
    if (term.of_group) {
      GroupState& group = groups_[term.source];
      if (!term.normalised && program_.groups[term.source].parts.size() == 1) {
        group.output_gradient = state.gradient.data();
        continue;
      }
      group.output_gradient = group.output.data();
      out.target = group.output.data() + term.offset;
      out.target_stride = out.value.stride;
    } else {
      NodeState& source = nodes_[term.source];
      if (program_.nodes[term.source].constant) {
        out.target = nullptr;
      } else {
        Activation gradient = Take(shape.size());
        out.target = gradient.data();
        out.target_stride = node.channels;
        source.plain_gradients.push_back(gradient.data());
        source.owned_gradients.push_back(std::move(gradient));
      }
    }
    out.a.assign(term_state.scale.begin(), term_state.scale.end());
    out.b.assign(channels, 0.0F);
    out.c.assign(channels, 0.0F);
    if (term.normalised) {
      const double* products = sums.data() + ++product * channels;
      for (size_t c = 0; c < channels; ++c) {
        const double inverse = term_state.deviation_inverse[c];
        const double with_normalised = inverse * (products[c] - term_state.mean[c] * sums[c]);
        const double scale = term_state.scale[c];
        const double slope = -scale * inverse * with_normalised / count;
        out.b[c] = static_cast<float>(slope);
        out.c[c] = static_cast<float>(-scale * sums[c] / count - slope * term_state.mean[c]);
        if (term.norm.affine) {
          gradients[plan_.layout.parameters[term.norm.scale].offset + c] = static_cast<float>(with_normalised);
          gradients[plan_.layout.parameters[term.norm.shift].offset + c] = static_cast<float>(sums[c]);
        }
      }
    }
    if (out.target != nullptr) work.push_back(std::move(out));
  }
  NormaliseBackward(shape, state.gradient.data(), work);
}

void Pass::ReleaseAfterBackward(uint32_t index) {
  NodeState& state = nodes_[index];
  state.raw = {};
  state.rectified = {};
  state.owned_gradients.clear();
  state.masked_gradients.clear();
  state.plain_gradients.clear();
  state.pooled_gradients.clear();
  for (const uint32_t group : program_.nodes[index].groups) groups_[group] = GroupState();
  for (NodeState& node : nodes_) {
    if (node.first_source >= index && node.gradient.data() != nullptr) node.gradient = {};
  }
}

}  // namespace nasshrink::nn
