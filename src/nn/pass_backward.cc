// The backward half of nn/pass.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include "nn/activation.h"
#include "nn/head.h"
#include "nn/pass.h"

namespace nasshrink::nn {
namespace {

constexpr size_t kRaw = static_cast<size_t>(Form::kRaw);

}  // namespace

template <typename T>
void Pass<T>::Backward(const T* logit_gradient, T* gradients, double* gate_gradients, const T* auxiliary_gradient) {
  BackwardHead(logit_gradient, gradients);
  if (program_.auxiliary) {
    const Classifier& head = *program_.auxiliary;
    Activation<T> gradient = ClassifyBackward(head, ValueOf(head.source), auxiliary_gradient, gradients);
    if (NodeAt(head.source.node).gradient) Give(head.source, std::move(gradient));
  }
  for (auto i = static_cast<uint32_t>(nodes_.size()); i-- > 0;) {
    for (const uint32_t group : NodeAt(i).groups) {
      if (GroupAt(group).gradient) BackwardGroup(group, gradients);
    }
    if (NodeAt(i).gradient) {
      std::vector<double> sums;
      AssembleNode(i, &sums);
      if (NodeAt(i).kind == ProgramNode::Kind::kSum) {
        BackwardSum(i, sums, gradients, gate_gradients);
      } else {
        BackwardMove(i);
      }
    }
    ReleaseAfterBackward(i);
  }
}

// Leaves a gradient of a node's form with the node.
template <typename T>
void Pass<T>::Give(const NodeRef& ref, Activation<T> gradient) {
  NodeState& state = nodes_[ref.node];
  state.gradients[static_cast<size_t>(ref.form)].push_back(gradient.data());
  state.owned_gradients.push_back(std::move(gradient));
}

template <typename T>
Activation<T> Pass<T>::ClassifyBackward(const Classifier& classifier, const T* features, const T* logit_gradient,
                                        T* gradients) {
  Activation<T> gradient = Take(images_ * classifier.in);
  nn::ClassifyBackward<T>({images_, classifier.in, classifier.classes}, features, ParameterData(classifier.weight),
                          logit_gradient, GradientOf(classifier.weight, gradients),
                          classifier.bias.has_value() ? GradientOf(*classifier.bias, gradients) : nullptr,
                          gradient.data());
  return gradient;
}

template <typename T>
void Pass<T>::BackwardHead(const T* logit_gradient, T* gradients) {
  const Classifier& classifier = program_.classifier;
  Activation<T> gradient = ClassifyBackward(classifier, Features(), logit_gradient, gradients);
  if (feature_scale_ != nullptr) {
    for (int64_t i = 0; i < images_ * classifier.in; ++i) gradient.data()[i] *= feature_scale_[i];
  }
  if (NodeAt(classifier.source.node).gradient) Give(classifier.source, std::move(gradient));
}

template <typename T>
void Pass<T>::BackwardGroup(uint32_t index, T* gradients) {
  const ConvGroup& group = GroupAt(index);
  const GroupState& state = groups_[index];
  const ConvolutionSize size = SizeOf(group);
  const bool want_input = NodeAt(group.source.node).gradient;
  const bool alone = group.parts.size() == 1;
  Activation<T> joined;
  if (!alone) joined = Take(static_cast<int64_t>(size.weights()));
  T* weight_gradient = alone ? GradientOf(group.parts[0].weight, gradients) : joined.data();
  Activation<T> input_gradient = ConvolveBackward(size, ValueOf(group.source), state.weight_data, state.output_gradient,
                                                  weight_gradient, want_input, pool_);
  const size_t per_output = size.weights() / static_cast<size_t>(group.out);
  for (const GroupPart& part : group.parts) {
    if (alone) break;
    std::memcpy(GradientOf(part.weight, gradients), joined.data() + static_cast<size_t>(part.offset) * per_output,
                static_cast<size_t>(part.out) * per_output * sizeof(T));
  }
  if (want_input) Give(group.source, std::move(input_gradient));
}

// Adds up what the node's readers left, and the sums that its batch norms and gates need.
template <typename T>
void Pass<T>::AssembleNode(uint32_t index, std::vector<double>* sums) {
  const ProgramNode& node = NodeAt(index);
  NodeState& state = nodes_[index];
  GradientInput<T> input;
  input.shape = ShapeOf(node);
  bool wants_sums = false;
  for (const NodeTerm& term : node.terms) {
    wants_sums = wants_sums || ReadsProducts(term) || term.bias.has_value();
    if (ReadsProducts(term)) input.products.push_back(TermValue(term, node.channels));
  }
  for (size_t form = kRaw + 1; form < kForms; ++form) {
    if (state.gradients[form].empty()) continue;
    const space::Function function = FunctionOf(static_cast<Form>(form));
    const T* saved = state.values[DerivesFromArgument(function) ? kRaw : form].data();
    input.activated.push_back({function, saved, state.gradients[form]});
  }
  input.plain = state.gradients[kRaw];
  input.pooled = state.pooled_gradients;
  const bool lone = input.activated.empty() && input.pooled.empty() && input.plain.size() == 1 &&
                    state.owned_gradients.size() == 1 && state.owned_gradients[0].data() == input.plain[0];
  if (lone && !wants_sums) {
    state.gradient = std::move(state.owned_gradients[0]);
    return;
  }
  state.gradient = Take(input.shape.size());
  AssembleGradient(input, state.gradient.data(), sums);
}

// Where the gradient of a term's value goes; a null target where it goes nowhere or is the node's own.
template <typename T>
NormaliseBackwardTerm<T> Pass<T>::TargetOf(const NodeTerm& term, uint32_t index) {
  const ProgramNode& node = NodeAt(index);
  NodeState& state = nodes_[index];
  NormaliseBackwardTerm<T> out;
  if (!term.flows) return out;
  if (!term.of_group) {
    if (!NodeAt(term.node.node).gradient) return out;
    Activation<T> gradient = Take(ShapeOf(node).size());
    out.value = TermValue(term, node.channels);
    out.target = gradient.data();
    out.target_stride = node.channels;
    Give(term.node, std::move(gradient));
    return out;
  }
  GroupState& group = groups_[term.group];
  if (!ReadsProducts(term) && GroupAt(term.group).parts.size() == 1) {
    group.output_gradient = state.gradient.data();
    return out;
  }
  group.output_gradient = group.output.data();
  out.value = TermValue(term, node.channels);
  out.target = group.output.data() + term.offset;
  out.target_stride = out.value.stride;
  return out;
}

// The gradient of batch norm: scale * (g - mean(g) - x^ * mean(g x^)) with x^ the normalised value. `products` are the
// sums of the gradient times the term's value.
template <typename T>
void Pass<T>::BackwardTerm(uint32_t index, size_t t, const double* sums, const double* products, T* gradients,
                           double* gate_gradients, NormaliseBackwardTerm<T>* out) {
  const ProgramNode& node = NodeAt(index);
  const NodeTerm& term = node.terms[t];
  const TermState& state = nodes_[index].terms[t];
  const auto channels = static_cast<size_t>(node.channels);
  const auto count = static_cast<double>(ShapeOf(node).pixels());
  const T* gamma = term.norm.affine ? ParameterData(term.norm.scale) : nullptr;
  const T* beta = term.norm.affine ? ParameterData(term.norm.shift) : nullptr;
  const T* bias = term.bias.has_value() ? ParameterData(*term.bias) : nullptr;
  out->a.assign(state.scale.begin(), state.scale.end());
  out->b.assign(channels, T(0));
  out->c.assign(channels, T(0));
  double gate_gradient = 0;
  for (size_t c = 0; c < channels; ++c) {
    if (!term.normalised) {
      if (term.gate.has_value()) gate_gradient += products[c] + (bias != nullptr ? bias[c] * sums[c] : 0.0);
      if (bias != nullptr && term.flows) GradientOf(*term.bias, gradients)[c] = static_cast<T>(state.gate * sums[c]);
      continue;
    }
    const double inverse = state.deviation_inverse[c];
    const double with_normalised = inverse * (products[c] - state.mean[c] * sums[c]);
    const double scale = state.scale[c];
    const double slope = -scale * inverse * with_normalised / count;
    out->b[c] = static_cast<T>(slope);
    out->c[c] = static_cast<T>(-scale * sums[c] / count - slope * state.mean[c]);
    gate_gradient += (gamma != nullptr ? gamma[c] : 1.0) * with_normalised + (beta != nullptr ? beta[c] * sums[c] : 0);
    if (term.norm.affine && term.flows) {
      GradientOf(term.norm.scale, gradients)[c] = static_cast<T>(state.gate * with_normalised);
      GradientOf(term.norm.shift, gradients)[c] = static_cast<T>(state.gate * sums[c]);
    }
  }
  if (term.gate.has_value() && gate_gradients != nullptr) gate_gradients[*term.gate] += gate_gradient;
}

template <typename T>
void Pass<T>::BackwardSum(uint32_t index, const std::vector<double>& sums, T* gradients, double* gate_gradients) {
  const ProgramNode& node = NodeAt(index);
  const T* gradient = nodes_[index].gradient.data();
  for (const NodeRef& ref : node.plain) {
    if (NodeAt(ref.node).gradient) nodes_[ref.node].gradients[static_cast<size_t>(ref.form)].push_back(gradient);
  }
  for (const uint32_t source : node.pooled) {
    if (NodeAt(source).gradient) nodes_[source].pooled_gradients.push_back(gradient);
  }
  std::vector<NormaliseBackwardTerm<T>> work;
  size_t product = 0;
  for (size_t t = 0; t < node.terms.size(); ++t) {
    const NodeTerm& term = node.terms[t];
    NormaliseBackwardTerm<T> out = TargetOf(term, index);
    if (ReadsProducts(term) || term.bias.has_value() || out.target != nullptr) {
      const double* products =
          ReadsProducts(term) ? sums.data() + ++product * static_cast<size_t>(node.channels) : nullptr;
      BackwardTerm(index, t, sums.data(), products, gradients, gate_gradients, &out);
    }
    if (out.target != nullptr) work.push_back(std::move(out));
  }
  NormaliseBackward(ShapeOf(node), gradient, work);
}

// Both factors, each times the other.
template <typename T>
void Pass<T>::BackwardProducts(uint32_t index) {
  const ProgramNode& node = NodeAt(index);
  const Shape shape = ShapeOf(node);
  const T* gradient = nodes_[index].gradient.data();
  const NodeRef& a = node.inputs[0];
  const NodeRef& b = node.inputs[1];
  const bool by_channel = node.kind == ProgramNode::Kind::kScale;
  if (NodeAt(a.node).gradient) {
    Activation<T> out = Take(shape.size());
    if (by_channel) {
      ScaleChannels(shape, gradient, ValueOf(b), out.data());
    } else {
      Multiply(shape, gradient, ValueOf(b), out.data());
    }
    Give(a, std::move(out));
  }
  if (NodeAt(b.node).gradient) {
    Activation<T> out = Take(ShapeOf(NodeAt(b.node)).size());
    if (by_channel) {
      ScaleFactorsBackward(shape, gradient, ValueOf(a), out.data());
    } else {
      Multiply(shape, gradient, ValueOf(a), out.data());
    }
    Give(b, std::move(out));
  }
}

template <typename T>
void Pass<T>::BackwardMove(uint32_t index) {
  using Kind = ProgramNode::Kind;
  const ProgramNode& node = NodeAt(index);
  const T* gradient = nodes_[index].gradient.data();
  if (node.kind == Kind::kProduct || node.kind == Kind::kScale) return BackwardProducts(index);
  int offset = 0;
  for (const NodeRef& ref : node.inputs) {
    const ProgramNode& source = NodeAt(ref.node);
    const Shape shape = ShapeOf(source);
    const int first = offset;
    offset += source.channels;
    if (!source.gradient) continue;
    Activation<T> buffer = Take(shape.size());
    T* out = buffer.data();
    switch (node.kind) {
      case Kind::kPool:
        PoolBackward(PoolSizeOf(node), gradient, nodes_[index].taken.data(), out);
        break;
      case Kind::kConcatenate:
        CopyChannels<T>({shape.pixels(), source.channels, gradient + first, node.channels, 1, out, source.channels, 1});
        break;
      case Kind::kTakeChannels:
        std::fill_n(out, shape.size(), T(0));
        CopyChannels<T>(
            {shape.pixels(), node.channels, gradient, node.channels, 1, out + node.first, source.channels, node.step});
        break;
      case Kind::kShift:
        Shift(shape, -1, gradient, out);
        break;
      case Kind::kSubsample:
        SubsampleBackward(PoolSizeOf(node), gradient, out);
        break;
      case Kind::kPixelMean:
        PixelMeanBackward(shape, gradient, out);
        break;
      case Kind::kDrop:
        ScaleImages(shape, gradient, ImageScalesOf(node), out);
        break;
      default:
        break;
    }
    Give(ref, std::move(buffer));
  }
}

template <typename T>
void Pass<T>::ReleaseAfterBackward(uint32_t index) {
  NodeState& state = nodes_[index];
  for (Activation<T>& value : state.values) value = {};
  state.owned_gradients.clear();
  for (auto& list : state.gradients) list.clear();
  state.pooled_gradients.clear();
  for (const uint32_t group : NodeAt(index).groups) groups_[group] = GroupState();
  for (const uint32_t node : plans_[index].free_gradients_at) nodes_[node].gradient = {};
}

template class Pass<float>;
template class Pass<double>;

}  // namespace nasshrink::nn
